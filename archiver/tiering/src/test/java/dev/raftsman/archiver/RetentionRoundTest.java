package dev.raftsman.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.archive.ArchiveListener;
import dev.raftsman.archive.ColdTargets;
import dev.raftsman.archive.Manifest;
import dev.raftsman.archive.ManifestEntry;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.cluster.TestState;
import dev.raftsman.objects.DirectoryObjectStore;
import dev.raftsman.objects.ObjectKey;
import dev.raftsman.objects.Sha256;
import dev.raftsman.policy.Decision;
import dev.raftsman.policy.RetentionFile;
import dev.raftsman.policy.RetentionPolicies;
import dev.raftsman.policy.Target;
import dev.raftsman.restore.Audit;
import dev.raftsman.restore.ColdArchive;
import dev.raftsman.restore.HotCluster;
import dev.raftsman.restore.StreamReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The archiver's whole work against a collector's real state and a directory, killed and paused at every step. */
class RetentionRoundTest {
    private static final long START_MILLIS = 1_790_000_000_000L;
    private static final long HOUR = TimeUnit.HOURS.toMillis(1);

    @TempDir(factory = FastDirectory.class)
    Path temporary;

    private TestState cluster;
    private Path archive;
    private RetentionPolicies policies;
    private final Counts counts = new Counts();

    /** A listener that remembers. */
    private static final class Counts implements ArchiveListener {
        private final List<String> done = new ArrayList<>();
        private final List<String> failed = new ArrayList<>();
        private int mismatches;

        @Override
        public void done(Decision decision) {
            done.add(decision.toString());
        }

        @Override
        public void stored(String target, long bytes) {}

        @Override
        public void failed(String step) {
            failed.add(step);
        }

        @Override
        public void mismatch() {
            mismatches++;
        }
    }

    @BeforeEach
    void begin() throws Exception {
        begin(temporary.resolve("first"));
    }

    private void begin(Path directory) throws Exception {
        archive = directory.resolve("archive");
        cluster = new TestState(directory.resolve("state"), START_MILLIS);
        policies = RetentionFile.read("retention.yaml", """
                version: 1
                targets:
                  cold: {type: directory, path: "%s"}
                defaults: {keepHot: {age: 1h}, to: cold}
                policies:
                  - name: chatter
                    match: {stream: "*-probe"}
                    then: truncate
                    grace: 0s
                  - name: ledger
                    match: {stream: ledger}
                    keepHot: {age: 0s}
                    then: snapshot
                    snapshot: {every: 24h, keep: 2}
                    grace: 0s
                  - name: rest
                """.formatted(archive).getBytes(StandardCharsets.UTF_8));
    }

    @AfterEach
    void end() {
        cluster.close();
    }

    /** Two archived segments, one given up, one for a snapshot, and one that stays. */
    private void fill() {
        long orders = cluster.open("shop", "orders");
        cluster.append(orders, "o1", "o2");
        cluster.seal("orders");
        cluster.append(orders, "o3");
        cluster.seal("orders");
        long probe = cluster.open("probe", "disk-probe");
        cluster.append(probe, "up", "up", "up");
        cluster.seal("disk-probe");
        long ledger = cluster.open("bank", "ledger");
        cluster.append(ledger, "l1");
        cluster.seal("ledger");
        cluster.append(ledger, "l2");
        cluster.advance(2 * HOUR);
        cluster.append(orders, "still written");
    }

    private RetentionRound round(String owner, Steps steps, ColdTargets targets) throws IOException {
        Clock clock = Clock.fixed(Instant.ofEpochMilli(cluster.nowMillis()), ZoneOffset.UTC);
        return RetentionRound.open(
                policies, steps.of(cluster), targets, owner, temporary.resolve("staging-" + owner), clock, counts);
    }

    private ColdTargets targets(Steps steps) {
        return new ColdTargets(policies, target -> steps.of(target.open()));
    }

    /** Rounds until nothing is left to do. */
    private void finish(String owner) throws IOException {
        Steps none = new Steps(Integer.MAX_VALUE, Steps.KILL);
        try (ColdTargets targets = targets(none)) {
            RetentionRound round = round(owner, none, targets);
            for (int i = 0; i < 3; i++) {
                assertThat(round.run()).isEqualTo(RetentionRound.Outcome.DONE);
            }
        }
    }

