package dev.raftsman.console;

import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * How long entries took since the last sample: buckets of an eighth of a power of two, so that a percentile is at most a
 * tenth too long. Any thread adds, one takes; what is added meanwhile counts in the next sample or in this one.
 */
public final class AckTimes {
    private static final int STEP_BITS = 3;
    private static final int STEPS = 1 << STEP_BITS;
    private static final int BUCKETS = Long.SIZE * STEPS;
    private static final double NANOS_PER_MILLI = 1e6;

    private final AtomicIntegerArray counts = new AtomicIntegerArray(BUCKETS);

    /** @param p50Millis 0 if there was none, as the next */
    record Taken(long count, double p50Millis, double p99Millis) {}

    public void add(long nanos) {
        counts.incrementAndGet(bucket(Math.max(1, nanos)));
    }

    private static int bucket(long nanos) {
        int power = Long.SIZE - 1 - Long.numberOfLeadingZeros(nanos);
        long step = power < STEP_BITS ? 0 : (nanos >>> (power - STEP_BITS)) & (STEPS - 1);
        return power * STEPS + (int) step;
    }

    /** The least value beyond the bucket. */
    private static double upperMillis(int bucket) {
        double power = Math.scalb(1.0, bucket / STEPS);
        return power * (1 + (bucket % STEPS + 1.0) / STEPS) / NANOS_PER_MILLI;
    }

    /** Those since the last call. */
    Taken take() {
        int[] taken = new int[BUCKETS];
        long count = 0;
        for (int i = 0; i < BUCKETS; i++) {
            taken[i] = counts.get(i) == 0 ? 0 : counts.getAndSet(i, 0);
            count += taken[i];
        }
        return new Taken(count, percentile(taken, count, 0.5), percentile(taken, count, 0.99));
    }

    private static double percentile(int[] taken, long count, double part) {
        long rank = (long) Math.ceil(count * part);
        long below = 0;
        for (int i = 0; i < BUCKETS && rank > 0; i++) {
            below += taken[i];
            if (below >= rank) {
                return upperMillis(i);
            }
        }
        return 0;
    }
}
