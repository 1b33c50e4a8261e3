package dev.raftsman.raft;

/**
 * @param leader id of the leading node, or empty if none is known
 * @param ready this node leads, and has applied all that earlier leaders committed: it may take entries
 */
public record Leadership(String leader, boolean ready, long term) {}
