package dev.raftsman.raft;

/** Learns, once or more, that this node's log cannot go on; the process must end so that a supervisor starts it anew. */
public interface FailureListener {
    /** What gave way. */
    enum Failure {
        /** A write or a force failed: nothing that follows could be trusted. */
        DISK,
        /** The engine closed the log by itself (a long pause of the process), or applying an entry hit a bug. */
        STOPPED
    }

    void failed(Failure failure, String detail, Throwable cause);
}
