package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.EpochView;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * All collectors lost with their disks, under load; the archive and the agents are what is left. {@code -Draftsman.wipes=5}
 * does the one from S3 so often.
 */
class RestoreIT {
    private static final Duration LIMIT = Duration.ofSeconds(120);
    private static final long SEED = Long.getLong("raftsman.seed", 20_261_129L);

    /** Acknowledged and not archived when the cluster is lost: more than the agent's log keeps. */
    private static final long LOST_AT_LEAST = 350_000;

    @RegisterExtension
    final TestDirectory directory = new TestDirectory();

    private ClusterFiles files;
    private Path log;
    private String retention;

    @Test
    @Tag("campaign")
    void aWipedClusterIsRestoredFromADirectoryAndAgentsGoOn() throws IOException {
        prepare("{type: directory, path: %s}"
                .formatted(ClusterFiles.quoted(directory.path().resolve("archive"))));
        wipeAndRestore(SEED);
    }

    @Test
    void aWipedClusterIsRestoredFromS3AndAgentsGoOn() throws IOException {
        for (int time = 0; time < Integer.getInteger("raftsman.wipes", 1); time++) {
            Path data = directory.path().resolve("s3-" + time);
            int port = FreePorts.pick(1).get(0);
            try (ChildProcess server = s3Server(data, port)) {
                LocalCluster.await("S3Proxy", LIMIT, () -> {
                    assertThat(server.isAlive()).as(server.lastWords()).isTrue();
                    return accepts(port);
                });
                prepare("""
                        {type: s3, bucket: raftsman, prefix: prod/, endpoint: "http://127.0.0.1:%d", pathStyle: true,
                             accessKeyId: it-identity, secretAccessKey: it-credential}""".formatted(port));
                wipeAndRestore(SEED + time);
            }
            Directories.delete(files.dir());
            Files.delete(log);
        }
    }

