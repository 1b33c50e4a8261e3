package dev.raftsman.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.archive.ArchiveListener;
import dev.raftsman.archive.ColdTargets;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.cluster.TestState;
import dev.raftsman.objects.S3ProxyProcess;
import dev.raftsman.objects.S3Settings;
import dev.raftsman.policy.Decision;
import dev.raftsman.policy.RetentionFile;
import dev.raftsman.policy.RetentionPolicies;
import dev.raftsman.policy.Target;
import dev.raftsman.restore.Audit;
import dev.raftsman.restore.ColdArchive;
import dev.raftsman.restore.StreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same work with a real S3 server in another process. */
class S3ArchiveTest {
    private static final ArchiveListener NOBODY = new ArchiveListener() {
        @Override
        public void done(Decision decision) {}

        @Override
        public void stored(String target, long bytes) {}

        @Override
        public void failed(String step) {
            throw new AssertionError(step);
        }

        @Override
        public void mismatch() {
            throw new AssertionError("mismatch");
        }
    };

    @Test
    void archivesToS3AndReadsBackWithoutACluster(@TempDir Path temporary) throws Exception {
        try (S3ProxyProcess server = S3ProxyProcess.start(temporary.resolve("server"));
                TestState cluster = new TestState(temporary.resolve("state"), 1_790_000_000_000L)) {
            S3Settings bucket = server.bucket("acme-logs");
            RetentionPolicies policies = RetentionFile.read("retention.yaml", """
                    targets:
                      cold: {type: s3, bucket: acme-logs, prefix: prod/, endpoint: "%s", pathStyle: true,
                             accessKeyId: "%s", secretAccessKey: "%s"}
                    defaults: {to: cold, keepHot: {age: 0s}}
                    policies:
                      - {name: whole, match: {stream: ledger}, then: snapshot}
                      - {name: rest}
                    """.formatted(
                            bucket.endpoint().orElseThrow(),
                            S3ProxyProcess.KEYS.accessKeyId(),
                            S3ProxyProcess.KEYS.secretAccessKey())
                    .getBytes(StandardCharsets.UTF_8));
            for (String stream : List.of("orders", "ledger", "/var/log/odd=name.log")) {
                long epoch = cluster.open("p:" + stream, stream);
                cluster.append(epoch, "a", "b");
                cluster.seal(stream);
                cluster.append(epoch, "c");
                cluster.seal(stream);
            }
            Clock clock = Clock.fixed(Instant.ofEpochMilli(cluster.nowMillis()), ZoneOffset.UTC);
            try (ColdTargets targets = new ColdTargets(policies, Target::open)) {
                RetentionRound round = RetentionRound.open(
                        policies, cluster, targets, "a", temporary.resolve("staging"), clock, NOBODY);
                round.run();
                round.run();
            }
            assertThat(cluster.catalog().segments())
                    .hasSize(6)
                    .allMatch(segment -> segment.state() == SegmentState.ARCHIVED);

            try (StreamReader reader = StreamReader.open(List.of(
                    new ColdArchive("cold", policies.targets().get("cold").open())))) {
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
    }
}
