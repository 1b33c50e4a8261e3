package dev.raftsman.query;

/**
 * A node as it sees itself.
 *
 * @param role LEADER, FOLLOWER, CANDIDATE, OUTSIDE (of the cluster, yet) or CLOSED
 * @param ready it leads and takes entries
 * @param leader id, empty if none is known
 * @param leaderHttp {@code host:port}, empty if none is known
 * @param raftLogBytes size of the log's files
 * @param disk ENOUGH, RESERVE (no blocks are taken) or FULL (nothing is taken)
 * @param diskFreeBytes for ordinary users, where the data is
 * @param waiting why it does not vote; empty if it does
 */
public record NodeStatus(
        String cluster,
        String node,
        String role,
        boolean ready,
        String leader,
        String leaderHttp,
        long term,
        long appliedIndex,
        long commitIndex,
        long snapshotIndex,
        long raftLogBytes,
        String disk,
        long diskFreeBytes,
        String waiting) {}
