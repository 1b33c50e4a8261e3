package dev.raftsman.catalog;

/** Where a segment's data is; it only goes forward. */
public enum SegmentState {
    /** Being appended to, on every node. */
    OPEN,
    /** Finished, on every node, byte for byte the same. */
    SEALED,
    /** In the archive, verified there. Local copies go with the next snapshot of each node. */
    ARCHIVED,
    /** Given up by decision of a policy. Local copies go with the next snapshot of each node. */
    TRUNCATED;

    /** Whether the data is kept by the collectors. */
    public boolean hot() {
        return this == OPEN || this == SEALED;
    }
}
