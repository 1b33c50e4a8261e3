package dev.raftsman.archiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.raftsman.archive.ColdTargets;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.cluster.TestState;
import dev.raftsman.objects.DirectoryObjectStore;
import dev.raftsman.objects.LockSupport;
import dev.raftsman.objects.ObjectKey;
import dev.raftsman.objects.Protection;
import dev.raftsman.policy.RetentionPolicies;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** With a store that locks in memory, wherever this runs; and what only a store in the test's hand can show. */
class LockedArchiveTest extends LockedArchiveContract {
    private final Map<ObjectKey, Protection> locks = new HashMap<>();
    private LockSupport.Answer answer = LockSupport.Answer.YES;
    private int refusals;

    @Override
    String target() {
        return "{type: s3, bucket: b}";
    }

    @Override
    void withoutLocks() {
        answer = LockSupport.Answer.NO;
    }

    private LockingStore open() throws IOException {
        LockingStore store = new LockingStore(DirectoryObjectStore.open(temporary.resolve("bucket")), locks, answer);
        store.refusals = refusals;
        return store;
    }

    @Override
    ColdTargets.Opener opener() {
        return target -> open();
    }

    @Override
    boolean refusesDeletion(ObjectKey key) throws IOException {
        return catchThrowable(() -> open().delete(key)) != null;
    }

    @Override
    void lock(ObjectKey key, Instant until) throws IOException {
        open().protect(key, new Protection(Protection.Mode.COMPLIANCE, until.toEpochMilli(), false));
    }

    @Override
    void hold(ObjectKey key, boolean on) throws IOException {
        Protection there = locks.getOrDefault(key, Protection.NONE);
        locks.put(key, new Protection(there.mode(), there.untilMillis(), on));
    }

    @Test
    void doesNotCountAsArchivedWhileTheStoreRefusesTheLockAndThatIsNoOutage() throws Exception {
        answer = LockSupport.Answer.UNKNOWN;
        RetentionPolicies policies = policies(KEPT_FOR_A_DAY);
        for (refusals = 1; refusals >= 0; refusals--) {
            for (int times = 0; times <= refusals; times++) {
                try (ColdTargets targets = new ColdTargets(policies, opener())) {
                    round(policies, targets).run();
                }
            }
        }
        assertThat(listener.failed).containsExactly("archive", "resume");
        assertThat(listener.outageSeconds).containsEntry("cold", 0L);
        assertThat(segment().state()).isEqualTo(SegmentState.ARCHIVED);
        assertThat(segment().archive().lock()).isNotNull();
    }

    private RetentionRound round(RetentionPolicies policies, ColdTargets targets) throws IOException {
        return RetentionRound.open(
                policies, cluster, targets, "a", temporary.resolve("staging"), new HandClocks(cluster), listener);
    }

    /** Whenever the archiver dies, what the catalog calls archived is locked, and goes on to be. */
    @Test
    void isNeverArchivedWithoutItsLockWhereverTheArchiverDies() throws Exception {
        RetentionPolicies policies = policies(KEPT_FOR_A_DAY);
        for (int at = 0; ; at++) {
            cluster.close();
            locks.clear();
            cluster = new TestState(temporary.resolve("state-" + at), System.currentTimeMillis());
            long epoch = cluster.open("p", "payments-" + at);
            cluster.append(epoch, "a", "b");
            cluster.seal("payments-" + at);
            Path bucket = temporary.resolve("bucket-" + at);
            Steps steps = new Steps(at, Steps.KILL);
            boolean died = false;
            try (ColdTargets targets = new ColdTargets(policies, target -> steps.of(bucket(bucket)))) {
                RetentionRound.open(
                                policies,
                                steps.of(cluster),
                                targets,
                                "a",
                                temporary.resolve("staging"),
                                new HandClocks(cluster),
                                listener)
                        .run();
            } catch (Steps.Killed e) {
                died = true;
            }
            requireLockedIfArchived();
            try (ColdTargets targets = new ColdTargets(policies, target -> bucket(bucket))) {
                round(policies, targets).run();
            }
            assertThat(segment().state()).isEqualTo(SegmentState.ARCHIVED);
            requireLockedIfArchived();
            if (!died) {
                assertThat(at).as("steps").isGreaterThan(10);
                return;
            }
        }
    }

    private LockingStore bucket(Path directory) throws IOException {
        return new LockingStore(DirectoryObjectStore.open(directory), locks, answer);
    }

    private void requireLockedIfArchived() {
        if (segment().state() == SegmentState.ARCHIVED) {
            Protection there = locks.get(new ObjectKey(segment().archive().key()));
            assertThat(there).isNotNull();
            assertThat(segment().archive().lock().untilMillis()).isEqualTo(there.untilMillis());
        }
    }
}
