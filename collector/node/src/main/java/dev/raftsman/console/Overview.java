package dev.raftsman.console;

import dev.raftsman.catalog.FreezeView;
import dev.raftsman.catalog.LeaseView;
import dev.raftsman.catalog.OutageView;
import dev.raftsman.catalog.PoliciesView;
import dev.raftsman.query.ClusterChange;
import dev.raftsman.query.NodeStatus;
import java.util.List;

/**
 * The cluster at a glance.
 *
 * @param node that answers
 * @param leads whom the answering node knows as leader; empty if it knows none
 * @param settled no change of the members is under way, as the leader says, or else this node
 * @param throttled streams of which no more blocks are taken for a while
 * @param lag of the agent that is furthest behind; null if no agent is known
 * @param restoring this cluster is being filled from an archive
 */
record Overview(
        long nowMillis,
        String cluster,
        String node,
        String leads,
        boolean settled,
        ClusterChange change,
        List<Node> nodes,
        Totals totals,
        FreezeView freeze,
        LeaseView lease,
        PoliciesView policies,
        List<OutageView> outages,
        int throttled,
        AgentRow lag,
        boolean restoring) {
    /**
     * A member.
     *
     * @param votes it is in the configuration of the log
     * @param matchIndex up to which it has the log, as the leader knows; -1 if nobody does
     * @param silentMillis since the leader heard of it; -1 if nobody knows
     * @param status as it says itself; null if it did not answer
     * @param asOfMillis of {@code status}; 0 if it was not asked yet
     * @param trouble why there is no newer status; empty if there is
     */
    record Node(
            String node,
            String state,
            boolean votes,
            String http,
            long matchIndex,
            long silentMillis,
            NodeStatus status,
            long damagedSegments,
            long asOfMillis,
            String trouble) {}

    /** What the tables add up to; bytes are those of segments as they are kept, raw ones as the sources had them. */
    record Totals(
            long streams,
            long producers,
            long openProducers,
            long events,
            long gapEvents,
            long lostEvents,
            long duplicatesRefused,
            long conflictsRefused,
            long segments,
            long rawBytes,
            long hotBytes,
            long archivedBytes,
            long truncatedBytes) {}
}
