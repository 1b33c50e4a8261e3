package dev.raftsman.raft;

/** Limits that a submitter keeps to. */
public final class RaftLimits {
    /** An entry may be no longer: one block of 2 MiB and its framing, or many smaller ones. */
    public static final int MAX_ENTRY_BYTES = 3 << 20;

    /**
     * What all submitters together should have unanswered, each entry counted as {@link #charged}. The engine refuses
     * at twice this, by dropping every request in flight.
     */
    public static final long MAX_IN_FLIGHT_BYTES = 16L << 20;

    /** A node does not start with less free space than this. */
    public static final long MIN_FREE_BYTES = 64L << 20;

    private RaftLimits() {}

    /** What the engine books for an entry: whole MiB. */
    public static long charged(long entryBytes) {
        return (entryBytes + (1 << 20) - 1) >>> 20 << 20;
    }
}
