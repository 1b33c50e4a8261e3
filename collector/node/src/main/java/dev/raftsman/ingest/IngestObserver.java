package dev.raftsman.ingest;

import dev.raftsman.catalog.Verdict;
import dev.raftsman.event.LossReason;
import dev.raftsman.wire.RefuseReason;

/** Counts what happens. Called by the loop, must not block. */
public interface IngestObserver {
    void block(Verdict.Kind verdict, BlockContents contents);

    void refused(RefuseReason reason);

    /** The end of an epoch declares what was lost after its last block. It may come twice, if its answer gets lost. */
    default void lostAtClose(LossReason reason, long events) {}

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
