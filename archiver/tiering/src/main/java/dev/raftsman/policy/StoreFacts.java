package dev.raftsman.policy;

import dev.raftsman.cluster.NodeDisk;
import java.util.Map;
import java.util.Optional;

/**
 * What is known beside the catalog.
 *
 * @param disk the collector with the least free space; empty if none was asked
 * @param outages targets that nothing but failures came from lately, by name, with the cluster's time of the first
 */
public record StoreFacts(Optional<NodeDisk> disk, Map<String, Long> outages) {
    /** Where nobody was asked. */
    public static final StoreFacts UNKNOWN = new StoreFacts(Optional.empty(), Map.of());

    public StoreFacts {
        outages = Map.copyOf(outages);
    }
}