    private static boolean accepts(int port) {
        try (java.net.Socket socket = new java.net.Socket("127.0.0.1", port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    private static ChildProcess s3Server(Path data, int port) throws IOException {
        Files.createDirectories(data.resolve("objects").resolve("raftsman"));
        Path settings =
                Files.writeString(data.resolve("s3proxy.properties"), """
                s3proxy.endpoint=http://127.0.0.1:%d
                s3proxy.authorization=aws-v2-or-v4
                s3proxy.identity=it-identity
                s3proxy.credential=it-credential
                s3proxy.ignore-unknown-headers=true
                jclouds.provider=filesystem-nio2
                jclouds.filesystem.basedir=%s
                """.formatted(port, data.resolve("objects")));
        return ChildProcess.start(
                "s3proxy",
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-jar",
                        System.getProperty("raftsman.s3proxy"),
                        "--properties",
                        settings.toString()),
                Map.of(),
                data.resolve("s3proxy.log"),
                null);
    }

    private void prepare(String target) {
        log = directory.path().resolve("feed.log");
        files = new ClusterFiles(directory.path().resolve("data"), 3);
        retention = """
                version: 1
                targets:
                  cold: %s
                defaults: {keepHot: {age: 0s}, to: cold}
                policies: [{name: rest, sealAfter: 5s}]
                """.formatted(target);
        files.writeCollectors("1MiB", "1h");
        files.writeAgent(Map.of("feed", log), "16MiB");
        files.writeArchiver("1s", retention);
    }

    private void wipeAndRestore(long seed) throws IOException {
        long startNanos = System.nanoTime();
        System.out.printf("seed=%d%n", seed);
        try (LocalCluster cluster = new LocalCluster(files)) {
            cluster.startCollectors();
            cluster.startAgent();
            cluster.awaitCollectors(LIMIT);
            ChildProcess archiver = cluster.startArchiver();
            Feed feed = new Feed(log, seed, false).start();
            LocalCluster.await("archived segments", LIMIT, () -> archivedEvents(cluster) > 20_000);
            archiver.kill();
            long archived = archivedEvents(cluster);
            LocalCluster.await("more than is archived", LIMIT, () -> acknowledged(cluster) > archived + LOST_AT_LEAST);
            for (int node = 1; node <= files.nodes(); node++) {
                cluster.collector(node).kill();
                Directories.delete(files.nodeData(node));
            }
            feed.pause(); // Some lines are on their way; more would only take time to compare.

            for (int node = 1; node <= files.nodes(); node++) {
                Files.writeString(
                        files.conf(ClusterFiles.node(node)),
                        Files.readString(files.conf(ClusterFiles.node(node))) + "awaitRestore: true\n");
            }
            cluster.startCollectors();
            cluster.awaitCollectors(LIMIT);
            CatalogView empty = cluster.catalog();
            assertThat(empty.epochs()).as("no agent was taken before").isEmpty();
            Ran restore = raftsman("restore", "--archive", "--target", "cold");
            System.out.print(restore.output());
            assertThat(restore.exitCode()).as(restore.error()).isZero();
            assertThat(raftsman("restore", "--archive", "--target", "cold").output())
                    .contains("restored from this archive before");
            List<SegmentView> cold = cluster.catalog().segments().stream()
                    .filter(segment -> segment.state() == SegmentState.ARCHIVED)
                    .toList();
            long archivedThrough = cold.stream().mapToLong(SegmentView::events).sum();
            assertThat(archivedThrough).isGreaterThanOrEqualTo(archived);

            feed.resume();
            LocalCluster.await("the agent to go on", LIMIT, () -> acknowledged(cluster) > archivedThrough + 10_000);
            long offered = feed.finish().events();
            LocalCluster.await("every line stored or declared", LIMIT, () -> acknowledged(cluster) == offered);
            verify(cluster, archivedThrough, offered);
            cluster.startArchiver();
            LocalCluster.await("the archiver to go on", LIMIT, () -> archivedEvents(cluster) > archivedThrough);
            assertThat(audit().path("missing").asLong()).isZero();
        }
        System.out.printf("seconds=%d%n", TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - startNanos));
    }

    /** What is stored is what was offered but for one range, and that range is what is declared. */
    private void verify(LocalCluster cluster, long archivedThrough, long offered) throws IOException {
        List<EpochView> epochs = cluster.catalog().epochs();
        assertThat(epochs).as("the producer has its epoch again").hasSize(1);
        JsonNode row = audit().path("rows").get(0);
        long gap = row.path("gapReasons").path("CLUSTER_LOSS").asLong();
        System.out.printf(
                "offered=%d archived=%d declared=%d stored=%d%n",
                offered, archivedThrough, gap, row.path("events").asLong());
        assertThat(gap).as("the agent had released some of it").isPositive();
        assertThat(row.path("events").asLong() + gap).isEqualTo(offered);
        assertThat(row.path("missing").asLong()).isZero();
        assertThat(row.path("duplicated").asLong()).isZero();
        assertThat(row.path("gaps").asLong()).isEqualTo(gap);

        byte[] written = Files.readAllBytes(log);
        int from = offsetOfLine(written, archivedThrough);
        int to = offsetOfLine(written, archivedThrough + gap);
        byte[] stored = raftsman("cat", "--raw", "feed").outputBytes();
        assertThat(stored.length).isEqualTo(written.length - (to - from));
        assertThat(Arrays.equals(stored, 0, from, written, 0, from))
                .as("what was archived, byte for byte")
                .isTrue();
        assertThat(Arrays.equals(stored, from, stored.length, written, to, written.length))
                .as("what came after the gap, byte for byte")
                .isTrue();
    }

    private static int offsetOfLine(byte[] bytes, long line) {
        int at = 0;
        for (long i = 0; i < line; at++) {
            i += bytes[at] == '\n' ? 1 : 0;
        }
        return at;
    }

    private JsonNode audit() throws IOException {
        return new ObjectMapper().readTree(raftsman("audit", "--json").output());
    }

    private Ran raftsman(String verb, String... more) {
        List<String> arguments = new java.util.ArrayList<>(List.of(
                verb,
                "--cluster",
                String.join(",", files.https()),
                "--policy",
                files.conf("retention").toString()));
        arguments.addAll(List.of(more));
        return Ran.raftsman(arguments.toArray(String[]::new));
    }

    private static long archivedEvents(LocalCluster cluster) {
        return catalog(cluster).segments().stream()
                .filter(segment -> segment.state() == SegmentState.ARCHIVED)
                .mapToLong(SegmentView::events)
                .sum();
    }

    private static long acknowledged(LocalCluster cluster) {
        return catalog(cluster).epochs().stream()
                .mapToLong(epoch -> epoch.last() + 1)
                .sum();
    }

    private static CatalogView catalog(LocalCluster cluster) {
        try {
            return cluster.catalog();
        } catch (IOException e) {
            throw new StandaloneException("no catalog: " + e.getMessage(), e);
        }
    }
}
