package dev.raftsman.cli;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.cluster.ClusterClient;
import dev.raftsman.segment.SegmentId;
import java.util.List;
import java.util.function.Predicate;
import picocli.CommandLine.Option;

/** Which collectors a verb of retention asks, and how it is told about which segments. */
final class RetentionCluster {
    @Option(
            names = "--cluster",
            paramLabel = "HOST:PORT",
            split = ",",
            defaultValue = "127.0.0.1:7451,127.0.0.1:7452,127.0.0.1:7453",
            description = "HTTP addresses of some or all collectors (default: ${DEFAULT-VALUE})")
    private List<String> cluster;

    ClusterClient client() {
        return Place.client(cluster);
    }

    /** The segment of this id, or all segments of the streams of this name. */
    static Predicate<SegmentView> named(String name, CatalogView catalog) {
        try {
            SegmentId id = SegmentId.parse(name);
            if (catalog.segment(id).isPresent()) {
                return segment -> segment.id().equals(id);
            }
        } catch (IllegalArgumentException e) {
            // Not the form of a segment's id: a stream's name, or nothing.
        }
        if (catalog.streams().stream().noneMatch(stream -> stream.stream().equals(name))) {
            throw new CommandException(ExitCodes.NO_INPUT, "no segment and no stream is named " + name);
        }
        return segment -> segment.stream().equals(name);
    }
}
