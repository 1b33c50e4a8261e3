package dev.raftsman.policy;

import dev.raftsman.cluster.NodeDisk;
import dev.raftsman.segment.SegmentId;
import java.util.Map;
import java.util.Optional;

/**
 * What is known beside the catalog.
 *
 * @param disk the collector with the least free space; empty if none was asked
 * @param outages targets that nothing but failures came from lately, by name, with the cluster's time of the first
 * @param reads segments that somebody read from the collectors, with the cluster's time of the last; collectors forget
 *     with a restart
 */
public record StoreFacts(Optional<NodeDisk> disk, Map<String, Long> outages, Map<SegmentId, Long> reads) {
    /** Where nobody was asked. */
    public static final StoreFacts UNKNOWN = new StoreFacts(Optional.empty(), Map.of());

    public StoreFacts {
        outages = Map.copyOf(outages);
        reads = Map.copyOf(reads);
    }

    /** Where nobody was asked what was read. */
    public StoreFacts(Optional<NodeDisk> disk, Map<String, Long> outages) {
        this(disk, outages, Map.of());
    }

    /** The same while these targets are out. */
    public StoreFacts during(Map<String, Long> outagesNow) {
        return new StoreFacts(disk, outagesNow, reads);
    }
}
