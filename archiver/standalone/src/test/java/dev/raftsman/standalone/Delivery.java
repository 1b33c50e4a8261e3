package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.SegmentView;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** What must hold after any fault: everything offered is there, once, byte for byte, and the same on every node. */
final class Delivery {
    /** Far less than what is written while a process starts again, far more than what one look may show by chance. */
    private static final long SOME_EVENTS = 10_000;

    private final LocalCluster cluster;
    private final Duration limit;
    private final long seed;

    Delivery(LocalCluster cluster, Duration limit, long seed) {
        this.cluster = cluster;
        this.limit = limit;
        this.seed = seed;
    }

    CatalogView catalog() {
        try {
            return cluster.catalog();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    long stored(String stream) {
        return Demo.storedEvents(catalog(), stream);
    }

    /** Waits until some thousand events more are stored than now: the stream flows. */
    void awaitMore(String stream) {
        long enough = stored(stream) + SOME_EVENTS;
        LocalCluster.await("more of " + stream, limit, () -> stored(stream) >= enough);
    }

    /** Everything that was offered is there once, and nothing is declared lost. */
    void verify(List<Offered> offered) throws IOException {
        for (Offered stream : offered) {
            LocalCluster.await(
                    stream + " stored, seed " + seed, limit, () -> stored(stream.stream()) >= stream.events());
        }
        cluster.execute(new Command.Seal(null, Command.EVERY_STREAM, 0));
        String addresses = String.join(",", cluster.files().https());
        Ran audit = Ran.raftsman("audit", "--cluster", addresses);
        assertThat(audit.exitCode())
                .as("seed %d\n%s%s", seed, audit.output(), audit.error())
                .isZero();
        assertThat(audit.output().strip())
                .as("seed %d\n%s%s", seed, audit.output(), audit.error())
                .endsWith(" lost=0 duplicated=0");
        ReadBack.equalsOffered(List.of("--cluster", addresses), offered, "seed " + seed);
        cluster.awaitApplied(limit);
        for (SegmentView segment : catalog().segments()) {
            for (int node : cluster.members()) {
                assertThat(cluster.segmentSha256(node, segment))
                        .as("segment %s on node %d, seed %d", segment.id(), node, seed)
                        .isEqualTo(segment.sha256());
            }
        }
    }
}
