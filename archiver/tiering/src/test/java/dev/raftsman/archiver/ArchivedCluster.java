package dev.raftsman.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.archive.ArchiveListener;
import dev.raftsman.archive.ColdTargets;
import dev.raftsman.cluster.TestState;
import dev.raftsman.policy.Decision;
import dev.raftsman.policy.RetentionFile;
import dev.raftsman.policy.RetentionPolicies;
import dev.raftsman.policy.Target;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;

/** Archives what is sealed in a collector's state, as the archiver does it. */
public final class ArchivedCluster {
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

    private ArchivedCluster() {}

    /** Streams named "*-probe" are truncated, "ledger" is kept in snapshots, all others are archived. */
    public static RetentionPolicies policies(Path archive) throws Exception {
        return RetentionFile.read("retention.yaml", """
                targets: {cold: {type: directory, path: "%s"}}
                defaults: {to: cold, keepHot: {age: 0s}}
                policies:
                  - {name: chatter, match: {stream: "*-probe"}, then: truncate, grace: 0s}
                  - {name: ledger, match: {stream: ledger}, then: snapshot}
                  - {name: rest}
                """.formatted(archive).getBytes(StandardCharsets.UTF_8));
    }

    public static void archive(TestState cluster, Path archive, Path staging) throws Exception {
        archive(cluster, policies(archive), staging);
    }

    public static void archive(TestState cluster, RetentionPolicies policies, Path staging) throws IOException {
        Clock clock = Clock.fixed(Instant.ofEpochMilli(cluster.nowMillis()), ZoneOffset.UTC);
        try (ColdTargets targets = new ColdTargets(policies, Target::open)) {
            RetentionRound round = RetentionRound.open(policies, cluster, targets, "a", staging, clock, NOBODY);
            for (int i = 0; i < 3; i++) {
                assertThat(round.run()).isEqualTo(RetentionRound.Outcome.DONE);
            }
        }
    }
}
