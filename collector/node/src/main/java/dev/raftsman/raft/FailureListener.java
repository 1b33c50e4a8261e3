package dev.raftsman.raft;

/** Learns, once or more, that this node's log cannot go on; the process must end so that a supervisor starts it anew. */
public interface FailureListener {
    /** What gave way. */
    enum Failure {
        /** A write or a force failed: nothing that follows could be trusted. */
        DISK,
        /** The engine closed the log by itself (a long pause of the process), or applying an entry hit a bug. */
        STOPPED,
        /** The node may not take part, for a reason that a restart does not change. */
        REFUSED,
        /** The cluster removed the node: it is done. */
        REMOVED
    }

    void failed(Failure failure, String detail, Throwable cause);
}
