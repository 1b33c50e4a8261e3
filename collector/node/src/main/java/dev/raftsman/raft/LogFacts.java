package dev.raftsman.raft;

/**
 * Numbers for status pages and metrics, each read on its own and not together.
 *
 * @param role LEADER, FOLLOWER, CANDIDATE, {@link #OUTSIDE} or {@link #CLOSED}
 * @param logBytes size of the log's files on this node's disk
 * @param snapshotIndex of the newest snapshot, -1 if none
 */
public record LogFacts(
        String role, long term, long appliedIndex, long committedIndex, long snapshotIndex, long logBytes) {
    /** The role of a node that has no part in the group (yet). */
    public static final String OUTSIDE = "OUTSIDE";

    /** The role of a log that was closed, by us or by its engine. */
    public static final String CLOSED = "CLOSED";
}
