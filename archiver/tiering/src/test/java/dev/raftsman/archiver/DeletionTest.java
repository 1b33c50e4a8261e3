package dev.raftsman.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.archive.ColdTargets;
import dev.raftsman.archive.Manifest;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.RefusalReason;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.cluster.Cluster;
import dev.raftsman.cluster.TestState;
import dev.raftsman.objects.DirectoryObjectStore;
import dev.raftsman.policy.RetentionFile;
import dev.raftsman.policy.RetentionPolicies;
import dev.raftsman.policy.Target;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is deleted waits for its time of grace, can be undone until then, and waits for a person when a clock jumps. */
class DeletionTest {
    private static final long START_MILLIS = 1_790_000_000_000L;
    private static final long HOUR = TimeUnit.HOURS.toMillis(1);

    @TempDir(factory = FastDirectory.class)
    Path temporary;

    private TestState cluster;
    private HandClocks clocks;
    private RetentionRound round;
    private RetentionPolicies policies;
    private final RecordingListener listener = new RecordingListener();

    @BeforeEach
    void begin() throws Exception {
        cluster = new TestState(temporary.resolve("state"), START_MILLIS);
        clocks = new HandClocks(cluster);
        policies = policies("keepHot: {age: 1h}, grace: 6h");
        round = open();
        long epoch = cluster.open("probe", "disk-probe");
        cluster.append(epoch, "up");
        cluster.seal("disk-probe");
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

    private RetentionRound open() throws IOException {
        return RetentionRound.open(
                policies,
                cluster,
                new ColdTargets(policies, Target::open),
                "archiver",
                temporary.resolve("staging"),
                clocks,
                listener);
    }

    private SegmentView segment(int i) {
        return cluster.catalog().segments().get(i);
    }

    @Test
    void deletesOnlyAfterTheTimeOfGrace() throws Exception {
        round.run();
        assertThat(listener.marked).hasSize(2).allMatch(line -> line.contains("reason=hot-age 2h >= 1h grace=6h"));
        assertThat(segment(0).mark().dueMillis()).isEqualTo(cluster.nowMillis() + 6 * HOUR);
        cluster.advance(6 * HOUR - 1);
        round.run();
        assertThat(segment(0).state()).isEqualTo(SegmentState.SEALED);
        assertThat(listener.marked).as("marked once").hasSize(2);
        cluster.advance(1);
        round.run();
        assertThat(segment(0).state()).isEqualTo(SegmentState.TRUNCATED);
        assertThat(segment(0).truncation().reason()).isEqualTo("hot-age 8h >= 1h");
        assertThat(listener.done).hasSize(2);
    }

    @Test
    void whatIsUndoneStaysUntilItIsReleased() throws Exception {
        round.run();
        cluster.execute(new Command.Unmark("alice", List.of(segment(0).ref()), "incident 17", true));
        for (int i = 0; i < 3; i++) {
            cluster.advance(12 * HOUR);
            round.run();
        }
        assertThat(segment(0).state()).isEqualTo(SegmentState.SEALED);
        assertThat(segment(0).mark()).isNull();
        assertThat(segment(1).state()).isEqualTo(SegmentState.TRUNCATED);
        CommandResult late =
                cluster.execute(new Command.Unmark("alice", List.of(segment(1).ref()), "incident 17", true));
        assertThat(late.ok()).as("too late").isFalse();
        cluster.execute(new Command.Release("alice", List.of(segment(0).ref())));
        round.run();
        assertThat(segment(0).mark()).isNotNull();
    }

    @Test
    void policiesThatNoLongerDeleteASegmentTakeItsMarkAway() throws Exception {
        round.run();
        policies = policies("keepHot: {age: 30d}, grace: 6h");
        round = open();
        round.run();
        assertThat(segment(0).mark()).isNull();
        assertThat(segment(0).hold()).isNull();
        cluster.advance(7 * HOUR);
        round.run();
        assertThat(segment(0).state()).isEqualTo(SegmentState.SEALED);
    }

    @Test
    void withoutActingItFinishesOnlyWhatWasMarked() throws Exception {
        round.run(false);
        assertThat(listener.marked).isEmpty();
        cluster.execute(new Command.AcquireLease("operator", 1_000));
        cluster.execute(new Command.Mark("operator", List.of(segment(0).ref()), "chatter", "r", policies.hash(), HOUR));
        cluster.advance(2 * HOUR);
        round.run(false);
        assertThat(segment(0).state()).isEqualTo(SegmentState.TRUNCATED);
        assertThat(segment(1).state()).isEqualTo(SegmentState.SEALED);
        assertThat(cluster.execute(new Command.AcquireLease("another", 1_000)).ok())
                .as("the lease is free between rounds")
                .isTrue();
    }

    @Test
    void aMarkOfOtherPoliciesGoesAndItsGraceBeginsAnew() throws Exception {
        cluster.execute(new Command.AcquireLease("another", 1_000));
        cluster.execute(new Command.Mark("another", List.of(segment(0).ref()), "chatter", "r", "h", HOUR));
        cluster.advance(2 * HOUR);
        round.run();
        assertThat(segment(0).state()).isEqualTo(SegmentState.SEALED);
        round.run();
        assertThat(segment(0).mark().policyHash()).isEqualTo(policies.hash());
        assertThat(segment(0).mark().dueMillis()).isEqualTo(cluster.nowMillis() + 6 * HOUR);
    }

    /** No leader, or collectors of a version that knows no freeze. */
    @Test
    void deletesNothingWhenTheClusterCannotBeToldToFreeze() throws Exception {
        policies = policies("keepHot: {age: 1h}, grace: 0s");
        cluster.advance(24 * 365 * HOUR);
        for (boolean refuses : new boolean[] {true, false}) {
            Cluster deaf = (Cluster) Proxy.newProxyInstance(
                    getClass().getClassLoader(), new Class<?>[] {Cluster.class}, (proxy, method, arguments) -> {
                        if (arguments != null && arguments[0] instanceof Command.Freeze) {
                            if (refuses) {
                                return new CommandResult.Refused(RefusalReason.INVALID, "unknown command");
                            }
                            throw new IOException("no leader");
                        }
                        return method.invoke(cluster, arguments);
                    });
            HandClocks late = new HandClocks(cluster);
            late.wallAheadMillis = -24 * 365 * HOUR;
            RetentionRound ofDeaf = RetentionRound.open(
                    policies,
                    deaf,
                    new ColdTargets(policies, Target::open),
                    "archiver",
                    temporary.resolve("staging"),
                    late,
                    listener);
            for (int i = 0; i < 3; i++) {
                try {
                    ofDeaf.run();
                } catch (IOException e) {
                    assertThat(e).hasMessage("no leader");
                }
                assertThat(segment(0).state()).isEqualTo(SegmentState.SEALED);
                assertThat(segment(0).mark()).isNull();
            }
        }
    }

    @Test
    void freezesAllDeletionWhenTheClustersTimeJumpsUntilAPersonHasLooked() throws Exception {
        round.run();
        cluster.advance(24 * 365 * HOUR);
        clocks.jumpedMillis = 24 * 365 * HOUR;
        round.run();
        assertThat(cluster.catalog().freeze().reason()).isEqualTo("clock: the cluster's time jumped by 8760H");
        assertThat(listener.frozen).isTrue();
        assertThat(segment(0).state()).isEqualTo(SegmentState.SEALED);
        cluster.advance(HOUR);
        round.run();
        round = open();
        round.run();
        assertThat(segment(0).state()).as("also after a restart").isEqualTo(SegmentState.SEALED);
        assertThat(segment(0).mark()).as("marked as before").isNotNull();
        cluster.execute(new Command.Thaw("alice"));
        round.run();
        assertThat(segment(0).state()).isEqualTo(SegmentState.TRUNCATED);
        assertThat(listener.frozen).isFalse();
    }

    @Test
    void freezesWhenThisMachineAndTheClusterDisagreeAndTakesTheDifferenceForGoodOnceThawed() throws Exception {
        clocks.wallAheadMillis = -2 * HOUR;
        round.run();
        assertThat(cluster.catalog().freeze().reason())
                .isEqualTo("clock: the cluster's time and this machine's differ by 2H");
        cluster.execute(new Command.Thaw("alice"));
        round.run();
        assertThat(cluster.catalog().freeze()).isNull();
        assertThat(segment(0).mark()).isNotNull();
        clocks.wallAheadMillis = 0;
        round.run();
        assertThat(cluster.catalog().freeze())
                .as("another jump is another freeze")
                .isNotNull();
    }

    /** A page that is too large is read by nobody, and after an outage of the store there may be many to record. */
    @Test
    void recordsManyThatWereGivenUpOnPagesOfABoundedSize() throws Exception {
        long epoch = cluster.open("probe", "disk-probe");
        for (int i = 0; i < 1_000; i++) {
            cluster.append(epoch, "up");
            cluster.seal("disk-probe");
        }
        policies = policies("keepHot: {age: 1h}, grace: 0s");
        cluster.advance(2 * HOUR);
        open().run();
        try (DirectoryObjectStore store = DirectoryObjectStore.openExisting(temporary.resolve("archive"))) {
            Manifest manifest = new Manifest(store);
            manifest.refresh();
            assertThat(manifest.truncated()).hasSize(1_002);
            assertThat(manifest.pages()).isEqualTo(2);
        }
    }
}
