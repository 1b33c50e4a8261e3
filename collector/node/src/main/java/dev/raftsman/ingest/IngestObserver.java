package dev.raftsman.ingest;

import dev.raftsman.catalog.Verdict;
import dev.raftsman.wire.RefuseReason;

/** Counts what happens. Called by the loop, must not block. */
public interface IngestObserver {
    void block(Verdict.Kind verdict, int bytes);

    void refused(RefuseReason reason);

    /** A connection ended before a frame of ours could say why. */
    default void handshakeFailed() {}

    /** @param nanos from handing an entry to the log until its answer */
    void entry(int bytes, long nanos);

    void connections(int open);
}
