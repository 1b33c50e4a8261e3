package dev.raftsman.catalog;

/** How far an epoch has come; it only goes forward. */
public enum EpochState {
    /** Takes blocks. */
    OPEN,
    /** Complete: everything up to its last sequence is stored or declared as a gap. Takes nothing any more. */
    CLOSED,
    /** Closed, and its write-ahead log is gone from the host. */
    FORGOTTEN
}
