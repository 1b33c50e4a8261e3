package dev.raftsman.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.archive.ColdTargets;
import dev.raftsman.block.Labels;
import dev.raftsman.catalog.CatalogJson;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.StreamView;
import dev.raftsman.cluster.TestState;
import dev.raftsman.policy.Explanation;
import dev.raftsman.policy.RetentionFile;
import dev.raftsman.policy.RetentionPolicies;
import dev.raftsman.policy.StoreFacts;
import dev.raftsman.policy.Target;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The labels that agents put on blocks choose the policy of a stream, as far as a whole segment agrees in them. */
class LabelPolicyTest {
    private static final long HOUR = TimeUnit.HOURS.toMillis(1);
    private static final Labels TEST = Labels.of(Map.of("env", "test", "host.name", "web-1"));
    private static final Labels PROD = Labels.of(Map.of("env", "prod", "host.name", "web-2"));

    @TempDir(factory = FastDirectory.class)
    Path temporary;

    private TestState cluster;
    private RetentionPolicies policies;
    private final RecordingListener listener = new RecordingListener();

    @BeforeEach
    void begin() throws Exception {
        cluster = new TestState(temporary.resolve("state"), 1_790_000_000_000L);
        policies = RetentionFile.read(
                "retention.yaml", """
                targets: {cold: {type: directory, path: "%s"}}
                defaults: {to: cold, keepHot: {age: 1h}}
                policies:
                - {name: tests, match: {labels: {env: "te*"}}, then: truncate, grace: 0s}
                - {name: rest, archive: {format: segment}}
                """.formatted(temporary.resolve("archive")).getBytes(StandardCharsets.UTF_8));
    }

    @AfterEach
    void end() {
        cluster.close();
    }

    private void round() throws IOException {
        RetentionRound.open(
                        policies,
                        cluster,
                        new ColdTargets(policies, Target::open),
                        "archiver",
                        temporary.resolve("staging"),
                        new HandClocks(cluster),
                        listener)
                .run();
    }

    private List<SegmentState> states(String stream) {
        CatalogView catalog = cluster.catalog();
        StreamView view = catalog.stream(TestState.TENANT, stream).orElseThrow();
        return catalog.segmentsOf(view.number()).stream()
                .map(SegmentView::state)
                .toList();
    }

    @Test
    void theNewestFinishedSegmentChoosesThePolicyOfItsStream() throws Exception {
        long tested = cluster.open("a", "tested");
        long real = cluster.open("b", "real");
        long mixed = cluster.open("c", "mixed");
        cluster.append(tested, TEST, "x");
        cluster.append(real, PROD, "x");
        cluster.append(mixed, TEST, "x");
        cluster.append(mixed, PROD, "y");
        for (String stream : List.of("tested", "real", "mixed")) {
            cluster.seal(stream);
        }
        cluster.advance(2 * HOUR);
        round();
        assertThat(states("tested")).containsExactly(SegmentState.TRUNCATED);
        assertThat(states("real")).containsExactly(SegmentState.ARCHIVED);
        assertThat(states("mixed")).as("not all of it is of tests").containsExactly(SegmentState.ARCHIVED);
        CatalogView catalog = cluster.catalog();
        assertThat(catalog.labelsOf(3)).contains(Map.of());
        assertThat(catalog.labelsOf(1)).contains(TEST.asMap());
        assertThat(CatalogJson.readView(CatalogJson.write(catalog))).isEqualTo(catalog);

        cluster.append(real, TEST, "now it is");
        cluster.append(real, TEST, "a test");
        cluster.advance(2 * HOUR);
        round();
        assertThat(Explanation.of(
                                policies,
                                cluster.catalog(),
                                StoreFacts.UNKNOWN,
                                cluster.nowMillis(),
                                segment -> segment.state() == SegmentState.OPEN)
                        .get(0)
                        .toString())
                .contains("policy=rest row=open", "labels={env=prod, host.name=web-2}");
        cluster.seal("real");
        cluster.advance(2 * HOUR);
        round();
        assertThat(states("real")).containsExactly(SegmentState.ARCHIVED, SegmentState.TRUNCATED);
        assertThat(listener.failed).isEmpty();
    }

    @Test
    void aBlockThatOnlySaysItCarriesLabelsCarriesNone() throws Exception {
        long epoch = cluster.open("a", "odd");
        cluster.append(epoch, TEST, "x");
        cluster.append(epoch, "no labels at all");
        cluster.seal("odd");
        cluster.advance(2 * HOUR);
        round();
        assertThat(cluster.catalog().labelsOf(1)).contains(Map.of());
        assertThat(states("odd")).containsExactly(SegmentState.ARCHIVED);
    }
}
