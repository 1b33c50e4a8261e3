package dev.raftsman.input;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.LongSupplier;

/**
 * Reads files as they grow and makes blocks of what is in them, one stream a file, lines without an object for each.
 *
 * <p>Nothing is buffered between two looks at a file: bytes that are too few for a block, or whose event may go on, stay in
 * the file until there are more of them or they have waited long enough. So a thousand slowly growing files share one
 * buffer and one compressor, a stop loses nothing, and the checkpoint of a block is simply where it ends.
 *
 * <p>Which files there are is {@link FileFinder}'s business, what is in them {@link TailReader}'s; here is when each is
 * looked at. A file that was quiet for some seconds is not held any more, but for a hundred of them, and costs nothing
 * until the next lookup of the patterns finds that it has grown.
 *
 * <p>One thread. Draws at most one block of direct memory to read into, and the compressor's.
 */
public final class FileInput implements AutoCloseable {
    private static final long QUIET_NANOS = 10_000_000_000L;
    private static final int QUIET_HELD = 100;
    private static final long LAG_INTERVAL_NANOS = 500_000_000L;

    private final FileFinder finder;
    private final TailReader reader;
    private final PriorityQueue<FileTail> due = new PriorityQueue<>(Comparator.comparingLong(tail -> tail.lookAtNanos));
    private final List<FileTail> looked = new ArrayList<>();
    private long findAtNanos;
    private int quietHeld;

    private long lagAtNanos;
    private volatile List<SourceLag> lags = List.of();

    /**
     * @param known how far each file was read before, the newest checkpoint of each and of each name, in the order they were
     *     taken
     * @param maker shared with other inputs of the same thread
     * @param epochNanos the time, in nanoseconds since 1970
     * @param nanoTime the clock of all times without an epoch
     */
    public FileInput(
            List<FileInputSettings> inputs,
            List<KnownFile> known,
            BlockMaker maker,
            BlockSink sink,
            OperatorLog log,
            LongSupplier epochNanos,
            LongSupplier nanoTime) {
        long nowNanos = nanoTime.getAsLong();
        this.finder = new FileFinder(
                inputs.stream().map(FollowedInput::new).toList(),
                new FileHistory(known, log),
                sink,
                log,
                epochNanos,
                nanoTime,
                this::schedule);
        this.reader = new TailReader(finder, maker, sink, new Linger(nowNanos), log, epochNanos);
        this.findAtNanos = nowNanos;
        this.lagAtNanos = nowNanos;
    }

    private void schedule(FileTail tail) {
        if (!tail.scheduled) {
            tail.scheduled = true;
            due.add(tail);
        }
    }

    /**
     * Looks for files and reads what is due, a bounded piece of each.
     *
     * @return whether anything was read; if not, there is time until the next look
     */
    public boolean step(long nowNanos) {
        if (nowNanos - findAtNanos >= 0) {
            findAtNanos = finder.look(nowNanos);
        }
        boolean worked = false;
        FileTail tail;
        while ((tail = due.peek()) != null && nowNanos - tail.lookAtNanos >= 0) {
            due.remove();
            if (tail.isHeld()) {
                worked |= reader.look(tail, nowNanos);
                looked.add(tail);
            } else {
                tail.scheduled = false;
                quietHeld -= tail.quiet ? 1 : 0;
                tail.quiet = false;
            }
        }
        for (FileTail each : looked) {
            again(each, nowNanos);
        }
        looked.clear();
        if (nowNanos - lagAtNanos >= 0) {
            lagAtNanos = nowNanos + LAG_INTERVAL_NANOS;
            measureLag();
        }
        return worked;
    }

    private void again(FileTail tail, long nowNanos) {
        boolean quiet = tail.isRead() && !tail.isWaitedFor() && nowNanos - tail.grewNanos >= QUIET_NANOS;
        if (quiet != tail.quiet) {
            tail.quiet = quiet;
            quietHeld += quiet ? 1 : -1;
        }
        if (quiet && quietHeld > QUIET_HELD) {
            tail.quiet = false;
            quietHeld--;
            tail.scheduled = false;
            finder.rest(tail);
        } else {
            due.add(tail);
        }
    }

    /** When there may be something to do, if nothing was to be done now. */
    public long nextStepNanos() {
        FileTail next = due.peek();
        return next == null || findAtNanos - next.lookAtNanos < 0 ? findAtNanos : next.lookAtNanos;
    }

    /**
     * Makes blocks of all whole lines and ended events that are there, without waiting for more: a stop is near.
     *
     * @param lastLines also of last lines without newline, since nobody will read on here
     */
    public void flush(boolean lastLines, long nowNanos, long deadlineNanos, LongSupplier nanoTime) {
        reader.flushing(true);
        boolean worked = true;
        while (worked && nanoTime.getAsLong() - deadlineNanos < 0) {
            worked = false;
            for (FileTail tail : finder.tails()) {
                if (lastLines) {
                    tail.grewNanos = nowNanos - tail.text().idle().toNanos();
                }
                worked |= tail.isHeld() && reader.look(tail, nowNanos);
            }
        }
        reader.flushing(false);
    }

    /** Files that hold what is in no block yet, as it was half a second ago. Any thread. */
    public List<SourceLag> lags() {
        return lags;
    }

    private void measureLag() {
        List<SourceLag> behind = new ArrayList<>();
        for (FileTail tail : finder.tails()) {
            if (!tail.isRead()) {
                behind.add(new SourceLag(
                        tail.stream,
                        tail.path.toString(),
                        Math.max(0, tail.size - tail.offset),
                        tail.unread ? tail.unreadSinceNanos : tail.grewNanos));
            }
        }
        lags = List.copyOf(behind);
    }

    @Override
    public void close() {
        finder.close();
    }
}
