package dev.raftsman.catalog;

/** How far an epoch has come; it only goes forward, but for one that was given up too soon. */
public enum EpochState {
    /** Takes blocks. */
    OPEN,
    /**
     * Came from the archive of a lost cluster, and its producer did not come back. Everything up to its last sequence is
     * stored or declared as a gap; whether there was more nobody knows. Takes blocks, and is open again with the first of
     * them.
     */
    ABANDONED,
    /** Complete: everything up to its last sequence is stored or declared as a gap. Takes nothing any more. */
    CLOSED,
    /** Closed, and its write-ahead log is gone from the host. */
    FORGOTTEN;

    /** Whether blocks that go on behind its last sequence are taken. */
    public boolean takesBlocks() {
        return this == OPEN || this == ABANDONED;
    }
}
