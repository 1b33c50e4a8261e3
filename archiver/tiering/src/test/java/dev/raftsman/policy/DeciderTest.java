package dev.raftsman.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.PreparedView;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.SnapshotView;
import dev.raftsman.catalog.StreamView;
import dev.raftsman.segment.SegmentId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class DeciderTest {
    private static final long HOUR = TimeUnit.HOURS.toMillis(1);
    private static final long NOW = 1_000 * HOUR;
    private static final long MIB = 1 << 20;

    /** One stream with segments given as {@code <state> <sealed hours ago> <MiB>}, oldest first. */
    private static CatalogView catalog(List<SnapshotView> snapshots, String... segments) {
        List<SegmentView> views = new ArrayList<>();
        for (String text : segments) {
            String[] parts = text.split(" ");
            SegmentState state = SegmentState.valueOf(parts[0].replace("PREPARED", "SEALED"));
            long base = 10L * (views.size() + 1);
            views.add(new SegmentView(
                    new SegmentId(1, base),
                    1,
                    "acme",
                    "orders",
                    base,
                    state,
                    parts[0].equals("PREPARED")
                            ? new PreparedView(UUID.randomUUID(), "a", "cold", "k", "rest", "r", "h", 1)
                            : null,
                    1,
                    100,
                    Long.parseLong(parts[2]) * MIB,
                    1_000,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    state == SegmentState.OPEN ? 0 : NOW - Long.parseLong(parts[1]) * HOUR,
                    state == SegmentState.OPEN ? null : "00ff",
                    List.of(),
                    null,
                    null));
        }
        List<StreamView> streams = List.of(new StreamView(1, "acme", "orders", 0));
        return new CatalogView(1_000, 1, NOW, 64 * MIB, null, streams, List.of(), views, snapshots);
    }

    private static RetentionPolicies policies(Policy.Action then, KeepHot keepHot) {
        Policy policy = new Policy(
                "rest",
                Glob.ANY,
                new Glob("ord*"),
                keepHot,
                then,
                Optional.of("cold"),
                then == Policy.Action.SNAPSHOT
                        ? Optional.of(new Policy.SnapshotSchedule(Duration.ofHours(24), 3))
                        : Optional.empty(),
                Optional.empty());
        return new RetentionPolicies(Map.of(), Optional.empty(), List.of(policy));
    }

    private static KeepHot hours(long hours) {
        return new KeepHot(Optional.of(Duration.ofHours(hours)), OptionalLong.empty());
    }

    private static KeepHot mebibytes(long size) {
        return new KeepHot(Optional.empty(), OptionalLong.of(size * MIB));
    }

    private static SnapshotView snapshot(long index, long hoursAgo) {
        return new SnapshotView(
                SnapshotName.of("rest", NOW - hoursAgo * HOUR, index),
                "cold",
                "snapshots/x.json",
                List.of(1),
                index,
                NOW - hoursAgo * HOUR);
    }

    static Stream<Arguments> rows() {
        Policy.Action archive = Policy.Action.ARCHIVE;
        Policy.Action truncate = Policy.Action.TRUNCATE;
        Policy.Action snapshot = Policy.Action.SNAPSHOT;
        List<SnapshotView> none = List.of();
        KeepHot both = new KeepHot(Optional.of(Duration.ofHours(72)), OptionalLong.of(3 * MIB));
        return Stream.of(
                Arguments.of(
                        "old", archive, hours(72), none, List.of("SEALED 73 1"), List.of("archive hot-age 73h >= 72h")),
                Arguments.of(
                        "exactly",
                        archive,
                        hours(72),
                        none,
                        List.of("SEALED 72 1"),
                        List.of("archive hot-age 72h >= 72h")),
                Arguments.of(
                        "young",
                        archive,
                        hours(72),
                        none,
                        List.of("SEALED 71 1"),
                        List.of("keep within-hot sealed 71h ago")),
                Arguments.of(
                        "zero", truncate, hours(0), none, List.of("SEALED 0 1"), List.of("truncate hot-age 0s >= 0s")),
                Arguments.of(
                        "written", truncate, hours(0), none, List.of("OPEN 0 1"), List.of("keep open still written")),
                Arguments.of(
                        "too much",
                        archive,
                        mebibytes(3),
                        none,
                        List.of("SEALED 9 1", "SEALED 8 1", "SEALED 7 1", "OPEN 0 1"),
                        List.of(
                                "archive hot-size 4.0MiB > 3.0MiB",
                                "keep within-hot sealed 8h ago",
                                "keep within-hot sealed 7h ago",
                                "keep open still written")),
                Arguments.of(
                        "cold ones do not count",
                        archive,
                        mebibytes(2),
                        none,
                        List.of("ARCHIVED 9 5", "TRUNCATED 8 5", "SEALED 7 1", "SEALED 6 1"),
                        List.of("keep within-hot sealed 7h ago", "keep within-hot sealed 6h ago")),
                Arguments.of(
                        "either limit",
                        truncate,
                        both,
                        none,
                        List.of("SEALED 80 1", "SEALED 50 3", "SEALED 1 1"),
                        List.of(
                                "truncate hot-age 80h >= 72h",
                                "truncate hot-size 4.0MiB > 3.0MiB",
                                "keep within-hot sealed 1h ago")),
                Arguments.of("announced", archive, hours(0), none, List.of("PREPARED 9 1"), List.of()),
                Arguments.of(
                        "first snapshot",
                        snapshot,
                        hours(72),
                        none,
                        List.of("SEALED 80 1"),
                        List.of("keep await-snapshot 80h >= 72h", "snapshot first-snapshot none yet")),
                Arguments.of(
                        "in a snapshot",
                        snapshot,
                        hours(72),
                        List.of(snapshot(15, 5)),
                        List.of("SEALED 80 1", "SEALED 79 1"),
                        List.of("archive hot-age 80h >= 72h", "keep await-snapshot 79h >= 72h")),
                Arguments.of(
                        "snapshot due",
                        snapshot,
                        hours(72),
                        List.of(snapshot(15, 24)),
                        List.of("SEALED 1 1", "SEALED 1 1"),
                        List.of(
                                "keep within-hot sealed 1h ago",
                                "keep within-hot sealed 1h ago",
                                "snapshot snapshot-age 24h >= 24h")),
                Arguments.of(
                        "nothing new",
                        snapshot,
                        hours(72),
                        List.of(snapshot(15, 99)),
                        List.of("SEALED 1 1"),
                        List.of("keep within-hot sealed 1h ago")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rows")
    void decidesByTheTable(
            String name,
            Policy.Action then,
            KeepHot keepHot,
            List<SnapshotView> snapshots,
            List<String> segments,
            List<String> expected) {
        CatalogView catalog = catalog(snapshots, segments.toArray(String[]::new));
        List<Decision> decisions = Decider.decide(policies(then, keepHot), catalog, NOW);
        assertThat(decisions.stream().map(decision -> decision.verb() + " " + decision.reason()))
                .as(name)
                .containsExactlyElementsOf(expected);
        assertThat(Decider.decide(policies(then, keepHot), catalog, NOW)).isEqualTo(decisions);
    }

    @Test
    void keepsWhatNoPolicyMatches() {
        RetentionPolicies none = new RetentionPolicies(Map.of(), Optional.empty(), List.of());
        List<Decision> decisions = Decider.decide(none, catalog(List.of(), "SEALED 999 1", "OPEN 0 1"), NOW);
        assertThat(decisions).hasSize(2).allMatch(decision -> !decision.acts());
        assertThat(decisions.get(0).reason().label()).isEqualTo("no-policy");
    }

    @Test
    void printsEachDecisionAsOneLineAndSumsThem() throws Exception {
        CatalogView catalog = catalog(List.of(), "SEALED 73 1", "SEALED 1 2", "OPEN 0 1");
        RetentionPlan plan = RetentionPlan.of(policies(Policy.Action.ARCHIVE, hours(72)), catalog, NOW);
        assertThat(plan.text().lines())
                .hasSize(4)
                .first()
                .isEqualTo("archive tenant=acme stream=orders segment=s1-000000000000000a policy=rest"
                        + " reason=hot-age 73h >= 72h");
        assertThat(plan.text())
                .contains("keep=2 (200 events, 3.0MiB) archive=1 (100 events, 1.0MiB) truncate=0 snapshot=0");
        assertThat(plan.total("archive")).isEqualTo(new RetentionPlan.Total(1, 1, 100, MIB));

        JsonNode json = new ObjectMapper().readTree(plan.json());
        assertThat(json.at("/decisions/0/decision").asText()).isEqualTo("archive");
        assertThat(json.at("/decisions/0/numbers/ageMillis").asLong()).isEqualTo(73 * HOUR);
        assertThat(json.at("/totals/keep/segments").asInt()).isEqualTo(2);
    }
}
