package dev.raftsman.raft;

/**
 * A node that this node, leading, sends the log to: a member, or one that is to become a member.
 *
 * @param matchIndex up to which it has the log, as far as is known; -1 if nothing is
 * @param silentMillis since it last answered
 */
public record Follower(String id, long matchIndex, long silentMillis) {}
