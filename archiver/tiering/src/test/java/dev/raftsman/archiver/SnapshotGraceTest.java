package dev.raftsman.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.archive.ColdTargets;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SnapshotView;
import dev.raftsman.cluster.Cluster;
import dev.raftsman.cluster.TestState;
import dev.raftsman.objects.DirectoryObjectStore;
import dev.raftsman.policy.PlanFile;
import dev.raftsman.policy.RetentionFile;
import dev.raftsman.policy.RetentionPlan;
import dev.raftsman.policy.RetentionPolicies;
import dev.raftsman.policy.Target;
import dev.raftsman.restore.ColdArchive;
import dev.raftsman.restore.StreamReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A snapshot beyond {@code keep} waits for its time of grace, can be undone until then, and survives any kill on the way. */
class SnapshotGraceTest {
    private static final long START_MILLIS = 1_790_000_000_000L;
    private static final long HOUR = TimeUnit.HOURS.toMillis(1);

    @TempDir(factory = FastDirectory.class)
    Path temporary;

    private TestState cluster;
    private HandClocks clocks;
    private RetentionPolicies policies;
    private final RecordingListener listener = new RecordingListener();

    @BeforeEach
    void begin() throws Exception {
        start("state");
    }

    private void start(String name) throws Exception {
        cluster = new TestState(temporary.resolve(name), START_MILLIS);
        clocks = new HandClocks(cluster);
        policies = policies(name, 2);
        long ledger = cluster.open("bank", "ledger");
        for (int day = 0; day < 3; day++) {
            cluster.append(ledger, "day " + day);
            cluster.advance(25 * HOUR);
            round(cluster, Steps.each(() -> {})).run();
        }
    }

    @AfterEach
    void end() {
        cluster.close();
    }

    private RetentionPolicies policies(String name, int keep) throws Exception {
        return RetentionFile.read("retention.yaml", """
                targets: {cold: {type: directory, path: "%s"}}
                policies:
                - {name: ledger, to: cold, keepHot: {age: 0s}, then: snapshot,
                   snapshot: {every: 24h, keep: %d}, grace: 6h}
                """.formatted(temporary.resolve(name + "-archive"), keep)
                .getBytes(StandardCharsets.UTF_8));
    }

    private RetentionRound round(Cluster asked, Steps steps) throws IOException {
        return RetentionRound.open(
                policies,
                asked,
                new ColdTargets(policies, target -> steps.of(target.open())),
                "archiver",
                temporary.resolve("staging"),
                clocks,
                listener);
    }

    private RetentionRound round() throws IOException {
        return round(cluster, Steps.each(() -> {}));
    }

    private List<SnapshotView> snapshots() {
        return cluster.catalog().snapshots();
    }

    private List<String> files(String name) throws IOException {
        List<String> files = new ArrayList<>();
        try (DirectoryObjectStore store = DirectoryObjectStore.openExisting(temporary.resolve(name + "-archive"))) {
            store.list("snapshots/", info -> files.add(info.key().value()));
        }
        return files;
    }

    @Test
    void goesOnlyAfterItsTimeOfGrace() throws Exception {
        assertThat(listener.marked)
                .singleElement()
                .asString()
                .startsWith("drop snapshot=ledger.")
                .endsWith("policy=ledger reason=snapshot-keep 2 newer >= 2 grace=6h");
        assertThat(snapshots()).hasSize(3);
        assertThat(snapshots().get(0).mark().dueMillis()).isEqualTo(cluster.nowMillis() + 6 * HOUR);
        cluster.advance(6 * HOUR - 1);
        round().run();
        assertThat(snapshots()).hasSize(3);
        assertThat(files("state")).hasSize(3);
        cluster.advance(1);
        round().run();
        assertThat(snapshots()).hasSize(2).allMatch(SnapshotView::kept);
        assertThat(files("state")).hasSize(2);
        assertThat(listener.done)
                .anyMatch(line -> line.startsWith("drop snapshot=ledger.") && line.contains("marked-until="));
        assertNothingIsLost();
    }

    private void assertNothingIsLost() throws IOException {
        try (StreamReader reader = StreamReader.open(List.of(
                new ColdArchive("cold", DirectoryObjectStore.openExisting(temporary.resolve("state-archive")))))) {
            assertThat(reader.audit().events()).isEqualTo(3);
            assertThat(reader.audit().missing()).isZero();
        }
    }

