package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.catalog.EpochState;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Every process is killed, each time with events on the way, while a file grows and an application logs. */
class KillMatrixIT {
    private static final long SEED = Long.getLong("raftsman.seed", 20_261_123L);
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final long APPLICATION_EVENTS = 200_000;

    @RegisterExtension
    final TestDirectory directory = new TestDirectory();

    private Delivery delivery;
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
            delivery = new Delivery(cluster, LIMIT, SEED);
            cluster.startCollectors();
            cluster.startAgent();
            DemoSource application = new DemoSource.SampleApp(APPLICATION_EVENTS, SEED);
            application.start(cluster);
            cluster.awaitAgent(LIMIT);
            feed = new Feed(log, SEED, false).start();

            killTheLeader();
            killTheAgent();
            killTheLeader();
            killAllCollectors();
            killTheAgent();
            delivery.awaitMore("feed");

            List<Offered> offered = new ArrayList<>(List.of(feed.finish()));
            LocalCluster.await(
                    "the application's end", LIMIT, () -> offeredBy(application).size() == 3);
            offered.addAll(offeredBy(application));
            LocalCluster.await(
                    "the application's epochs closed",
                    LIMIT,
                    () -> delivery.catalog().epochs().stream()
                            .allMatch(e -> e.producer().contains("feed") || e.state() != EpochState.OPEN));
            delivery.verify(offered);
            assertThat(delivery.catalog().segments()).hasSizeGreaterThan(8);
        }
    }

    private List<Offered> offeredBy(DemoSource application) {
        try {
            return application.offered(cluster).orElse(List.of());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void killTheLeader() {
        delivery.awaitMore("feed");
        int leader = cluster.awaitLeader(LIMIT);
        cluster.collector(leader).kill();
        delivery.awaitMore("feed");
        cluster.startCollector(leader);
    }

    /** And the file is renamed twice meanwhile: the agent never saw one of them under its first name. */
    private void killTheAgent() {
        delivery.awaitMore("feed");
        feed.rotate();
        delivery.awaitMore("feed");
        feed.rotate();
        cluster.child(LocalCluster.AGENT).kill();
        for (int i = 0; i < 2; i++) {
            feed.rotate();
            LocalCluster.await("a rotation", LIMIT, () -> !feed.isRotating());
        }
        cluster.startAgent();
    }

    private void killAllCollectors() {
        delivery.awaitMore("feed");
        for (int node = 1; node <= 3; node++) {
            cluster.collector(node).kill();
        }
        cluster.startCollectors();
        cluster.awaitLeader(LIMIT);
    }
}
