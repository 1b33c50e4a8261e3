package dev.raftsman.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.raftsman.catalog.ArchiveView;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.FreezeView;
import dev.raftsman.catalog.HoldView;
import dev.raftsman.catalog.LockView;
import dev.raftsman.catalog.MarkView;
import dev.raftsman.catalog.PreparedView;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.SnapshotView;
import dev.raftsman.catalog.StreamLabels;
import dev.raftsman.catalog.StreamView;
import dev.raftsman.cluster.NodeDisk;
import dev.raftsman.event.Level;
import dev.raftsman.objects.Protection;
import dev.raftsman.segment.SegmentId;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
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
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class DeciderTest {
    private static final long HOUR = TimeUnit.HOURS.toMillis(1);
    private static final long NOW = 1_000 * HOUR;
    private static final long MIB = 1 << 20;

    private static final int DEBUG_ONLY = Level.DEBUG.bit();
    private static final int DEBUG_AND_INFO = Level.DEBUG.bit() | Level.INFO.bit();

    /**
     * One stream with segments given as {@code <state> <sealed hours ago> <MiB> <more>}, oldest first. More: {@code marked},
     * due in 5 hours; {@code held}; {@code debug}, nothing but such events; {@code mixed}; {@code shared}, in a snapshot's
     * object.
     */
    private static CatalogView catalog(List<SnapshotView> snapshots, String... segments) {
        return catalog(null, snapshots, segments);
    }

    private static CatalogView catalog(FreezeView freeze, List<SnapshotView> snapshots, String... segments) {
        return catalog(freeze, snapshots, List.of(), segments);
    }

    private static CatalogView catalog(
            FreezeView freeze, List<SnapshotView> snapshots, List<StreamLabels> labels, String... segments) {
        List<SegmentView> views = new ArrayList<>();
        for (String text : segments) {
            String[] parts = text.split(" ");
            List<String> more = List.of(parts).subList(3, parts.length);
            SegmentState state = SegmentState.valueOf(parts[0].replace("PREPARED", "SEALED"));
            long base = 10L * (views.size() + 1);
            String snapshotId = more.contains("shared") ? "s" : null;
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
                    more.contains("debug") ? DEBUG_ONLY : DEBUG_AND_INFO,
                    0,
                    state == SegmentState.OPEN ? 0 : NOW - Long.parseLong(parts[1]) * HOUR,
                    state == SegmentState.OPEN ? null : "00ff",
                    List.of(),
                    state == SegmentState.ARCHIVED
                            ? new ArchiveView(
                                    "cold",
                                    "k" + base,
                                    "00ff",
                                    MIB,
                                    "rest",
                                    "hot-age 9h >= 1h",
                                    "h",
                                    null,
                                    snapshotId,
                                    5,
                                    lock(more))
                            : null,
                    null,
                    more.contains("marked") ? new MarkView("a", "rest", "r", "h", NOW - HOUR, NOW + 5 * HOUR) : null,
                    more.contains("held") ? new HoldView("alice", "incident", NOW) : null));
        }
        List<StreamView> streams = List.of(new StreamView(1, "acme", "orders", 0));
        return new CatalogView(
                1_000, 1, NOW, 64 * MIB, null, streams, List.of(), views, snapshots, freeze, List.of(), List.of(),
                List.of(), labels, null);
    }

    private static RetentionPolicies policies(Policy.Action then, KeepHot keepHot) {
        return policies(
                then, keepHot, ArchiveRule.plain(ArchiveRule.Format.SEGMENT), AutoRule.DEFAULT, OutageRule.DEFAULT);
    }

    private static RetentionPolicies policies(
            Policy.Action then, KeepHot keepHot, ArchiveRule archive, AutoRule auto, OutageRule outage) {
        Policy policy = new Policy(
                "rest",
                StreamMatch.of(Glob.ANY, new Glob("ord*")),
                keepHot,
                then,
                Optional.of("cold"),
                archive,
                then == Policy.Action.SNAPSHOT
                        ? Optional.of(new Policy.SnapshotSchedule(Duration.ofHours(24), 3))
                        : Optional.empty(),
                auto,
                Duration.ofHours(6),
                outage,
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

    private static List<String> decided(RetentionPolicies policies, CatalogView catalog, StoreFacts facts) {
        return Decider.decide(policies, catalog, facts, NOW).stream()
                .map(decision -> decision.verb() + " " + decision.reason())
                .toList();
    }

    private static AutoRule auto(int files, int ratioPermille, int amplificationPermille, LocalTime schedule) {
        return new AutoRule(
                files,
                ratioPermille,
                amplificationPermille,
                100 * MIB,
                Optional.ofNullable(schedule),
                Duration.ofHours(1));
    }

    private static Optional<NodeDisk> disk(long freeMib, String room) {
        return Optional.of(new NodeDisk("n2", freeMib * MIB, room));
    }

    static Stream<Arguments> autoRows() {
        AutoRule calm = auto(64, 250, 2_000, null);
        return Stream.of(
                Arguments.of("age", calm, 72, disk(900, "ENOUGH"), "SEALED 73 1", "archive hot-age 73h >= 72h"),
                Arguments.of("young", calm, 72, disk(900, "ENOUGH"), "SEALED 71 1", "keep within-hot sealed 71h ago"),
                Arguments.of("disk unknown", calm, 72, Optional.empty(), "SEALED 1 1", "keep within-hot sealed 1h ago"),
                Arguments.of(
                        "disk short",
                        calm,
                        72,
                        disk(99, "ENOUGH"),
                        "SEALED 1 1",
                        "archive auto-disk n2 is at ENOUGH with 99.0MiB, least 100.0MiB"),
                Arguments.of(
                        "disk at its reserve",
                        calm,
                        72,
                        disk(900, "RESERVE"),
                        "SEALED 1 1",
                        "archive auto-disk n2 is at RESERVE with 900.0MiB, least 100.0MiB"),
                Arguments.of(
                        "files",
                        auto(1, 250, 2_000, null),
                        72,
                        Optional.empty(),
                        "SEALED 3 1;SEALED 2 1",
                        "archive auto-files 2 > 1;keep within-hot sealed 2h ago"),
                Arguments.of(
                        "ratio",
                        calm,
                        72,
                        Optional.empty(),
                        "ARCHIVED 99 8;SEALED 3 1;SEALED 2 2",
                        "archive auto-ratio 3.0MiB > 0.25 of 8.0MiB;keep within-hot sealed 2h ago"),
                Arguments.of(
                        "ratio of nothing", calm, 72, Optional.empty(), "SEALED 3 9", "keep within-hot sealed 3h ago"),
                Arguments.of(
                        "schedule", // 1000 hours after 1970-01-01T00:00 it is 16:00.
                        auto(64, 250, 2_000, LocalTime.of(14, 0)),
                        72,
                        Optional.empty(),
                        "SEALED 3 1;SEALED 1 1",
                        "archive auto-schedule sealed before 1970-02-11T14:00:00Z;keep within-hot sealed 1h ago"),
                Arguments.of(
                        "schedule of yesterday",
                        auto(64, 250, 2_000, LocalTime.of(17, 0)),
                        72,
                        Optional.empty(),
                        "SEALED 24 1;SEALED 22 1",
                        "archive auto-schedule sealed before 1970-02-10T17:00:00Z;keep within-hot sealed 22h ago"),
                Arguments.of(
                        "not worth an object",
                        auto(1, 250, 1_100, null),
                        72,
                        Optional.empty(),
                        "SEALED 3 1;SEALED 2 1",
                        "keep auto-amplification 1.125 > 1.1, else auto-files 2 > 1;keep within-hot sealed 2h ago"),
                Arguments.of(
                        "but old",
                        auto(1, 250, 1_100, null),
                        3,
                        Optional.empty(),
                        "SEALED 3 1;SEALED 2 1",
                        "archive hot-age 3h >= 3h;keep within-hot sealed 2h ago"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("autoRows")
    void decidesByItselfByTheTable(
            String name, AutoRule auto, int hours, Optional<NodeDisk> disk, String segments, String expected) {
        RetentionPolicies policies = policies(
                Policy.Action.AUTO,
                hours(hours),
                ArchiveRule.plain(ArchiveRule.Format.SEGMENT),
                auto,
                OutageRule.DEFAULT);
        assertThat(decided(policies, catalog(List.of(), segments.split(";")), new StoreFacts(disk, Map.of())))
                .as(name)
                .containsExactly(expected.split(";"));
    }

    private static ArchiveRule archive(Duration keep, boolean legalHold, Level dropBelow) {
        return new ArchiveRule(
                Optional.ofNullable(keep),
                ArchiveRule.Lock.NONE,
                Optional.empty(),
                legalHold,
                MIB,
                ArchiveRule.Format.SEGMENT,
                false,
                Optional.ofNullable(dropBelow));
    }

    @Test
    void givesUpOnlyWhatIsWhollyBelowTheLevel() {
        RetentionPolicies policies = policies(
                Policy.Action.AUTO, hours(2), archive(null, false, Level.INFO), AutoRule.DEFAULT, OutageRule.DEFAULT);
        assertThat(decided(policies, catalog(List.of(), "SEALED 3 1 debug", "SEALED 3 1 mixed"), StoreFacts.UNKNOWN))
                .containsExactly("truncate below-level all below INFO, hot-age 3h >= 2h", "archive hot-age 3h >= 2h");
    }

    @Test
    void archivesByReferenceWhatASnapshotHolds() {
        RetentionPolicies policies = policies(
                Policy.Action.AUTO, hours(2), archive(null, false, null), AutoRule.DEFAULT, OutageRule.DEFAULT);
        List<Decision> decisions =
                Decider.decide(policies, catalog(List.of(snapshot(15, 1)), "SEALED 3 1", "SEALED 3 1"), NOW);
        assertThat(decisions.get(0).toString()).contains("reason=in-snapshot rest.", "hot-age 3h >= 2h in-snapshot=");
        assertThat(decisions.get(1).reason().label()).isEqualTo("hot-age");
    }

    @Test
    void expiresWhatIsKeptLongEnoughUnlessSomethingElseNeedsIt() {
        ArchiveRule keep = archive(Duration.ofHours(9), false, null);
        RetentionPolicies policies =
                policies(Policy.Action.ARCHIVE, hours(2), keep, AutoRule.DEFAULT, OutageRule.DEFAULT);
        assertThat(decided(
                        policies,
                        catalog(List.of(), "ARCHIVED 9 1", "ARCHIVED 9 1 shared", "ARCHIVED 9 1 held", "ARCHIVED 8 1"),
                        StoreFacts.UNKNOWN))
                .containsExactly(
                        "expire archive-keep 9h >= 9h",
                        "keep shared-object 9h >= 9h",
                        "keep held by alice (incident), else archive-keep 9h >= 9h");
        assertThat(decided(policies, catalog(List.of(snapshot(15, 1)), "ARCHIVED 9 1"), StoreFacts.UNKNOWN))
                .singleElement()
                .asString()
                .startsWith("keep kept-by-snapshot rest.");
        RetentionPolicies held = policies(
                Policy.Action.ARCHIVE,
                hours(2),
                archive(Duration.ofHours(9), true, null),
                AutoRule.DEFAULT,
                OutageRule.DEFAULT);
        assertThat(decided(held, catalog(List.of(), "ARCHIVED 9 1"), StoreFacts.UNKNOWN))
                .containsExactly("keep legal-hold 9h >= 9h");
    }

    @Test
    void expiresNothingBeforeItsLockIsOverAndSaysUntilWhen() {
        ArchiveRule keep = archive(Duration.ofHours(9), false, null);
        RetentionPolicies policies =
                policies(Policy.Action.ARCHIVE, hours(2), keep, AutoRule.DEFAULT, OutageRule.DEFAULT);
        CatalogView catalog = catalog(
                List.of(), "ARCHIVED 9 1 locked", "ARCHIVED 9 1 over", "ARCHIVED 9 1 unlifted", "ARCHIVED 8 1 locked");
        String end = Instant.ofEpochMilli(NOW + HOUR).toString();
        assertThat(decided(policies, catalog, StoreFacts.UNKNOWN))
                .containsExactly(
                        "keep locked governance until " + end + ", else archive-keep 9h >= 9h",
                        "expire archive-keep 9h >= 9h",
                        "expire archive-keep 9h >= 9h");
        List<Decision> decisions = Decider.decide(policies, catalog, NOW);
        assertThat(decisions.get(0).reason().numbers()).containsEntry("lockedUntilMillis", NOW + HOUR);
        assertThat(decisions.get(1).toString()).doesNotContain("once-lifted");
        assertThat(decisions.get(2).toString()).endsWith(" once-lifted=legal-hold");
        List<Explanation> explained = Explanation.of(policies, catalog, StoreFacts.UNKNOWN, NOW, segment -> true);
        assertThat(explained.get(0).toString())
                .contains("row=locked")
                .endsWith("lock=\"governance until " + end + "\"");
        assertThat(explained.get(2).json()).contains("\"lock\":\"legal hold\"");
        assertThat(explained.get(3).decision()).isEqualTo("archived");
    }

    private static LockView lock(List<String> more) {
        if (more.contains("unlifted")) {
            return new LockView(null, 0, true);
        }
        return more.contains("locked")
                ? new LockView("governance", NOW + HOUR, false)
                : more.contains("over") ? new LockView("governance", NOW, false) : null;
    }

    @Test
    void locksAnObjectUntilThatOfItsYoungestSegmentEnds() {
        ArchiveRule rule = new ArchiveRule(
                Optional.empty(),
                ArchiveRule.Lock.COMPLIANCE,
                Optional.of(Duration.ofHours(4)),
                true,
                MIB,
                ArchiveRule.Format.COLD,
                false,
                Optional.empty());
        List<SegmentView> segments =
                catalog(List.of(), "SEALED 3 1", "SEALED 2 1").segments();
        Protection protection = rule.protection(segments, NOW);
        assertThat(protection).isEqualTo(new Protection(Protection.Mode.COMPLIANCE, NOW + 2 * HOUR, true));
        assertThat(rule.protection(segments, NOW + 2 * HOUR))
                .as("a lock that is over is none")
                .isEqualTo(new Protection(Protection.Mode.NONE, 0, true));
        assertThat(archive(null, false, null).protection(segments, NOW)).isEqualTo(Protection.NONE);
    }

    @Test
    void deletesNothingThatIsHeldOrWhileFrozen() {
        RetentionPolicies policies = policies(Policy.Action.TRUNCATE, hours(2));
        assertThat(decided(policies, catalog(List.of(), "SEALED 3 1 held", "SEALED 3 1"), StoreFacts.UNKNOWN))
                .containsExactly("keep held by alice (incident), else hot-age 3h >= 2h", "truncate hot-age 3h >= 2h");
        CatalogView frozen = catalog(new FreezeView("a", "clock", NOW), List.of(), "SEALED 3 1 marked", "SEALED 1 1");
        assertThat(decided(policies, frozen, StoreFacts.UNKNOWN))
                .containsExactly("keep frozen clock, else hot-age 3h >= 2h", "keep within-hot sealed 1h ago");
    }

    @Test
    void sparesWhatWasMarkedByOtherPolicies() {
        assertThat(decided(
                        policies(Policy.Action.TRUNCATE, hours(4)),
                        catalog(List.of(), "SEALED 3 1 marked", "SEALED 5 1 marked"),
                        StoreFacts.UNKNOWN))
                .containsExactly("spare within-hot sealed 3h ago", "truncate hot-age 5h >= 4h");
        assertThat(decided(
                        policies(Policy.Action.ARCHIVE, hours(4)),
                        catalog(List.of(), "SEALED 5 1 marked"),
                        StoreFacts.UNKNOWN))
                .containsExactly("spare hot-age 5h >= 4h");
    }

    @Test
    void aDeletionIsMarkedThenWaitsThenIsDone() {
        CatalogView catalog = catalog(List.of(), "SEALED 3 1", "SEALED 3 1 marked");
        List<Decision> decisions = Decider.decide(policies(Policy.Action.TRUNCATE, hours(2)), catalog, NOW);
        Decision.SegmentDeletion fresh = (Decision.SegmentDeletion) decisions.get(0);
        Decision.Deletion marked = (Decision.Deletion) decisions.get(1);
        assertThat(fresh.step(NOW)).isEqualTo(Decision.Step.MARK);
        assertThat(fresh.toString()).endsWith(" grace=6h");
        assertThat(marked.step(NOW + 5 * HOUR - 1)).isEqualTo(Decision.Step.WAIT);
        assertThat(marked.step(NOW + 5 * HOUR)).isEqualTo(Decision.Step.DELETE);
        assertThat(marked.toString()).endsWith(" marked-until=1970-02-11T21:00:00Z");
        assertThat(new Decision.Truncate(fresh.segment(), "rest", fresh.reason(), 0).step(NOW))
                .isEqualTo(Decision.Step.DELETE);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "HOLD     | keep outage-hold target cold out for 1h, hot-age 3h >= 2h",
                "THROTTLE | keep outage-throttle target cold out for 1h, hot-age 3h >= 2h",
                "TRUNCATE | truncate outage-truncate target cold out for 1h, hot-age 3h >= 2h"
            })
    void doesInAnOutageWhatThePolicySays(OutageRule.Behaviour behaviour, String expected) {
        OutageRule rule = new OutageRule(behaviour, Duration.ofMinutes(30));
        RetentionPolicies policies =
                policies(Policy.Action.ARCHIVE, hours(2), archive(null, false, null), AutoRule.DEFAULT, rule);
        CatalogView catalog = catalog(List.of(), "SEALED 3 1", "SEALED 1 1");
        StoreFacts out = new StoreFacts(Optional.empty(), Map.of("cold", NOW - HOUR));
        assertThat(decided(policies, catalog, out)).containsExactly(expected, "keep within-hot sealed 1h ago");
        StoreFacts failed = new StoreFacts(Optional.empty(), Map.of("cold", NOW - HOUR / 3));
        assertThat(decided(policies, catalog, failed)).first().isEqualTo("archive hot-age 3h >= 2h");
    }

    private static final AutoRule TWO_FILES =
            new AutoRule(1, 10_000, 1_000_000, 1, Optional.empty(), Duration.ofHours(1));

    /** Minutes ago that the first of two segments was read, -1 for never. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "-1 | archive auto-files 2 > 1",
                "59 | keep auto-read read 59m ago, less than 1h, else auto-files 2 > 1",
                "60 | archive auto-files 2 > 1"
            })
    void whatWasReadLatelyStaysIfNothingIsInAHurry(int minutesAgo, String expected) {
        RetentionPolicies policies = policies(
                Policy.Action.AUTO,
                hours(9),
                ArchiveRule.plain(ArchiveRule.Format.SEGMENT),
                TWO_FILES,
                OutageRule.DEFAULT);
        Map<SegmentId, Long> reads =
                minutesAgo < 0 ? Map.of() : Map.of(new SegmentId(1, 10), NOW - TimeUnit.MINUTES.toMillis(minutesAgo));
        assertThat(decided(
                        policies,
                        catalog(List.of(), "SEALED 3 1", "SEALED 2 1"),
                        new StoreFacts(Optional.empty(), Map.of(), reads)))
                .first()
                .isEqualTo(expected);
    }

    @Test
    void ageAndDisksDoNotAskWhatWasReadLately() {
        RetentionPolicies policies = policies(
                Policy.Action.AUTO,
                hours(2),
                ArchiveRule.plain(ArchiveRule.Format.SEGMENT),
                AutoRule.DEFAULT,
                OutageRule.DEFAULT);
        Map<SegmentId, Long> reads = Map.of(new SegmentId(1, 10), NOW, new SegmentId(1, 20), NOW);
        Optional<NodeDisk> full = Optional.of(new NodeDisk("n1", 5, "RESERVE"));
        assertThat(decided(
                        policies,
                        catalog(List.of(), "SEALED 3 1", "SEALED 1 1"),
                        new StoreFacts(full, Map.of(), reads)))
                .allMatch(decision -> decision.startsWith("archive "))
                .hasSize(2);
    }

    @Test
    void whileLabelsAreNotKnownNothingThatAPolicyAsksThemForGoes() {
        Policy some = policies(Policy.Action.TRUNCATE, hours(2)).policies().get(0);
        Policy ofTest = new Policy(
                "of-test",
                new StreamMatch(Glob.ANY, Glob.ANY, Map.of("env", new Glob("test"))),
                some.keepHot(),
                some.then(),
                some.target(),
                some.archive(),
                some.snapshot(),
                some.auto(),
                some.grace(),
                some.outage(),
                some.sealAfter());
        RetentionPolicies policies = new RetentionPolicies(Map.of(), Optional.empty(), List.of(ofTest));
        String[] segments = {"SEALED 3 1", "SEALED 3 1 marked", "OPEN 0 1"};
        String unknown = "labels-unknown no segment of the stream was finished since they are";
        assertThat(decided(policies, catalog(List.of(), segments), StoreFacts.UNKNOWN))
                .containsExactly("keep " + unknown, "spare " + unknown, "keep " + unknown);
        assertThat(decided(policies, labeled("test", segments), StoreFacts.UNKNOWN))
                .containsExactly("truncate hot-age 3h >= 2h", "truncate hot-age 3h >= 2h", "keep open still written");
        assertThat(decided(policies, labeled("prod", segments), StoreFacts.UNKNOWN))
                .first()
                .isEqualTo("keep no-policy nothing matches the stream");
    }

    private static CatalogView labeled(String env, String... segments) {
        return catalog(null, List.of(), List.of(new StreamLabels(1, Map.of("env", env), null, false)), segments);
    }

    private static RetentionPolicies snapshots(int keep, Duration keepFor) {
        Policy some = policies(Policy.Action.SNAPSHOT, hours(72)).policies().get(0);
        return new RetentionPolicies(
                Map.of(),
                Optional.empty(),
                List.of(new Policy(
                        some.name(),
                        some.match(),
                        some.keepHot(),
                        some.then(),
                        some.target(),
                        some.archive(),
                        Optional.of(
                                new Policy.SnapshotSchedule(Duration.ofHours(24), keep, Optional.ofNullable(keepFor))),
                        some.auto(),
                        some.grace(),
                        some.outage(),
                        some.sealAfter())));
    }

    private static SnapshotView marked(SnapshotView snapshot) {
        return new SnapshotView(
                snapshot.id(),
                snapshot.target(),
                snapshot.key(),
                snapshot.streams(),
                snapshot.index(),
                snapshot.recordedAtMillis(),
                new MarkView("a", "rest", "r", "h", NOW - HOUR, NOW + 5 * HOUR),
                null,
                null);
    }

    private static SnapshotView held(SnapshotView snapshot) {
        return new SnapshotView(
                snapshot.id(),
                snapshot.target(),
                snapshot.key(),
                snapshot.streams(),
                snapshot.index(),
                snapshot.recordedAtMillis(),
                null,
                new HoldView("alice", "audit", NOW),
                null);
    }

    private static List<String> ofSnapshots(RetentionPolicies policies, CatalogView catalog) {
        return decided(policies, catalog, StoreFacts.UNKNOWN).stream()
                .filter(decision -> decision.contains("snapshot-") || decision.contains("held "))
                .toList();
    }

    @Test
    void dropsSnapshotsBeyondTheirNumberOrAgeButNeverTheNewest() {
        List<SnapshotView> all = List.of(snapshot(5, 60), snapshot(6, 40), snapshot(7, 20));
        CatalogView catalog = catalog(all, "SEALED 3 1");
        assertThat(ofSnapshots(snapshots(0, null), catalog)).isEmpty();
        assertThat(ofSnapshots(snapshots(1, null), catalog))
                .containsExactly("drop snapshot-keep 1 newer >= 1", "drop snapshot-keep 2 newer >= 1");
        assertThat(ofSnapshots(snapshots(0, Duration.ofHours(41)), catalog))
                .containsExactly("drop snapshot-keep-for 60h >= 41h");
        assertThat(ofSnapshots(snapshots(0, Duration.ofHours(1)), catalog))
                .as("the newest is older than that, too")
                .hasSize(2);
        Decision.DropSnapshot drop = (Decision.DropSnapshot) Decider.decide(snapshots(2, null), catalog, NOW).stream()
                .filter(Decision.DropSnapshot.class::isInstance)
                .findFirst()
                .orElseThrow();
        assertThat(drop.toString())
                .isEqualTo(
                        "drop snapshot=" + all.get(0).id() + " policy=rest reason=snapshot-keep 2 newer >= 2 grace=6h");
        assertThat(drop.step(NOW)).isEqualTo(Decision.Step.MARK);
    }

    @Test
    void keepsASnapshotThatIsHeldAndSparesOneThatIsNoLongerBeyond() {
        SnapshotView newest = snapshot(7, 20);
        assertThat(ofSnapshots(snapshots(1, null), catalog(List.of(held(snapshot(5, 60)), newest), "SEALED 3 1")))
                .containsExactly("keep held by alice (audit), else snapshot-keep 1 newer >= 1");
        assertThat(ofSnapshots(snapshots(2, null), catalog(List.of(marked(snapshot(5, 60)), newest), "SEALED 3 1")))
                .containsExactly("spare snapshot-kept 1 newer ones");
        CatalogView frozen =
                catalog(new FreezeView("a", "clock", NOW), List.of(marked(snapshot(5, 60)), newest), "SEALED 3 1");
        assertThat(decided(snapshots(1, null), frozen, StoreFacts.UNKNOWN))
                .contains("keep frozen clock, else snapshot-keep 1 newer >= 1");
    }

    @Test
    void everyReasonCarriesNumbersAndTheVersionOfThePolicies() {
        RetentionPolicies policies = policies(Policy.Action.TRUNCATE, hours(2));
        Reason reason = Decider.decide(policies, catalog(List.of(), "SEALED 3 1"), NOW)
                .get(0)
                .reason();
        assertThat(reason.numbers()).isEqualTo(Map.of("ageMillis", 3 * HOUR, "limitMillis", 2 * HOUR));
        assertThat(reason.version()).isEqualTo(policies.version()).hasSize(12);
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
                        + " reason=hot-age 73h >= 72h events=100 bytes=1.0MiB"
                        + " times=1970-01-01T00:00:00Z..1970-01-01T00:00:00Z");
        assertThat(plan.text())
                .contains("keep=2 (200 events, 3.0MiB) archive=1 (100 events, 1.0MiB) truncate=0 snapshot=0");
        assertThat(plan.total("archive")).isEqualTo(new RetentionPlan.Total(1, 1, 100, MIB));

        JsonNode json = new ObjectMapper().readTree(plan.json());
        assertThat(json.at("/decisions/0/decision").asText()).isEqualTo("archive");
        assertThat(json.at("/decisions/0/numbers/ageMillis").asLong()).isEqualTo(73 * HOUR);
        assertThat(json.at("/totals/keep/segments").asInt()).isEqualTo(2);
    }
}
