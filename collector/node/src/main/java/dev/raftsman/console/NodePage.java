package dev.raftsman.console;

import dev.raftsman.query.ClusterStatus;
import dev.raftsman.query.NodeStatus;
import java.util.List;

/**
 * What a node says of itself to the console of another.
 *
 * @param damagedSegments sealed ones that are damaged or missing here and not yet fetched again
 */
record NodePage(NodeStatus status, ClusterStatus cluster, long damagedSegments, List<Samples.Sample> samples) {
    NodePage {
        samples = samples == null ? List.of() : List.copyOf(samples);
    }
}
