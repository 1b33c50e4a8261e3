package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Collectors come and go, all restart one after another, and a disk is lost, while a file grows: nothing is lost or doubled.
 * Prints the longest time without an acknowledgement in each part.
 */
@Tag("campaign")
class MembershipIT {
    private static final long SEED = Long.getLong("raftsman.seed", 20_261_129L);
    private static final Duration LIMIT = Duration.ofSeconds(180);

    @RegisterExtension
    final TestDirectory directory = new TestDirectory();

    private ClusterFiles files;
    private LocalCluster cluster;
    private Delivery delivery;
    private AckWatch acks;
    private long partSinceNanos;

    @Test
    void threeBecomeFiveBecomeThreeAndALostDiskIsReplacedUnderLoad() throws IOException {
        Path log = directory.path().resolve("feed.log");
        files = new ClusterFiles(directory.path().resolve("data"), 3, 3);
        files.writeCollectors("1MiB", "1h");
        files.writeAgent(Map.of("feed", log), "256MiB");
        try (LocalCluster running = new LocalCluster(files)) {
            cluster = running;
            delivery = new Delivery(cluster, LIMIT, SEED);
            cluster.startCollectors();
            cluster.startAgent();
            cluster.awaitCollectors(LIMIT);
            cluster.awaitAgent(LIMIT);
            Feed feed = Feed.slow(log, SEED).start();
            delivery.awaitMore("feed");
            try (AckWatch watched = new AckWatch(cluster)) {
                acks = watched;
                partSinceNanos = System.nanoTime();
                growAndShrink();
                loseADisk();
                restartAll();
            }
            delivery.verify(new ArrayList<>(List.of(feed.finish())));
        }
    }

    private void tell(String part) {
        System.out.printf(
                "longest time without acknowledgement, %s: %d ms%n",
                part, acks.longestSilence(partSinceNanos).toMillis());
        partSinceNanos = System.nanoTime();
    }

    private Ran raftsman(String... arguments) {
        List<String> all = new ArrayList<>(List.of("cluster"));
        all.addAll(List.of(arguments));
        List<String> addresses = new ArrayList<>();
        for (int node = 1; node <= files.allNodes(); node++) {
            addresses.add(files.http(node));
        }
        all.addAll(List.of("--cluster", String.join(",", addresses)));
        Ran ran = Ran.raftsman(all.toArray(String[]::new));
        assertThat(ran.exitCode()).as("%s: %s", all, ran.error()).isZero();
        return ran;
    }

    private static String node(int number) {
        return ClusterFiles.node(number);
    }

    private void growAndShrink() {
        cluster.startCollector(4);
        cluster.startCollector(5);
        awaitWaiting(4);
        awaitWaiting(5);
        raftsman("add", node(4), "--raft", files.raft(4));
        raftsman("add", node(5), "--raft", files.raft(5));
        delivery.awaitMore("feed");
        tell("3 to 5");
        Ran status = raftsman("status");
        assertThat(status.output().lines().filter(line -> line.contains(" MEMBER ")))
                .as(status.output())
                .hasSize(5);
        raftsman("transfer", node(4));
        LocalCluster.await("collector-4 to lead", LIMIT, () -> cluster.leader().orElse(0) == 4);
        tell("transfer");
        // One that leads, and one that follows.
        raftsman("remove", node(4));
        raftsman("remove", node(5));
        for (int node = 4; node <= 5; node++) {
            ChildProcess removed = cluster.collector(node);
            assertThat(removed.awaitExit(LIMIT)).isTrue();
            assertThat(removed.exitCode()).as(removed.lastWords()).isZero();
            assertThat(removed.lastWords()).contains(node(node) + " was removed from the cluster");
        }
        delivery.awaitMore("feed");
        tell("5 to 3");
    }

    private void awaitWaiting(int node) {
        LocalCluster.await(
                node(node) + " to wait",
                LIMIT,
                () -> cluster.status(node)
                        .map(s -> s.path("waiting").asText().contains("newcomer"))
                        .orElse(false));
    }

    private void restartAll() {
        for (int node : cluster.members()) {
            cluster.collector(node).stop();
            cluster.startCollector(node);
            LocalCluster.await(node(node) + " ready", LIMIT, () -> cluster.ready(files.http(node)));
        }
        delivery.awaitMore("feed");
        tell("rolling restart");
    }

    private void loseADisk() throws IOException {
        cluster.collector(1).kill();
        Directories.delete(files.nodeData(1));
        ChildProcess emptied = cluster.startCollector(1);
        assertThat(emptied.awaitExit(LIMIT)).isTrue();
        assertThat(emptied.exitCode()).as(emptied.lastWords()).isEqualTo(65);
        assertThat(emptied.lastWords()).contains("raftsman cluster replace collector-1 NEW");
        assertThat(Files.exists(files.nodeData(1).resolve("founders"))).isFalse();
        delivery.awaitMore("feed");
        cluster.startCollector(6);
        awaitWaiting(6);
        raftsman("replace", node(1), node(6), "--raft", files.raft(6));
        cluster.members().remove(1);
        cluster.members().add(6);
        delivery.awaitMore("feed");
        tell("lost disk, replace");
    }
}
