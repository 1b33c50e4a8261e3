package dev.raftsman.load;

import org.HdrHistogram.Histogram;

/**
 * What became of one producer's events. The thread that hears of acknowledgements writes, any reads the counts; the times are
 * read once the producer has ended its load.
 */
public final class Tally {
    private static final long MOST_MICROS = 120_000_000;

    private volatile long windowFromNanos;
    private volatile long windowToNanos;
    private volatile long events;
    private volatile long rawBytes;
    private Histogram ackMicros = histogram();
    private Histogram blockMicros = histogram();

    static Histogram histogram() {
        return new Histogram(MOST_MICROS, 3);
    }

    /** No times are kept until {@link #window}; nothing is on its way. */
    void noTimes() {
        ackMicros = histogram();
        blockMicros = histogram();
        windowToNanos = Long.MAX_VALUE;
        windowFromNanos = Long.MAX_VALUE;
    }

    /** Times are of events made in {@code [from, to)}. May be called while a load runs, once after {@link #noTimes}. */
    void window(long fromNanos, long toNanos) {
        windowToNanos = toNanos;
        windowFromNanos = fromNanos;
    }

    /**
     * Events that travelled together were acknowledged.
     *
     * @param firstMadeNanos when the first of them came into being
     * @param intervalNanos from each of them to the next
     */
    public void acknowledged(int count, long bytes, long firstMadeNanos, double intervalNanos, long nowNanos) {
        events += count;
        rawBytes += bytes;
        long from = windowFromNanos;
        if (from == Long.MAX_VALUE || firstMadeNanos - from < 0 || firstMadeNanos - windowToNanos >= 0) {
            return;
        }
        long firstNanos = nowNanos - firstMadeNanos;
        blockMicros.recordValue(micros(firstNanos));
        if (intervalNanos == 0) {
            ackMicros.recordValueWithCount(micros(firstNanos), count);
        } else {
            for (int i = 0; i < count; i++) {
                ackMicros.recordValue(micros(firstNanos - (long) (i * intervalNanos)));
            }
        }
    }

    private static long micros(long nanos) {
        return Math.max(0, Math.min(MOST_MICROS, nanos / 1_000));
    }

    /** Events acknowledged since the process began. */
    public long events() {
        return events;
    }

    /** Their bytes in the file. */
    public long rawBytes() {
        return rawBytes;
    }

    Histogram ackMicros() {
        return ackMicros;
    }

    Histogram blockMicros() {
        return blockMicros;
    }
}
