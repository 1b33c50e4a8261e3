package dev.raftsman.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.archive.ColdTargets;
import dev.raftsman.archiver.RetentionRound.Outcome;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.PoliciesView;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.cluster.TestState;
import dev.raftsman.policy.PlanFile;
import dev.raftsman.policy.RetentionFile;
import dev.raftsman.policy.RetentionPlan;
import dev.raftsman.policy.RetentionPolicies;
import dev.raftsman.policy.Target;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two archivers with different files do not take turns: one version of the policies counts, and it is told. */
class PolicyAgreementTest {
    private static final long HOUR = TimeUnit.HOURS.toMillis(1);

    @TempDir(factory = FastDirectory.class)
    Path temporary;

    private TestState cluster;
    private RetentionPolicies deletes;
    private RetentionPolicies keeps;
    private final RecordingListener ofA = new RecordingListener();
    private final RecordingListener ofB = new RecordingListener();

    @BeforeEach
    void begin() throws Exception {
        cluster = new TestState(temporary.resolve("state"), 1_790_000_000_000L);
        deletes = policies("keepHot: {age: 1h}, grace: 6h");
        keeps = policies("keepHot: {age: 30d}, grace: 6h");
        long epoch = cluster.open("probe", "disk-probe");
        cluster.append(epoch, "up");
        cluster.seal("disk-probe");
        cluster.advance(2 * HOUR);
    }

    @AfterEach
    void end() {
        cluster.close();
    }

    private RetentionPolicies policies(String more) throws Exception {
        return RetentionFile.read("retention.yaml", """
                targets: {cold: {type: directory, path: "%s"}}
                defaults: {to: cold}
                policies: [{name: chatter, then: truncate, %s}]
                """.formatted(temporary.resolve("archive"), more)
                .getBytes(StandardCharsets.UTF_8));
    }

    private RetentionRound archiver(String owner, RetentionPolicies policies, RecordingListener listener)
            throws IOException {
        return RetentionRound.open(
                policies,
                cluster,
                new ColdTargets(policies, Target::open),
                owner,
                temporary.resolve("staging-" + owner),
                new HandClocks(cluster),
                listener);
    }

    private SegmentView segment() {
        return cluster.catalog().segments().get(0);
    }

    private PoliciesView active() {
        return cluster.catalog().activePolicies().orElseThrow();
    }

    @Test
    void anArchiverWithAnotherFileDoesNothingWhenItGetsTheLease() throws Exception {
        RetentionRound a = archiver("a", deletes, ofA);
        RetentionRound b = archiver("b", keeps, ofB);
        assertThat(a.run()).isEqualTo(Outcome.DONE);
        assertThat(segment().mark()).isNotNull();
        assertThat(b.run()).isEqualTo(Outcome.STANDBY);
        assertThat(ofB.otherPolicies)
                .as("told before it would have to take over")
                .isTrue();
        a.release();
        for (int i = 0; i < 3; i++) {
            assertThat(b.run()).isEqualTo(Outcome.OTHER_POLICIES);
            assertThat(b.run(false)).isEqualTo(Outcome.OTHER_POLICIES);
        }
        assertThat(segment().mark()).as("b has not undone what a did").isNotNull();
        cluster.advance(6 * HOUR);
        assertThat(a.run()).as("b does not keep the lease").isEqualTo(Outcome.DONE);
        assertThat(segment().state()).isEqualTo(SegmentState.TRUNCATED);
        assertThat(ofA.otherPolicies).isFalse();
        assertThat(cluster.catalog().policies()).hasSize(1);
    }

    @Test
    void anArchiverWhoseOwnFileWasChangedDeclaresItAndTheHistoryHasBoth() throws Exception {
        archiver("a", deletes, ofA).run();
        cluster.advance(HOUR);
        assertThat(archiver("a", keeps, ofA).run()).isEqualTo(Outcome.DONE);
        assertThat(segment().mark()).isNull();
        assertThat(active()).isEqualTo(new PoliciesView(keeps.hash(), "a", cluster.nowMillis(), "a"));
        assertThat(new RetentionHistory(any -> true)
                        .add(cluster.catalog(), Map.of()).lines().stream()
                                .filter(line -> line.what().equals("policies"))
                                .map(RetentionHistory.Line::version))
                .containsExactly(deletes.version(), keeps.version());
    }

    @Test
    void oneWithTheSameFileTakesOverAndMayChangeItThen() throws Exception {
        RetentionRound a = archiver("a", deletes, ofA);
        a.run();
        a.release();
        RetentionRound b = archiver("b", deletes, ofB);
        assertThat(b.run()).isEqualTo(Outcome.DONE);
        assertThat(active().by()).isEqualTo("a");
        assertThat(active().actor()).isEqualTo("b");
        b.release();
        assertThat(archiver("a", keeps, ofA).run()).as("b acted last").isEqualTo(Outcome.OTHER_POLICIES);
        RetentionRound changed = archiver("b", keeps, ofB);
        assertThat(changed.run()).isEqualTo(Outcome.DONE);
        changed.release();
        assertThat(archiver("a", keeps, ofA).run()).isEqualTo(Outcome.DONE);
        assertThat(ofA.otherPolicies).isFalse();
    }

    @Test
    void aPersonDecidesWhichFileCounts() throws Exception {
        RetentionRound a = archiver("a", deletes, ofA);
        a.run();
        cluster.execute(new Command.Adopt("alice", keeps.hash(), deletes.hash(), false));
        assertThat(a.run()).isEqualTo(Outcome.OTHER_POLICIES);
        assertThat(ofA.otherPolicies).isTrue();
        assertThat(archiver("b", keeps, ofB).run()).isEqualTo(Outcome.DONE);
        assertThat(segment().mark()).isNull();
        assertThat(active().by()).isEqualTo("alice");
        assertThat(active().actor()).isEqualTo("b");
    }

    /** The archiver that only finishes would take the marks of a plan away that was made by another file. */
    @Test
    void aPlanOfAnotherFileIsNotAppliedBeforeThatIsAdopted() throws Exception {
        archiver("a", keeps, ofA).run(false);
        cluster.execute(new Command.AcquireLease("a", 0));
        RetentionPlan plan = RetentionPlan.of(deletes, cluster.catalog(), cluster.nowMillis());
        Path file = Files.writeString(temporary.resolve("plan.json"), plan.json());
        RetentionRound operator = archiver("operator", deletes, ofB);
        assertThat(operator.apply(PlanFile.read(file)))
                .isInstanceOfSatisfying(
                        RetentionRound.Applied.Refused.class,
                        refused -> assertThat(refused.changes())
                                .singleElement()
                                .asString()
                                .startsWith("policies of this file are " + deletes.version() + ", of the cluster "
                                        + keeps.version() + " by a since "));
        assertThat(segment().mark()).isNull();
        cluster.execute(new Command.Adopt("alice", deletes.hash(), keeps.hash(), false));
        assertThat(operator.apply(PlanFile.read(file))).isInstanceOf(RetentionRound.Applied.Done.class);
        assertThat(segment().mark()).isNotNull();
        assertThat(archiver("a", keeps, ofA).run(false)).isEqualTo(Outcome.OTHER_POLICIES);
        assertThat(segment().mark()).isNotNull();
    }
}