    @Test
    void whatIsUndoneStaysUntilItIsReleased() throws Exception {
        String oldest = snapshots().get(0).id();
        cluster.execute(new Command.UnmarkSnapshot("alice", oldest, "audit of 2026", true));
        for (int i = 0; i < 3; i++) {
            cluster.advance(7 * HOUR);
            round().run();
        }
        assertThat(snapshots()).hasSize(3);
        assertThat(RetentionPlan.of(policies, cluster.catalog(), cluster.nowMillis())
                        .text())
                .contains("keep snapshot=" + oldest
                        + " policy=ledger reason=held by alice (audit of 2026), else snapshot-keep 2 newer >= 2");
        assertThat(new RetentionHistory(segment -> false)
                        .add(cluster.catalog(), Map.of())
                        .lines())
                .anyMatch(line -> line.what().equals("held") && line.reason().equals("alice: audit of 2026"));
        cluster.execute(new Command.ReleaseSnapshot("alice", oldest));
        round().run();
        assertThat(snapshots().get(0).mark()).isNotNull();
        cluster.advance(6 * HOUR);
        round().run();
        assertThat(snapshots()).hasSize(2);
    }

    @Test
    void policiesThatKeepMoreTakeItsMarkAway() throws Exception {
        policies = policies("state", 3);
        round().run();
        assertThat(snapshots()).hasSize(3).allMatch(snapshot -> snapshot.mark() == null);
        cluster.advance(7 * HOUR);
        round().run();
        assertThat(snapshots()).hasSize(3);
    }

    @Test
    void aPlanShowsItAndItsApplicationMarksIt() throws Exception {
        cluster.execute(new Command.UnmarkSnapshot("alice", snapshots().get(0).id(), "later", false));
        CatalogView catalog = cluster.catalog();
        RetentionPlan plan = RetentionPlan.of(policies, catalog, catalog.stampMillis());
        assertThat(plan.text()).contains("drop snapshot=" + snapshots().get(0).id(), " drop=1");
        Path file = Files.writeString(temporary.resolve("plan.json"), plan.json());
        round().release();
        cluster.execute(new Command.AcquireLease("archiver", 0));
        RetentionRound operator = RetentionRound.open(
                policies,
                cluster,
                new ColdTargets(policies, Target::open),
                "operator",
                temporary.resolve("staging-operator"),
                clocks,
                listener);
        assertThat(operator.apply(PlanFile.read(file))).isInstanceOf(RetentionRound.Applied.Done.class);
        assertThat(snapshots().get(0).mark()).isNotNull();
        assertThat(operator.apply(PlanFile.read(file)))
                .isInstanceOfSatisfying(
                        RetentionRound.Applied.Refused.class,
                        refused -> assertThat(refused.changes())
                                .anyMatch(change -> change.startsWith("drop of snapshot ledger.")
                                        && change.contains("markedUntilMillis was null")));
    }

    /** Whatever step it dies at, the next archiver finishes; and the snapshot does not come back. */
    @Test
    void isDroppedOnceAlthoughTheArchiverDiesAtAnyStep() throws Exception {
        int killed = 0;
        for (int at = 0; ; at++) {
            cluster.close();
            String name = "killed-" + at;
            start(name);
            cluster.advance(6 * HOUR);
            Steps steps = new Steps(at, Steps.KILL);
            boolean died = false;
            try {
                round(steps.of(cluster), steps).run();
            } catch (Steps.Killed e) {
                died = true;
            }
            if (!died) {
                break;
            }
            killed++;
            cluster.advance(1);
            round().run();
            round().run();
            assertThat(snapshots()).as("killed at step %d", at).hasSize(2).allMatch(SnapshotView::kept);
            assertThat(files(name)).as("killed at step %d", at).hasSize(2);
            assertThat(cluster.catalog().segments())
                    .filteredOn(segment -> segment.blocks() > 0)
                    .as("killed at step %d", at)
                    .allMatch(segment -> segment.state() == SegmentState.ARCHIVED);
        }
        assertThat(killed).isGreaterThan(10);
    }
}