    private void assertEverythingIsWhereItBelongs() throws IOException {
        Map<String, List<SegmentState>> states = new TreeMap<>();
        for (SegmentView segment : cluster.catalog().segments()) {
            states.computeIfAbsent(segment.stream(), name -> new ArrayList<>()).add(segment.state());
            assertThat(segment.prepared()).as(segment.id().toString()).isNull();
        }
        assertThat(states.get("orders"))
                .containsExactly(SegmentState.ARCHIVED, SegmentState.ARCHIVED, SegmentState.OPEN);
        assertThat(states.get("disk-probe")).containsExactly(SegmentState.TRUNCATED);
        assertThat(states.get("ledger")).containsExactly(SegmentState.ARCHIVED, SegmentState.ARCHIVED);

        try (DirectoryObjectStore store = DirectoryObjectStore.openExisting(archive)) {
            Manifest manifest = new Manifest(store);
            manifest.refresh();
            Map<String, Integer> entries = new HashMap<>();
            for (ManifestEntry entry : manifest.archived()) {
                entries.merge(entry.segment().id().toString(), 1, Integer::sum);
                try (InputStream in = store.open(new ObjectKey(entry.key()))) {
                    assertThat(Sha256.of(in).sha256()).isEqualTo(entry.sha256());
                }
                assertThat(entry.epochs()).hasSize(1);
            }
            assertThat(entries)
                    .hasSize(4)
                    .allSatisfy((id, count) -> assertThat(count).isOne());
            assertThat(manifest.truncated()).hasSize(1);
            List<String> keys = new ArrayList<>();
            store.list("", info -> keys.add(info.key().value()));
            assertThat(keys).filteredOn(key -> key.startsWith("segments/")).hasSize(1);
            assertThat(keys).filteredOn(key -> key.startsWith("cas/")).hasSize(2);
            assertThat(keys)
                    .filteredOn(key -> key.startsWith("snapshots/"))
                    .hasSameSizeAs(manifest.snapshots())
                    .hasSameSizeAs(cluster.catalog().snapshots());
        }
        try (StreamReader reader = StreamReader.open(List.of(
                new HotCluster(cluster, temporary.resolve("cache")),
                new ColdArchive("cold", DirectoryObjectStore.openExisting(archive))))) {
            Audit audit = reader.audit();
            assertThat(audit.events()).isEqualTo(6);
            assertThat(audit.truncated()).isEqualTo(3);
            assertThat(audit.lost()).isZero();
            assertThat(audit.duplicated()).isZero();
        }
    }

    @Test
    void archivesTruncatesAndTakesSnapshotsAsDecided() throws Exception {
        fill();
        finish("a");
        assertEverythingIsWhereItBelongs();
        assertThat(counts.failed).isEmpty();
        assertThat(counts.done)
                .anyMatch(line -> line.startsWith("archive tenant=acme stream=orders segment=s1-")
                        && line.endsWith("policy=rest reason=hot-age 2h >= 1h"))
                .anyMatch(line -> line.startsWith("truncate tenant=acme stream=disk-probe"))
                .anyMatch(line -> line.startsWith("snapshot streams=ledger policy=ledger reason=first-snapshot"))
                .anyMatch(line -> line.contains("stream=ledger") && line.contains("in-snapshot=ledger."))
                .hasSize(6);
    }

    @Test
    void leavesOneObjectAndOneEntryForASegmentWhereverItIsKilled() throws Exception {
        int at = 0;
        for (boolean killed = true; killed; at++) {
            cluster.close();
            begin(temporary.resolve("kill-" + at));
            fill();
            Steps steps = new Steps(at, Steps.KILL);
            try (ColdTargets targets = targets(steps)) {
                RetentionRound round = round("a", steps, targets);
                for (int i = 0; i < 3; i++) {
                    round.run();
                }
            } catch (Steps.Killed e) {
                assertThat(e).isNotNull();
            }
            killed = steps.happened();
            finish("a");
            assertEverythingIsWhereItBelongs();
        }
        assertThat(at).as("steps of a whole run").isGreaterThan(50);
        assertThat(temporary.resolve("staging-a")).isEmptyDirectory();
    }

