package dev.raftsman.query;

import dev.raftsman.config.HostPort;

/**
 * A change that is asked for.
 *
 * @param node the newcomer, the member to remove, or the next leader
 * @param raft of a newcomer, where it answers: the address of its log
 * @param ingest of a newcomer; null: as it says itself
 * @param http of a newcomer; null: as it says itself
 * @param replaces the member that a newcomer takes the place of; else null
 */
public record ClusterRequest(String node, String raft, String ingest, String http, String replaces, Verb verb) {
    /** What kind. */
    public enum Verb {
        ADD,
        REMOVE,
        REPLACE,
        TRANSFER
    }

    /** What is missing or malformed, for whoever asked; null if nothing is. */
    String lacks() {
        if (node == null || node.isEmpty()) {
            return "no node";
        }
        boolean adds = verb == Verb.ADD || verb == Verb.REPLACE;
        if (adds) {
            try {
                HostPort.parse(String.valueOf(raft));
            } catch (IllegalArgumentException e) {
                return "raft: " + e.getMessage();
            }
        }
        return (verb == Verb.REPLACE) == (replaces == null || replaces.isEmpty())
                ? "'replaces' is for replace, which needs it"
                : null;
    }

    ClusterRequest with(Verb asked) {
        return new ClusterRequest(node, raft, ingest, http, replaces, asked);
    }
}
