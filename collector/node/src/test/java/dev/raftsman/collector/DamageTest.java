package dev.raftsman.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.store.ReplicatedState;
import dev.raftsman.wire.Frame;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Bits that change on a node's disk, by default in a file of each kind; {@code -Draftsman.flips=N} for so many places, {@code
 * -Draftsman.seed=N} for others.
 */
@Tag("long")
class DamageTest {
    private static final UUID INCARNATION = new UUID(7, 8);
    private static final int FLIPS = Integer.getInteger("raftsman.flips", 8);
    private static final int LINES = 300;
    private static final long SEGMENT_BYTES = 64 << 10;

    @TempDir
    Path root;

    private long epoch;
    private long blocks;

    private ByteBuffer block() {
        Random random = new Random(blocks);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < LINES; i++) {
            text.append(Long.toHexString(random.nextLong()))
                    .append(Long.toHexString(random.nextLong()))
                    .append('\n');
        }
        return Blocks.ofLines(blocks++ * LINES, text.toString().getBytes(StandardCharsets.UTF_8));
    }

    private void ship(NodesInOneJvm cluster, int count) throws Exception {
        // Or all of it may be in one segment of the size that a cluster begins with.
        await().atMost(30, TimeUnit.SECONDS)
                .ignoreExceptions()
                .until(() -> cluster.view(cluster.leader()).segmentBytes() == SEGMENT_BYTES);
        try (SidecarClient sidecar = cluster.connectToLeader()) {
            epoch = sidecar.open("app", INCARNATION, "orders");
            for (int i = 0; i < count; i++) {
                sidecar.send(new Frame.Append(epoch, block()));
                assertThat(sidecar.receive()).isInstanceOf(Frame.Ack.class);
            }
        }
    }

    private static List<SegmentView> sealed(NodesInOneJvm cluster, int node) throws Exception {
        return cluster.view(node).segments().stream()
                .filter(segment -> segment.state() == SegmentState.SEALED)
                .toList();
    }

    private static void flip(Path file, long at, int bit) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[(int) at] ^= (byte) (1 << bit);
        Files.write(file, bytes);
    }

    @Test
    void findsAFlippedBitBeforeAReaderDoesAndFetchesTheSegmentAgain() throws Exception {
        try (NodesInOneJvm cluster = new NodesInOneJvm(root, 3, SEGMENT_BYTES, Duration.ofHours(1))) {
            cluster.scrubPeriod = Duration.ofSeconds(3);
            cluster.startAll();
            ship(cluster, 60);
            int leader = cluster.leader();
            int node = (leader + 1) % 3;
            await().atMost(30, TimeUnit.SECONDS)
                    .until(() -> cluster.view(node).appliedIndex()
                            >= cluster.view(leader).appliedIndex());
            SegmentView segment = sealed(cluster, node).get(1);
            Path file = ReplicatedState.fileOf(cluster.directory(node), segment.id());
            byte[] good = Files.readAllBytes(file);
            flip(file, 1_000, 3);
            await().atMost(60, TimeUnit.SECONDS)
                    .until(() -> CatchUpTest.metric(cluster, node, "raftsman_collector_segments_repaired_total") == 1);
            assertThat(Files.readAllBytes(file)).isEqualTo(good);
            assertThat(cluster.directory(node).resolve("quarantine")).isDirectoryContaining("glob:**.seg");
            assertThat(cluster.getBytes(node, "/v1/segments/" + segment.id())).isEqualTo(good);
            assertThat(cluster.post(
                                    leader,
                                    "/v1/commands",
                                    "{\"command\":\"attest\",\"segments\":[{\"segment\":\"" + segment.id()
                                            + "\",\"sha256\":\"00\"}],\"nodes\":[\"n0\",\"n1\"],\"members\":3}")
                            .statusCode())
                    .isEqualTo(403);
        }
    }

    private enum Kind {
        SEALED,
        ACTIVE,
        SNAPSHOT,
        LOG,
        VOTE,
        MEMBERS,
        IDENTITY,
        OTHER
    }

    private static Map<Kind, List<Path>> kinds(Path data, List<SegmentView> segments) throws IOException {
        Map<Path, SegmentState> states = segments.stream()
                .collect(Collectors.toMap(s -> ReplicatedState.fileOf(data, s.id()), SegmentView::state));
        Map<Kind, List<Path>> kinds = new TreeMap<>();
        try (Stream<Path> walk = Files.walk(data)) {
            for (Path file : walk.filter(Files::isRegularFile).sorted().toList()) {
                String name = file.getFileName().toString();
                Kind kind = Kind.OTHER;
                if (states.containsKey(file)) {
                    kind = states.get(file) == SegmentState.SEALED ? Kind.SEALED : Kind.ACTIVE;
                } else if (name.startsWith("snapshot.")) {
                    kind = Kind.SNAPSHOT;
                } else if (name.startsWith("log_")) {
                    kind = Kind.LOG;
                } else if (name.equals("raft-meta") || name.equals("raft-vote")) {
                    kind = Kind.VOTE;
                } else if (name.equals("raft-meta.conf")) {
                    kind = Kind.MEMBERS;
                } else if (name.equals("identity")) {
                    kind = Kind.IDENTITY;
                }
                if (Files.size(file) > 0) {
                    kinds.computeIfAbsent(kind, any -> new ArrayList<>()).add(file);
                }
            }
        }
        return kinds;
    }

    @Test
    void repairsOrRefusesWhateverBitOfAStoppedNodeIsFlipped() throws Exception {
        long seed = Long.getLong("raftsman.seed", 20_261_129L);
        Random random = new Random(seed);
        try (NodesInOneJvm cluster = new NodesInOneJvm(root, 3, SEGMENT_BYTES, Duration.ofHours(1))) {
            cluster.startAll();
            ship(cluster, 60);
            int victim = (cluster.leader() + 1) % 3;
            cluster.stop(victim);
            Path data = cluster.directory(victim);
            Path saved = root.resolve("saved");
            copy(data, saved);
            List<SegmentView> segments = cluster.view(cluster.leader()).segments();
            Map<String, Integer> ends = new TreeMap<>();
            for (int i = 0; i < FLIPS; i++) {
                Map<Kind, List<Path>> kinds = kinds(data, segments);
                Kind kind = List.copyOf(kinds.keySet()).get(i % kinds.size());
                Path file = kinds.get(kind).get(random.nextInt(kinds.get(kind).size()));
                long at = random.nextLong(Math.min(Files.size(file), kind == Kind.LOG ? 200_000 : Long.MAX_VALUE));
                int bit = random.nextInt(8);
                byte before = Files.readAllBytes(file)[(int) at];
                flip(file, at, bit);
                String what = "seed " + seed + ", flip " + i + ": bit " + bit + " of byte " + at + " of " + file;
                String end;
                try {
                    end = goesOnWith(cluster, victim, kind);
                } catch (AssertionError | Exception e) {
                    throw new AssertionError(what, e);
                }
                ends.merge(kind + " " + end, 1, Integer::sum);
                if (end.startsWith("refused")) {
                    delete(data);
                    copy(saved, data);
                } else if (cluster.failures.isEmpty()) {
                    // What it has acknowledged meanwhile must not be taken back: no older copy is put in its place.
                    mend(file, at, bit, before);
                    delete(saved);
                    copy(data, saved);
                } else {
                    delete(data);
                    copy(saved, data);
                    int leader = cluster.leader();
                    cluster.stop(leader);
                    cluster.start(leader);
                    cluster.failures.clear();
                }
            }
            System.out.println("flips by kind of file and what became of them: " + ends);
        }
    }

    /** Unless the node has written there itself. */
    private static void mend(Path file, long at, int bit, byte before) throws IOException {
        if (Files.exists(file)
                && Files.size(file) > at
                && Files.readAllBytes(file)[(int) at] == (byte) (before ^ 1 << bit)) {
            flip(file, at, bit);
        }
    }

    /** Whatever the victim does, it gives no wrong byte away, and the others go on. */
    private String goesOnWith(NodesInOneJvm cluster, int victim, Kind kind) throws Exception {
        try {
            cluster.start(victim);
        } catch (StartException e) {
            // An identity that is another one is configured wrongly, as far as the node can tell.
            assertThat(e.exitCode()).as(e.getMessage()).isIn(65, kind == Kind.IDENTITY ? 78 : 65);
            assertThat(e.getMessage()).hasSizeGreaterThan(30).doesNotContain("\n");
            ship(cluster, 1);
            return "refused " + e.exitCode();
        }
        try {
            ship(cluster, 1);
            int leader = cluster.leader();
            long index = cluster.view(leader).appliedIndex();
            await().atMost(60, TimeUnit.SECONDS)
                    .ignoreExceptions()
                    .until(() ->
                            !cluster.failures.isEmpty() || cluster.view(victim).appliedIndex() >= index);
            if (!cluster.failures.isEmpty()) {
                return "stopped";
            }
            for (SegmentView segment : sealed(cluster, leader)) {
                HttpResponse<String> head = cluster.get(victim, "/v1/segments/" + segment.id(), "Range", "bytes=0-9");
                assertThat(head.statusCode()).isIn(206, 503);
                if (head.statusCode() == 206) {
                    byte[] bytes = cluster.getBytes(victim, "/v1/segments/" + segment.id());
                    assertThat(Blocks.sha256(bytes)).isEqualTo(segment.sha256());
                }
            }
            await().atMost(60, TimeUnit.SECONDS)
                    .until(() -> CatchUpTest.metric(cluster, victim, "raftsman_collector_damaged_segments") == 0);
            for (SegmentView segment : sealed(cluster, leader)) {
                assertThat(Blocks.sha256(
                                Files.readAllBytes(ReplicatedState.fileOf(cluster.directory(victim), segment.id()))))
                        .isEqualTo(segment.sha256());
            }
            return CatchUpTest.metric(cluster, victim, "raftsman_collector_segments_repaired_total") > 0
                    ? "repaired"
                    : "no harm";
        } finally {
            cluster.stop(victim);
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> walk = Files.walk(from)) {
            for (Path source : walk.toList()) {
                Path target = to.resolve(from.relativize(source).toString());
                if (Files.isDirectory(source)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(source, target);
                }
            }
        }
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> walk = Files.walk(directory)) {
            for (Path file : walk.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
