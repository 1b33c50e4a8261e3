package dev.raftsman.ingest;

import dev.raftsman.catalog.Verdict;
import dev.raftsman.wire.RefuseReason;

/** Counts what happens. Called by the loop, must not block. */
public interface IngestObserver {
    void block(Verdict.Kind verdict, int bytes);

    void refused(RefuseReason reason);

    /** A connection ended before a frame of ours could say why. */
    default void handshakeFailed() {}

    /**
     * An entry was answered.
     *
     * @param waitedNanos from its first block until it was handed to the log
     * @param committedNanos from then until it was answered
     */
    void entry(int bytes, long waitedNanos, long committedNanos);

    void connections(int open);
}
