package dev.raftsman.raft;

/**
 * Numbers for status pages and metrics, each read on its own and not together.
 *
 * @param role LEADER, FOLLOWER, CANDIDATE or CLOSED
 * @param logBytes size of the log's files on this node's disk
 * @param snapshotIndex of the newest snapshot, -1 if none
 */
public record LogFacts(
        String role, long term, long appliedIndex, long committedIndex, long snapshotIndex, long logBytes) {}
