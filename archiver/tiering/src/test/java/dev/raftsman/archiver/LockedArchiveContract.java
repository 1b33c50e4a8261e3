package dev.raftsman.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.archive.ColdTargets;
import dev.raftsman.catalog.LockView;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.cluster.TestState;
import dev.raftsman.objects.ObjectKey;
import dev.raftsman.objects.ObjectStore;
import dev.raftsman.objects.Protection;
import dev.raftsman.policy.RetentionFile;
import dev.raftsman.policy.RetentionPlan;
import dev.raftsman.policy.RetentionPolicies;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From {@code retention.yaml} to an object that its store does not let go. */
abstract class LockedArchiveContract {
    static final String KEPT_FOR_A_DAY = "archive: {keep: 1d, lock: compliance, format: segment}, grace: 0s";
    static final String KEPT_FOR_AN_HOUR = "archive: {keep: 1h, format: segment}, grace: 0s";

    private static final long HOUR = TimeUnit.HOURS.toMillis(1);
    private static final long DAY = TimeUnit.DAYS.toMillis(1);

    @TempDir
    Path temporary;

    final RecordingListener listener = new RecordingListener();
    TestState cluster;

    /** A target of {@code retention.yaml}, empty at the beginning. */
    abstract String target() throws Exception;

    /** From here on, a target in a bucket without Object Lock. */
    abstract void withoutLocks() throws Exception;

    abstract ColdTargets.Opener opener();

    /** Whether the store itself refuses to delete the object that is there. */
    abstract boolean refusesDeletion(ObjectKey key) throws IOException;

    /** What a person does in the store, past the archiver. */
    abstract void lock(ObjectKey key, Instant until) throws IOException;

    abstract void hold(ObjectKey key, boolean on) throws IOException;

    @BeforeEach
    void begin() throws Exception {
        cluster = new TestState(temporary.resolve("state"), System.currentTimeMillis());
        long epoch = cluster.open("p", "payments");
        cluster.append(epoch, "a", "b");
        cluster.seal("payments");
    }

    @AfterEach
    void end() {
        cluster.close();
    }

    final RetentionPolicies policies(String more) throws Exception {
        return RetentionFile.read(
                "retention.yaml", """
                targets: {cold: %s}
                policies: [{name: audit, to: cold, keepHot: {age: 0s}, %s}]
                """.formatted(target(), more).getBytes(StandardCharsets.UTF_8));
    }

    final void rounds(RetentionPolicies policies) throws IOException {
        try (ColdTargets targets = new ColdTargets(policies, opener())) {
            RetentionRound round = RetentionRound.open(
                    policies, cluster, targets, "a", temporary.resolve("staging"), new HandClocks(cluster), listener);
            for (int i = 0; i < 3; i++) {
                assertThat(round.run()).isEqualTo(RetentionRound.Outcome.DONE);
            }
        }
    }

    final SegmentView segment() {
        return cluster.catalog().segments().get(0);
    }

    private ObjectKey key() {
        return new ObjectKey(segment().archive().key());
    }

    private boolean isThere(RetentionPolicies policies) throws IOException {
        try (ObjectStore store = opener().open(policies.targets().get("cold"))) {
            return store.head(key()).isPresent();
        }
    }

    private String plan(RetentionPolicies policies) {
        return RetentionPlan.of(policies, cluster.catalog(), cluster.nowMillis())
                .text();
    }