    @Test
    void doesNoHarmWhenItWakesUpAfterAnotherHasTakenOver() throws Exception {
        int at = 0;
        for (boolean paused = true; paused; at += 2) {
            cluster.close();
            begin(temporary.resolve("pause-" + at));
            fill();
            Steps steps = new Steps(at, () -> {
                cluster.advance(RetentionRound.LEASE.toMillis() + 1);
                finish("b");
            });
            try (ColdTargets targets = targets(steps)) {
                RetentionRound round = round("a", steps, targets);
                for (int i = 0; i < 3; i++) {
                    round.run();
                }
            }
            paused = steps.happened();
            cluster.advance(RetentionRound.LEASE.toMillis() + 1);
            finish("c");
            assertEverythingIsWhereItBelongs();
        }
        assertThat(at).as("steps of a whole run").isGreaterThan(50);
    }

    @Test
    void goesOnByItselfAfterAFailureOrALostAnswerOfAnyStep() throws Exception {
        int at = 0;
        for (boolean failed = true; failed; at++) {
            cluster.close();
            begin(temporary.resolve("fail-" + at));
            fill();
            Steps steps = new Steps(at, () -> {
                throw new IOException("connection reset");
            });
            try (ColdTargets targets = targets(steps)) {
                RetentionRound round = round("a", steps, targets);
                for (int i = 0; i < 4; i++) {
                    try {
                        round.run();
                    } catch (IOException e) {
                        assertThat(e).hasMessage("connection reset");
                    }
                }
            }
            failed = steps.happened();
            assertEverythingIsWhereItBelongs();
        }
        assertThat(at).as("steps of a whole run").isGreaterThan(50);
    }

    @Test
    void standsByWhileAnotherHoldsTheLeaseAndTakesOverOnceItRanOut() throws Exception {
        fill();
        finish("a");
        Steps none = new Steps(Integer.MAX_VALUE, Steps.KILL);
        try (ColdTargets targets = targets(none)) {
            RetentionRound standby = round("b", none, targets);
            assertThat(standby.run()).isEqualTo(RetentionRound.Outcome.STANDBY);
            cluster.advance(RetentionRound.LEASE.toMillis() + 1);
            assertThat(standby.run()).isEqualTo(RetentionRound.Outcome.DONE);
        }
    }

    @Test
    void keepsASegmentHotWhileTheStoreFailsAndArchivesItAfterwards() throws Exception {
        fill();
        Steps none = new Steps(Integer.MAX_VALUE, Steps.KILL);
        ColdTargets.Opener unreachable = target -> {
            throw new IOException("bucket gone");
        };
        try (ColdTargets targets = new ColdTargets(policies, unreachable)) {
            RetentionRound round = round("a", none, targets);
            assertThat(round.run()).isEqualTo(RetentionRound.Outcome.DONE);
        }
        assertThat(counts.failed).contains("archive", "snapshot");
        assertThat(cluster.catalog().segments())
                .filteredOn(segment -> segment.stream().equals("orders"))
                .allMatch(segment -> segment.state().hot());
        finish("a");
        assertEverythingIsWhereItBelongs();
    }

    @Test
    void neverBelievesAnObjectThatReadsBackDifferent() throws Exception {
        fill();
        ColdTargets.Opener damaging = target -> new DamagingStore(target.open(), 1);
        Steps none = new Steps(Integer.MAX_VALUE, Steps.KILL);
        try (ColdTargets targets = new ColdTargets(policies, damaging)) {
            RetentionRound round = round("a", none, targets);
            round.run();
            assertThat(counts.mismatches).isOne();
            assertThat(cluster.catalog().segments().get(0).state()).isEqualTo(SegmentState.SEALED);
            round.run(); // Under a new key; what is under the first stays as evidence.
            assertThat(cluster.catalog().segments().get(0).state()).isEqualTo(SegmentState.ARCHIVED);
        }
    }

