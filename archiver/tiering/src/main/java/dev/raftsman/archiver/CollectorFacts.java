package dev.raftsman.archiver;

import dev.raftsman.cluster.Cluster;
import dev.raftsman.policy.Policy;
import dev.raftsman.policy.RetentionPolicies;
import dev.raftsman.policy.StoreFacts;
import dev.raftsman.segment.SegmentId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What only the collectors know, and some policies ask for. */
public final class CollectorFacts {
    private CollectorFacts() {}

    /**
     * Asks as little as these policies need; whoever does not answer is left out.
     *
     * @param outages since when targets are out
     * @param nowMillis the cluster's time
     */
    public static StoreFacts ask(
            RetentionPolicies policies, Cluster cluster, Map<String, Long> outages, long nowMillis) {
        List<Policy> byThemselves = policies.policies().stream()
                .filter(policy -> policy.then() == Policy.Action.AUTO)
                .toList();
        if (byThemselves.isEmpty()) {
            return new StoreFacts(Optional.empty(), outages);
        }
        Map<SegmentId, Long> reads = new HashMap<>();
        if (byThemselves.stream().anyMatch(policy -> !policy.auto().read().isZero())) {
            cluster.readsAgoMillis().forEach((segment, agoMillis) -> reads.put(segment, nowMillis - agoMillis));
        }
        return new StoreFacts(cluster.tightestDisk(), outages, reads);
    }
}
