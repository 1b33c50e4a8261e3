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

    /** What was to be done with a target failed; goes with {@link #failed}. */
    default void targetFailed(String target) {}

    /** A segment is marked: it will be deleted unless somebody undoes it. */
    default void marked(Decision.Deletion decision) {}

    /**
     * How long nothing but failures came from a target.
     *
     * @param seconds 0 while it can be reached
     * @param declared whether a policy acts on it
     */
    default void outage(String target, long seconds, boolean declared) {}

    /** Whether nothing is done because the cluster's policies are others: a person is needed. */
    default void otherPolicies(boolean others) {}

    /**
     * How many segments are to be archived and no collector sends them; said in each round.
     *
     * @param segments any is an alarm: a person is needed
     */
    default void unavailable(int segments) {}

    /**
     * What the policies want stored and is not yet, at the end of a round; what its target does not take counts, too.
     *
     * @param sinceMillis how long the oldest of it has been due, as far as this archiver has seen
     */
    default void due(int segments, long bytes, long sinceMillis) {}

    /** Whether deletion is frozen. */
    default void frozen(boolean frozen) {}

    /**
     * What is due to be deleted and kept by its store.
     *
     * @param objects how many, now
     */
    default void locked(String target, int objects) {}

    /** Bytes in a store are not what they must be: a person is needed. */
    void mismatch();
}