    @Test
    void isLockedWhenItCountsAsArchivedAndIsNotDeletedBeforeTheLockEnds() throws Exception {
        RetentionPolicies day = policies(KEPT_FOR_A_DAY);
        rounds(day);
        assertThat(listener.failed).isEmpty();
        assertThat(segment().state()).isEqualTo(SegmentState.ARCHIVED);
        LockView lock = segment().archive().lock();
        assertThat(lock.mode()).isEqualTo("compliance");
        long end = segment().sealedAtMillis() + DAY;
        assertThat(lock.untilMillis()).isBetween(end, end + 999);
        try (ObjectStore store = opener().open(day.targets().get("cold"))) {
            assertThat(store.protection(key()))
                    .isEqualTo(new Protection(Protection.Mode.COMPLIANCE, lock.untilMillis(), false));
        }
        assertThat(refusesDeletion(key())).isTrue();

        // Policies that would have it go after an hour do not get it.
        RetentionPolicies hour = policies(KEPT_FOR_AN_HOUR);
        cluster.advance(2 * HOUR);
        assertThat(plan(hour))
                .contains("keep tenant=acme stream=payments segment="
                        + segment().id()
                        + " policy=audit reason=locked compliance until " + Instant.ofEpochMilli(lock.untilMillis())
                        + ", else archive-keep 2h >= 1h");
        rounds(hour);
        assertThat(segment().state()).isEqualTo(SegmentState.ARCHIVED);

        // Nor do those that see it end, if somebody has locked it for longer: the store is asked.
        lock(key(), Instant.ofEpochMilli(end + 9 * DAY));
        cluster.advance(2 * DAY);
        rounds(hour);
        assertThat(segment().state()).isEqualTo(SegmentState.ARCHIVED);
        assertThat(listener.locked).containsEntry("cold", 1);
        assertThat(listener.failed).isEmpty();
        assertThat(listener.outageSeconds.values()).containsOnly(0L);
        assertThat(isThere(hour)).isTrue();
    }

    @Test
    void underALegalHoldGoesOnceThatIsLifted() throws Exception {
        rounds(policies("archive: {keep: 1h, legalHold: true, format: segment}, grace: 0s"));
        assertThat(segment().archive().lock()).isEqualTo(new LockView(null, 0, true));
        assertThat(refusesDeletion(key())).isTrue();

        RetentionPolicies unheld = policies(KEPT_FOR_AN_HOUR);
        cluster.advance(2 * HOUR);
        assertThat(plan(unheld)).contains("expire ", " once-lifted=legal-hold");
        rounds(unheld);
        assertThat(segment().state()).isEqualTo(SegmentState.ARCHIVED);
        assertThat(listener.locked).containsEntry("cold", 1);

        hold(key(), false);
        cluster.advance(2 * HOUR);
        rounds(unheld);
        assertThat(segment().state()).isEqualTo(SegmentState.TRUNCATED);
        assertThat(isThere(unheld)).isFalse();
        assertThat(listener.locked).containsEntry("cold", 0);
        assertThat(listener.failed).isEmpty();
    }

    @Test
    void whatSomebodyHeldSinceExpiresAndIsDeletedOnceTheStoreLetsGo() throws Exception {
        RetentionPolicies policies = policies(KEPT_FOR_AN_HOUR);
        rounds(policies);
        assertThat(segment().archive().lock()).isNull();
        hold(key(), true);
        cluster.advance(2 * HOUR);
        rounds(policies);
        assertThat(segment().state()).isEqualTo(SegmentState.TRUNCATED);
        assertThat(isThere(policies)).isTrue();
        assertThat(listener.locked).containsEntry("cold", 1);
        hold(key(), false);
        cluster.advance(2 * HOUR);
        rounds(policies);
        assertThat(isThere(policies)).isFalse();
        assertThat(listener.locked).containsEntry("cold", 0);
        assertThat(listener.failed).isEmpty();
    }

    @Test
    void staysHotWhereTheBucketCannotLockAndThatIsNoOutage() throws Exception {
        withoutLocks();
        RetentionPolicies policies = policies(KEPT_FOR_A_DAY);
        rounds(policies);
        assertThat(segment().state()).isEqualTo(SegmentState.SEALED);
        assertThat(segment().prepared()).isNull();
        assertThat(listener.failed).containsOnly("lock");
        assertThat(listener.outageSeconds).containsEntry("cold", 0L);
        List<String> keys = new ArrayList<>();
        try (ObjectStore store = opener().open(policies.targets().get("cold"))) {
            store.list("", info -> keys.add(info.key().value()));
        }
        assertThat(keys).containsExactly("manifest/00000000.json");
    }
}