    @Test
    void storesNothingWhereAKeyCanBeWrittenTwice() throws Exception {
        fill();
        ColdTargets.Opener careless = target -> {
            DamagingStore store = new DamagingStore(target.open(), 0);
            store.overwrites = true;
            return store;
        };
        Steps none = new Steps(Integer.MAX_VALUE, Steps.KILL);
        try (ColdTargets targets = new ColdTargets(policies, careless)) {
            round("a", none, targets).run();
        }
        assertThat(counts.failed).contains("archive");
        assertThat(archive.resolve("segments")).doesNotExist();
    }

    @Test
    void truncatesNothingWhileItsClockAndTheClustersAreFarApart() throws Exception {
        fill();
        Steps none = new Steps(Integer.MAX_VALUE, Steps.KILL);
        Clock hoursBehind = Clock.fixed(Instant.ofEpochMilli(cluster.nowMillis() - 3 * HOUR), ZoneOffset.UTC);
        try (ColdTargets targets = targets(none)) {
            RetentionRound.open(policies, cluster, targets, "a", temporary.resolve("staging"), hoursBehind, counts)
                    .run();
        }
        assertThat(cluster.catalog().segments())
                .noneMatch(segment -> segment.state() == SegmentState.TRUNCATED)
                .anyMatch(segment -> segment.state() == SegmentState.ARCHIVED);
    }

    @Test
    void refusesAPlaceThatHoldsAnotherClustersSegments() throws Exception {
        fill();
        finish("a");
        Path shared = archive;
        cluster.close();
        cluster = new TestState(temporary.resolve("other"), START_MILLIS);
        long epoch = cluster.open("shop", "orders");
        cluster.append(epoch, "quite another order");
        cluster.seal("orders");
        cluster.advance(2 * HOUR);
        Steps none = new Steps(Integer.MAX_VALUE, Steps.KILL);
        try (ColdTargets targets = targets(none)) {
            round("b", none, targets).run();
        }
        assertThat(counts.failed).contains("archive");
        assertThat(cluster.catalog().segments())
                .allMatch(segment -> segment.state().hot());
        assertThat(shared).isDirectory();
    }

    @Test
    void keepsAsManySnapshotsAsAsked() throws Exception {
        long ledger = cluster.open("bank", "ledger");
        for (int day = 0; day < 4; day++) {
            cluster.append(ledger, "day " + day);
            cluster.advance(25 * HOUR);
            finish("a");
        }
        assertThat(cluster.catalog().snapshots()).hasSize(2);
        try (DirectoryObjectStore store = DirectoryObjectStore.openExisting(archive)) {
            List<String> kept = new ArrayList<>();
            store.list("snapshots/", info -> kept.add(info.key().value()));
            assertThat(kept).hasSize(2);
        }
        try (StreamReader reader =
                StreamReader.open(List.of(new ColdArchive("cold", DirectoryObjectStore.openExisting(archive))))) {
            assertThat(reader.audit().events()).isEqualTo(4);
            assertThat(reader.audit().lost()).isZero();
        }
    }

    @Test
    void sealsQuietStreamsWhenThePolicyAsksForIt() throws Exception {
        policies = RetentionFile.read("retention.yaml", """
                targets: {cold: {type: directory, path: "%s"}}
                policies: [{name: rest, to: cold, keepHot: {age: 0s}, sealAfter: 30m}]
                """.formatted(archive).getBytes(StandardCharsets.UTF_8));
        long orders = cluster.open("shop", "orders");
        cluster.append(orders, "o1");
        finish("a");
        assertThat(cluster.catalog().segments().get(0).state()).isEqualTo(SegmentState.OPEN);
        cluster.advance(HOUR);
        finish("a");
        assertThat(cluster.catalog().segments().get(0).state()).isEqualTo(SegmentState.ARCHIVED);
        assertThat(Files.isDirectory(archive.resolve("manifest"))).isTrue();
    }

    @Test
    void opensTargetsOfThePoliciesByTheirOwnKind() throws Exception {
        Target target = policies.targets().get("cold");
        try (var store = target.open()) {
            assertThat(store.location()).contains(archive.toString());
        }
    }
}
