package dev.raftsman.archiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.raftsman.archive.ColdTargets;
import dev.raftsman.archive.Manifest;
import dev.raftsman.archive.ManifestEntry;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.cluster.TestState;
import dev.raftsman.objects.ObjectStore;
import dev.raftsman.objects.S3Server;
import dev.raftsman.objects.Sha256;
import dev.raftsman.policy.RetentionFile;
import dev.raftsman.policy.RetentionPolicies;
import dev.raftsman.policy.Target;
import dev.raftsman.restore.Audit;
import dev.raftsman.restore.ColdArchive;
import dev.raftsman.restore.DirectoryRestore;
import dev.raftsman.restore.StreamReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The archiver's whole work with a real S3 server in another process. */
abstract class S3ArchiveContract {
    private static final AtomicInteger BUCKETS = new AtomicInteger();
    private static final List<String> STREAMS = List.of("orders", "ledger", "/var/log/odd=name.log");

    @TempDir
    Path temporary;

    private final RecordingListener listener = new RecordingListener();
    private String bucket;
    private TestState cluster;

    abstract S3Server server();

    @BeforeEach
    void begin() throws Exception {
        bucket = "archive-" + BUCKETS.incrementAndGet();
        cluster = new TestState(temporary.resolve("state"), System.currentTimeMillis());
        for (String stream : STREAMS) {
            long epoch = cluster.open("p:" + stream, stream);
            cluster.append(epoch, "a", "b");
            cluster.seal(stream);
            cluster.append(epoch, "c");
            cluster.seal(stream);
        }
    }

    @AfterEach
    void end() {
        cluster.close();
    }

    private RetentionPolicies policies(String more) throws Exception {
        return RetentionFile.read(
                "retention.yaml", """
                targets: {cold: %s}
                defaults: {to: cold, keepHot: {age: 0s}}
                policies: [%s{name: rest}]
                """.formatted(server().target(bucket), more).getBytes(StandardCharsets.UTF_8));
    }

    private void rounds(RetentionPolicies policies, ColdTargets.Opener opener, int count) throws IOException {
        try (ColdTargets targets = new ColdTargets(policies, opener)) {
            RetentionRound round = RetentionRound.open(
                    policies, cluster, targets, "a", temporary.resolve("staging"), new HandClocks(cluster), listener);
            for (int i = 0; i < count; i++) {
                round.run();
                cluster.advance(TimeUnit.MINUTES.toMillis(1));
            }
        }
    }

    private void requireAllArchived() {
        assertThat(cluster.catalog().segments())
                .hasSize(2 * STREAMS.size())
                .allMatch(segment -> segment.state() == SegmentState.ARCHIVED);
        assertThat(listener.failed).isEmpty();
    }

    private static ColdArchive cold(RetentionPolicies policies) throws IOException {
        return new ColdArchive("cold", policies.targets().get("cold").open());
    }

    @Test
    void archivesAndReadsBackWithoutACluster() throws Exception {
        server().bucket(bucket);
        RetentionPolicies policies = policies("{name: whole, match: {stream: ledger}, then: snapshot}, ");
        rounds(policies, Target::open, 2);
        requireAllArchived();
        assertThat(listener.mismatches).isZero();
        try (StreamReader reader = StreamReader.open(List.of(cold(policies)))) {
            Audit audit = reader.audit();
            assertThat(audit.events()).isEqualTo(9);
            assertThat(audit.lost() + audit.duplicated()).isZero();
            List<Long> sequences = new ArrayList<>();
            reader.readStream(
                    TestState.TENANT,
                    "/var/log/odd=name.log",
                    (segment, epoch, index, block) -> sequences.add(block.firstSequence()));
            assertThat(sequences).containsExactly(0L, 2L);
        }
    }

    @Test
    void restoresTheSegmentsIntoADirectory() throws Exception {
        server().bucket(bucket);
        RetentionPolicies policies = policies("{name: bytes, match: {stream: ledger}, archive: {format: segment}}, ");
        rounds(policies, Target::open, 2);
        Path into = temporary.resolve("into");
        try (ColdArchive cold = cold(policies)) {
            DirectoryRestore.Outcome restored = DirectoryRestore.run(cold.look(), "the archive", into, 1);
            assertThat(restored.segments()).isEqualTo(2 * STREAMS.size());
        }
        List<String> digests = new ArrayList<>();
        try (Stream<Path> files = Files.walk(into)) {
            for (Path file : files.filter(f -> f.toString().endsWith(".seg")).toList()) {
                digests.add(Sha256.of(file).sha256());
            }
        }
        assertThat(digests)
                .containsExactlyInAnyOrderElementsOf(cluster.catalog().segments().stream()
                        .map(SegmentView::sha256)
                        .toList());
    }

    @Test
    void findsByReadingBackWhatWasDamagedOnTheWayAndStoresItAnew() throws Exception {
        server().bucket(bucket);
        RetentionPolicies policies = policies("");
        rounds(policies, target -> new DamagingStore(target.open(), 1), 3);
        requireAllArchived();
        assertThat(listener.mismatches).isEqualTo(1);
        try (StreamReader reader = StreamReader.open(List.of(cold(policies)))) {
            assertThat(reader.audit().events()).isEqualTo(9);
        }
    }

    @Test
    void anotherClientFindsTheObjectsOfTheManifestByteForByte() throws Exception {
        assumeTrue(
                Stream.of(System.getenv("PATH").split(":")).anyMatch(p -> Files.isExecutable(Path.of(p, "s3cmd"))),
                "skipped: s3cmd is not installed");
        server().bucket(bucket);
        RetentionPolicies policies = policies("");
        rounds(policies, Target::open, 2);
        Map<String, String> listed = new TreeMap<>();
        try (ObjectStore store = policies.targets().get("cold").open()) {
            Manifest manifest = new Manifest(store);
            manifest.refresh();
            for (ManifestEntry entry : manifest.archived()) {
                listed.put(entry.key(), entry.sha256());
            }
        }
        Path copy = Files.createDirectories(temporary.resolve("copy"));
        s3cmd("sync", "s3://" + bucket + "/prod/", copy + "/");
        Map<String, String> found = new TreeMap<>();
        try (Stream<Path> files = Files.walk(copy)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                found.put(copy.relativize(file).toString(), Sha256.of(file).sha256());
            }
        }
        found.keySet().removeIf(key -> key.startsWith("manifest/"));
        assertThat(found).isEqualTo(listed).hasSize(STREAMS.size());
    }

    private void s3cmd(String... arguments) throws Exception {
        String host = server().endpoint().getAuthority();
        List<String> command = new ArrayList<>(List.of(
                "s3cmd",
                "--no-ssl",
                "--access_key=" + S3Server.KEYS.accessKeyId(),
                "--secret_key=" + S3Server.KEYS.secretAccessKey(),
                "--host=" + host,
                "--host-bucket=" + host));
        command.addAll(List.of(arguments));
        Path said = temporary.resolve("s3cmd.out");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("s3cmd ends").isTrue();
        } finally {
            process.destroyForcibly();
        }
        assertThat(process.exitValue()).as(Files.readString(said)).isZero();
    }
}
