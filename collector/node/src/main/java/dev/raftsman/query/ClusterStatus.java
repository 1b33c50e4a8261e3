package dev.raftsman.query;

import java.util.List;
import java.util.UUID;

/**
 * The cluster as one node sees it.
 *
 * @param leads this node leads and takes changes
 * @param settled no change of the members is under way
 * @param members those that vote, and the others that the cluster knows
 * @param change null if this node, leading, has made none
 */
public record ClusterStatus(
        String cluster,
        String node,
        String leader,
        String leaderHttp,
        boolean leads,
        boolean settled,
        long commitIndex,
        List<Member> members,
        ClusterChange change) {
    /**
     * A node.
     *
     * @param state INVITED, MEMBER, RETIRED; or UNKNOWN for a moment after a change
     * @param votes it is in the configuration of the log
     * @param matchIndex up to which it has the log, as the leader knows; -1 if it does not
     * @param silentMillis since the leader heard of it; -1 if unknown
     */
    public record Member(
            String node,
            String state,
            boolean votes,
            String raft,
            String ingest,
            String http,
            UUID directory,
            long matchIndex,
            long silentMillis) {}

    public ClusterStatus {
        members = List.copyOf(members);
    }
}
