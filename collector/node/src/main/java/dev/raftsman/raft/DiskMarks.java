package dev.raftsman.raft;

import java.util.function.LongSupplier;

/**
 * How much room the disk of this node's data has left, by two marks. The system is asked at most every {@value
 * #ASK_MILLIS} ms. Any thread.
 *
 * <pre>
 *   free >= soft          ENOUGH   everything goes on
 *   hard <= free < soft   RESERVE  no more blocks are taken by this node as leader; entries of the log still are, and
 *                                  commands: what frees space is decided by them
 *   free < hard           FULL     no entry is taken, from a leader or of this node's own; what waits to be written waits
 * </pre>
 *
 * A mark that was passed is left again an eighth above it, so that a disk that hovers there is not reported all the time.
 */
public final class DiskMarks {
    /** What the engine asks for at a start, and so the least that a hard mark can be. */
    private static final long LEAST_HARD_BYTES = RaftLimits.MIN_FREE_BYTES;

    private static final long ASK_MILLIS = 20;
    private static final long ASK_NANOS = ASK_MILLIS * 1_000_000;

    /** See the class. */
    public enum Room {
        FULL,
        RESERVE,
        ENOUGH
    }

    private final LongSupplier freeBytes;
    private final LongSupplier nanoTime;
    private final long softBytes;
    private final long hardBytes;
    private long asked;
    private boolean everAsked;
    private long free;
    private Room room = Room.ENOUGH;

    private DiskMarks(LongSupplier freeBytes, long softBytes, long hardBytes, LongSupplier nanoTime) {
        this.freeBytes = freeBytes;
        this.softBytes = softBytes;
        this.hardBytes = hardBytes;
        this.nanoTime = nanoTime;
    }

    /**
     * The hard mark is half of the soft one, but no less than 64 MiB: more than what can be on its way to the disk when
     * it is passed.
     *
     * @param freeBytes asks the system; for ordinary users, not for root
     * @param softBytes the operator's reserve
     */
    public static DiskMarks of(LongSupplier freeBytes, long softBytes) {
        return of(freeBytes, softBytes, System::nanoTime);
    }

    static DiskMarks of(LongSupplier freeBytes, long softBytes, LongSupplier nanoTime) {
        return new DiskMarks(
                freeBytes, softBytes, Math.min(softBytes, Math.max(LEAST_HARD_BYTES, softBytes / 2)), nanoTime);
    }

    /** For a log that nobody else's files can crowd. */
    static DiskMarks none() {
        return new DiskMarks(() -> Long.MAX_VALUE, 0, 0, System::nanoTime);
    }

    public synchronized Room room() {
        long now = nanoTime.getAsLong();
        if (!everAsked || now - asked >= ASK_NANOS) {
            everAsked = true;
            asked = now;
            free = freeBytes.getAsLong();
            room = room(free);
        }
        return room;
    }

    private Room room(long bytes) {
        if (bytes < mark(hardBytes, room == Room.FULL)) {
            return Room.FULL;
        }
        return bytes < mark(softBytes, room != Room.ENOUGH) ? Room.RESERVE : Room.ENOUGH;
    }

    private static long mark(long bytes, boolean passed) {
        return passed ? bytes + bytes / 8 : bytes;
    }

    /** What is free now, or was {@value #ASK_MILLIS} ms ago. */
    public synchronized long freeBytes() {
        var unused = room();
        return free;
    }

    /** Below it no blocks are taken. */
    public long softBytes() {
        return softBytes;
    }

    /** Below it nothing is taken. */
    public long hardBytes() {
        return hardBytes;
    }

    boolean full() {
        return room() == Room.FULL;
    }

    /** What was last found free, and the marks, for a line of the log. */
    @Override
    public synchronized String toString() {
        return "freeBytes=" + free + ", softBytes=" + softBytes + ", hardBytes=" + hardBytes;
    }
}
