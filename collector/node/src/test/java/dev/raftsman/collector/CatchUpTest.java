package dev.raftsman.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.segment.SegmentId;
import dev.raftsman.store.CatchUpProgress;
import dev.raftsman.store.IncomingSnapshot;
import dev.raftsman.store.OfferedFiles;
import dev.raftsman.store.PeerFailedException;
import dev.raftsman.store.PeerFiles;
import dev.raftsman.store.ReplicatedState;
import dev.raftsman.wire.Frame;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node that was away for longer than the others keep their log. */
@Tag("long")
class CatchUpTest {
    private static final UUID INCARNATION = new UUID(7, 8);
    private static final int LINES = 200;

    /** Blocks on their way. */
    private static final int WINDOW = 16;

    @TempDir
    Path root;

    private long epoch;
    private long blocks;

    /** About 50 KiB that do not compress. */
    private ByteBuffer block() {
        Random random = new Random(blocks);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < LINES; i++) {
            text.append("line ").append(i).append(' ');
            for (int j = 0; j < 32; j++) {
                text.append(Long.toHexString(random.nextLong()));
            }
            text.append('\n');
        }
        return Blocks.ofLines(blocks++ * LINES, text.toString().getBytes(StandardCharsets.UTF_8));
    }

    private void ship(SidecarClient sidecar, int count) throws IOException {
        long end = blocks + count;
        for (long acknowledged = blocks; acknowledged < end; ) {
            while (blocks < end && blocks - acknowledged < WINDOW) {
                sidecar.send(new Frame.Append(epoch, block()));
            }
            Frame frame = sidecar.receive();
            assertThat(frame).isInstanceOf(Frame.Ack.class);
            acknowledged = (((Frame.Ack) frame).through() + 1) / LINES;
        }
    }

    private void begin(NodesInOneJvm cluster) throws Exception {
        try (SidecarClient sidecar = cluster.connectToLeader()) {
            epoch = sidecar.open("app", INCARNATION, "orders");
            ship(sidecar, 40);
        }
    }

    private static void allHaveTheSame(NodesInOneJvm cluster) throws Exception {
        long index = cluster.view(cluster.leader()).appliedIndex();
        for (int i = 0; i < 3; i++) {
            int node = i;
            await().atMost(60, TimeUnit.SECONDS)
                    .ignoreExceptions()
                    .untilAsserted(
                            () -> assertThat(cluster.view(node).appliedIndex()).isGreaterThanOrEqualTo(index));
        }
        CatalogView view = cluster.view(0);
        for (SegmentView segment : view.segments()) {
            byte[] bytes = Files.readAllBytes(ReplicatedState.fileOf(cluster.directory(0), segment.id()));
            assertThat(bytes).hasSize((int) segment.bytes());
            for (int node = 1; node < 3; node++) {
                assertThat(Arrays.equals(
                                bytes,
                                Files.readAllBytes(ReplicatedState.fileOf(cluster.directory(node), segment.id()))))
                        .as("segment %s of node %s", segment.id(), node)
                        .isTrue();
            }
        }
    }

    static long metric(NodesInOneJvm cluster, int node, String name) throws Exception {
        return cluster.get(node, "/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToLong(line -> (long) Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void fetchesWhatTheLogNoLongerHasWhileBlocksComeIn() throws Exception {
        try (NodesInOneJvm cluster = new NodesInOneJvm(root, 3, 1 << 20, Duration.ofHours(1))) {
            cluster.startAll();
            begin(cluster);
            int away = (cluster.leader() + 1) % 3;
            cluster.stop(away);
            try (SidecarClient sidecar = cluster.connectToLeader()) {
                ship(sidecar, 700);
                cluster.start(away);
                ship(sidecar, 100);
            }
            allHaveTheSame(cluster);
            assertThat(metric(cluster, away, "raftsman_collector_catch_ups_total"))
                    .isPositive();
            assertThat(cluster.directory(away).resolve("incoming")).doesNotExist();
            try (SidecarClient sidecar = cluster.connectToLeader()) {
                ship(sidecar, 20);
            }
            allHaveTheSame(cluster);

            // It starts again from what it fetched, and can lead: it has all that it needs.
            cluster.stop(away);
            cluster.start(away);
            allHaveTheSame(cluster);
            cluster.stop((away + 1) % 3);
            try (SidecarClient sidecar = cluster.connectToLeader()) {
                ship(sidecar, 5);
            }
            cluster.start((away + 1) % 3);
            allHaveTheSame(cluster);
        }
    }

    /** The new leader is asked for what is still missing, and for nothing that came from the former one. */
    @Test
    void goesOnWithAnotherPeerWhenTheLeaderChangesWhileItFetches() throws Exception {
        try (NodesInOneJvm cluster = new NodesInOneJvm(root, 3, 1 << 20, Duration.ofHours(1))) {
            cluster.startAll();
            begin(cluster);
            int first = cluster.leader();
            int away = (first + 1) % 3;
            cluster.stop(away);
            try (SidecarClient sidecar = cluster.connectToLeader()) {
                ship(sidecar, 700);
            }
            cluster.fetchRate = 4 << 20;
            cluster.start(away);
            Path incoming = cluster.directory(away).resolve("incoming");
            Map<SegmentId, Object> brought = new TreeMap<>();
            await().atMost(60, TimeUnit.SECONDS)
                    .pollInterval(5, TimeUnit.MILLISECONDS)
                    .ignoreExceptionsInstanceOf(NoSuchFileException.class)
                    .until(() -> note(incoming, brought) >= 3);
            cluster.stop(first);
            await().atMost(60, TimeUnit.SECONDS)
                    .ignoreExceptions()
                    .until(() -> metric(cluster, away, "raftsman_collector_catch_ups_total") > 0);
            assertThat(cluster.leader()).isNotEqualTo(first);
            List<SegmentView> segments = cluster.view(away).segments();
            assertThat(segments).as("there was more to bring").hasSizeGreaterThan(brought.size() + 3);
            for (SegmentId segment : brought.keySet()) {
                assertThat(fileKey(ReplicatedState.fileOf(cluster.directory(away), segment)))
                        .as("%s is the file that the first leader gave", segment)
                        .isEqualTo(brought.get(segment));
            }

            cluster.start(first);
            try (SidecarClient sidecar = cluster.connectToLeader()) {
                ship(sidecar, 20);
            }
            allHaveTheSame(cluster);
        }
    }

    /** Notes the segments that were brought whole, each with the file that it is. @return how many are noted */
    private static int note(Path incoming, Map<SegmentId, Object> brought) throws IOException {
        if (Files.isDirectory(incoming)) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(incoming, "s*.*")) {
                for (Path file : files) {
                    String name = file.getFileName().toString();
                    if (!name.endsWith(".part")) {
                        brought.put(SegmentId.parse(name.substring(0, name.indexOf('.'))), fileKey(file));
                    }
                }
            }
        }
        return brought.size();
    }

    private static Object fileKey(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    }

    /** As after a crash between taking a snapshot over and going on from it: the node's own log ends far before it. */
    @Test
    void startsFromASnapshotThatWasTakenOverAndLiesBeyondItsLog() throws Exception {
        try (NodesInOneJvm cluster = new NodesInOneJvm(root, 3, 1 << 20, Duration.ofHours(1))) {
            cluster.startAll();
            begin(cluster);
            int away = (cluster.leader() + 1) % 3;
            cluster.stop(away);
            try (SidecarClient sidecar = cluster.connectToLeader()) {
                ship(sidecar, 500);
            }
            Path peer = cluster.directory(cluster.leader());
            Path newest = newestSnapshot(peer);
            IncomingSnapshot.fetch(
                            cluster.directory(away),
                            (verb, question) -> {
                                try {
                                    return verb.equals(PeerFiles.SNAPSHOT)
                                            ? OfferedFiles.snapshot(newest)
                                            : OfferedFiles.segment(id -> ReplicatedState.fileOf(peer, id), question);
                                } catch (IOException e) {
                                    throw new PeerFailedException(e.getMessage(), e);
                                }
                            },
                            (segment, sha256) -> false,
                            0,
                            0,
                            0,
                            new CatchUpProgress())
                    .commit(newestSnapshot(cluster.directory(away)).resolveSibling(newest.getFileName()));
            cluster.start(away);
            allHaveTheSame(cluster);
            assertThat(metric(cluster, away, "raftsman_collector_catch_ups_total"))
                    .isZero();
            cluster.stop(away);
            cluster.start(away);
            allHaveTheSame(cluster);
        }
    }

    private static Path newestSnapshot(Path data) throws IOException {
        try (Stream<Path> files = Files.walk(data.resolve("raft"))) {
            return files.filter(file -> file.getFileName().toString().matches("snapshot\\.\\d+_\\d+"))
                    .max(Comparator.comparingLong(
                            file -> Long.parseLong(file.getFileName().toString().split("_")[1])))
                    .orElseThrow();
        }
    }
}
