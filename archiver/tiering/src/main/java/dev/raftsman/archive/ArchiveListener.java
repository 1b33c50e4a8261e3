package dev.raftsman.archive;

import dev.raftsman.policy.Decision;

/** Is told what was done, on the worker's thread; for metrics. */
public interface ArchiveListener {
    /** A decision was carried out and committed. */
    void done(Decision decision);

    /** An object was created and verified. */
    void stored(String target, long bytes);

    /** A step failed and will be tried again in a later round. */
    void failed(String step);

    /** Bytes in a store are not what they must be: a person is needed. */
    void mismatch();
}
