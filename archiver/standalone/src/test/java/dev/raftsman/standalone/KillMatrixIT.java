package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.EpochState;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Every process is killed once, each time with events on the way, while a file grows and an application logs. */
class KillMatrixIT {
    private static final long SEED = Long.getLong("raftsman.seed", 20_261_123L);
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int FEED_STEPS = 1_200;
    private static final long APPLICATION_EVENTS = 200_000;

    @RegisterExtension
    final TestDirectory directory = new TestDirectory();

    private LocalCluster cluster;
    private Feed feed;

    @Test
    void nothingIsLostOrDoubledWhenEveryProcessIsKilledInMidTransfer() throws IOException {
        Path log = directory.path().resolve("feed.log");
        ClusterFiles files = new ClusterFiles(directory.path().resolve("data"), 3);
        files.writeCollectors("1MiB", "1h");
        files.writeAgent(Map.of("feed", log), "256MiB");
        try (LocalCluster running = new LocalCluster(files)) {
            cluster = running;
            cluster.startCollectors();
            cluster.awaitCollectors(LIMIT);
            cluster.startAgent();
            DemoSource application = new DemoSource.SampleApp(APPLICATION_EVENTS, SEED);
            application.start(cluster);
            feed = new Feed(log, SEED, FEED_STEPS, 3);
            feed.start();

            killTheLeader(0.1);
            killTheAgent(0.3);
            killTheLeader(0.45);
            killAllCollectors(0.6);
            killTheAgent(0.75);

            LocalCluster.await("the feed's end", LIMIT, () -> feed.offered() != null);
            Offered[] offered = new Offered[4];
            LocalCluster.await("the application's end", LIMIT, () -> {
                try {
                    application.offered(cluster).ifPresent(all -> all.toArray(offered));
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
                return offered[0] != null;
            });
            offered[3] = feed.offered();
            LocalCluster.await("all events stored", LIMIT, () -> {
                CatalogView catalog = catalog();
                boolean all = true;
                for (Offered stream : offered) {
                    all &= Demo.storedEvents(catalog, stream.stream()) >= stream.events();
                }
                return all
                        && catalog.epochs().stream()
                                .allMatch(e -> e.producer().contains("feed") || e.state() != EpochState.OPEN);
            });
            cluster.execute(new Command.Seal(null, Command.EVERY_STREAM, 0));
            verify(offered);
        }
    }

    private void verify(Offered... offered) throws IOException {
        Ran audit = Ran.raftsman(
                "audit", "--cluster", String.join(",", cluster.files().https()));
        assertThat(audit.exitCode())
                .as("seed " + SEED + "\n" + audit.output() + audit.error())
                .isZero();
        assertThat(audit.lastLine(1)).endsWith(" lost=0 duplicated=0");

        for (Offered stream : offered) {
            Ran cat = Ran.raftsman(
                    "cat", "--cluster", String.join(",", cluster.files().https()), "--raw", stream.stream());
            assertThat(cat.exitCode()).as(cat.error()).isZero();
            Offered.Tally tally = new Offered.Tally();
            tally.write(cat.outputBytes(), 0, cat.outputBytes().length);
            assertThat(tally.offered(stream.stream())).as("seed " + SEED).isEqualTo(stream);
        }

        cluster.awaitApplied(LIMIT);
        CatalogView catalog = catalog();
        assertThat(catalog.segments()).hasSizeGreaterThan(8);
        for (SegmentView segment : catalog.segments()) {
            if (segment.state() == SegmentState.SEALED) {
                for (int node = 1; node <= 3; node++) {
                    assertThat(cluster.segmentSha256(node, segment))
                            .as("segment %s on node %d, seed %d", segment.id(), node, SEED)
                            .isEqualTo(segment.sha256());
                }
            }
        }
    }

    private CatalogView catalog() {
        try {
            return cluster.catalog();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void awaitShare(double share) {
        LocalCluster.await(share + " of the feed stored", LIMIT, () -> stored() >= share * feed.events());
        // Killing after everything has arrived proves nothing.
        assertThat(stored()).as("stored when the next one is killed").isLessThan(feed.events());
    }

    private long stored() {
        return Demo.storedEvents(catalog(), "feed");
    }

    private void killTheLeader(double share) {
        awaitShare(share);
        int leader = cluster.awaitLeader(LIMIT);
        cluster.collector(leader).kill();
        long before = stored();
        LocalCluster.await("events stored under the next leader", LIMIT, () -> stored() > before);
        cluster.startCollector(leader);
    }

    private void killTheAgent(double share) {
        awaitShare(share);
        cluster.child(LocalCluster.AGENT).kill();
        cluster.startAgent();
    }

    private void killAllCollectors(double share) {
        awaitShare(share);
        for (int node = 1; node <= 3; node++) {
            cluster.collector(node).kill();
        }
        cluster.startCollectors();
        cluster.awaitLeader(LIMIT);
    }
}
