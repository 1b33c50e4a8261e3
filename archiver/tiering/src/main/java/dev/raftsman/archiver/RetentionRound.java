package dev.raftsman.archiver;

import dev.raftsman.archive.ArchiveListener;
import dev.raftsman.archive.ArchiveSettings;
import dev.raftsman.archive.ColdTargets;
import dev.raftsman.archive.Lease;
import dev.raftsman.archive.SegmentArchiver;
import dev.raftsman.archive.Truncations;
import dev.raftsman.archive.VerifiedCopy;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.cluster.Cluster;
import dev.raftsman.policy.Decider;
import dev.raftsman.policy.Decision;
import dev.raftsman.policy.PlanFile;
import dev.raftsman.policy.RetentionPolicies;
import dev.raftsman.policy.StoreFacts;
import dev.raftsman.snapshot.SnapshotTaker;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One round of the archiver's work: take the lease, go on with what was begun, decide, do. Time is the cluster's: the stamp
 * of the lease's own entry, a moment ago. One thread.
 *
 * <p>A round decides twice. First as if every target could be reached, and stores what is due; so a target that was out is
 * noticed to be back. Then by what became of that, and marks and deletes. What is stored in between is a fact of the second.
 */
public final class RetentionRound {
    /** Longer than a fetch and an upload may take between two looks at the lease, short enough to be taken over from. */
    static final Duration LEASE = Duration.ofSeconds(60);

    /** While another archiver acts, the whole catalog is worth a look only now and then. */
    private static final int STANDBYS_A_LOOK = 30;

    private static final Logger LOG = LoggerFactory.getLogger(RetentionRound.class);

    private final RetentionPolicies policies;
    private final Cluster cluster;
    private final Lease lease;
    private final ColdTargets targets;
    private final PolicyAgreement agreement;
    private final TimeGuard time;
    private final OldSegments oldSegments;
    private final SegmentArchiver archiver;
    private final SnapshotTaker snapshots;
    private final Truncations truncations;
    private final LockedObjects locked;
    private final Deletions deletions;
    private final SnapshotDeletions snapshotDeletions;
    private final ExpiredObjects expiredObjects;
    private final Leftovers leftovers;
    private final ArchiveListener listener;
    private final Outages outages;
    private final OutageAlarm alarm;
    private final OutageReport report;
    private final DueSegments due;
    private final Throttling throttling;

    /** Of the lease, when this archiver last acted. */
    private long tenure;

    /** Rounds in a row in which another archiver had the lease. */
    private int standbys;

    private RetentionRound(
            RetentionPolicies policies,
            Cluster cluster,
            Lease lease,
            ColdTargets targets,
            VerifiedCopy copy,
            ClockWatch.Clocks clocks,
            ArchiveListener listener) {
        this.policies = policies;
        this.cluster = cluster;
        this.lease = lease;
        this.targets = targets;
        this.outages = new Outages();
        ArchiveListener watched = new WatchedTargets(listener, outages);
        this.agreement = new PolicyAgreement(policies, lease, listener);
        this.time = new TimeGuard(cluster, lease.owner(), new ClockWatch(clocks), listener);
        this.oldSegments = new OldSegments(policies, lease);
        this.archiver = new SegmentArchiver(policies, lease, targets, copy, name -> settings(policies, name), watched);
        this.snapshots = new SnapshotTaker(policies, cluster, lease, targets, copy, watched);
        this.truncations = new Truncations(policies, lease, targets, watched);
        this.locked = new LockedObjects(targets, listener);
        this.deletions = new Deletions(policies.hash(), lease, truncations, locked, listener);
        this.snapshotDeletions = new SnapshotDeletions(policies.hash(), lease, listener);
        this.expiredObjects = new ExpiredObjects(targets, lease, locked, listener);
        this.leftovers = new Leftovers(targets, lease, locked, listener);
        this.listener = listener;
        this.alarm = new OutageAlarm(policies, listener);
        this.report = new OutageReport(lease);
        this.due = new DueSegments(listener);
        this.throttling = new Throttling(policies, lease);
    }

    private static ArchiveSettings settings(RetentionPolicies policies, String name) {
        return policies.named(name)
                .map(policy -> ArchiveSettings.of(policy.archive()))
                .orElse(ArchiveSettings.DEFAULTS); // begun under policies that are no longer there
    }

    /**
     * @param owner the archiver's lasting name
     * @param staging for one segment at a time
     * @param clock this machine's, compared with the cluster's before anything is deleted
     */
    public static RetentionRound open(
            RetentionPolicies policies,
            Cluster cluster,
            ColdTargets targets,
            String owner,
            Path staging,
            Clock clock,
            ArchiveListener listener)
            throws IOException {
        ClockWatch.Clocks clocks = new ClockWatch.Clocks() {
            @Override
            public long wallMillis() {
                return clock.millis();
            }

            @Override
            public long monotonicMillis() {
                return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
            }
        };
        return open(policies, cluster, targets, owner, staging, clocks, listener);
    }

    static RetentionRound open(
            RetentionPolicies policies,
            Cluster cluster,
            ColdTargets targets,
            String owner,
            Path staging,
            ClockWatch.Clocks clocks,
            ArchiveListener listener)
            throws IOException {
        Lease lease = new Lease(cluster, owner, LEASE, () -> TimeUnit.MILLISECONDS.toNanos(clocks.monotonicMillis()));
        VerifiedCopy copy = VerifiedCopy.open(cluster, staging);
        return new RetentionRound(policies, cluster, lease, targets, copy, clocks, listener);
    }

    /** What a round came to. */
    public enum Outcome {
        /** Everything decided was tried; what failed was reported and waits for the next round. */
        DONE,
        /** Another archiver acts. */
        STANDBY,
        /** Nothing was done: the cluster's policies are others, and a person is needed. */
        OTHER_POLICIES
    }

    /** What became of a plan. */
    public sealed interface Applied {
        /** All of it was tried; what failed was reported, and a new plan will show it. */
        record Done(int decisions) implements Applied {}

        /** Nothing was done. */
        record Refused(List<String> changes) implements Applied {
            public Refused {
                changes = List.copyOf(changes);
            }
        }

        /** Nothing was done: another archiver acts. */
        record Standby() implements Applied {}
    }

    /** @throws IOException if the cluster cannot be asked */
    public Outcome run() throws IOException {
        return run(true);
    }

    /**
     * @param act whether what the policies decide is done; if not, only what was begun or marked before is finished, and
     *     the lease is given back for whoever applies a plan
     */
    public Outcome run(boolean act) throws IOException {
        if (!lease.acquire()) {
            if (standbys++ % STANDBYS_A_LOOK == 0) {
                agreement.look(cluster.catalog());
            }
            return Outcome.STANDBY;
        }
        standbys = 0;
        boolean stays = act;
        try {
            if (lease.tenure() != tenure) {
                tenure = lease.tenure();
                outages.forget();
                due.forget();
                leftovers.beginTenure();
            }
            outages.beginRound();
            CatalogView catalog = time.watch();
            if (!agreement.reach(catalog)) {
                stays = false;
                return Outcome.OTHER_POLICIES;
            }
            archiver.resume(catalog);
            truncations.record(catalog);
            Set<String> stuck = outages.failedTargets();
            snapshots.resume(catalog);
            oldSegments.seal(catalog);
            decideAndDo(act, stuck);
            listener.unavailable(archiver.unavailable());
            if (leftovers.sweep(catalog.stampMillis())) {
                snapshots.sweepAgain();
            }
            return Outcome.DONE;
        } catch (Lease.FencedException e) {
            LOG.warn("stopped in the middle of a round: reason={}", e.getMessage());
            return Outcome.STANDBY;
        } finally {
            if (!stays) {
                lease.release();
            }
        }
    }

    /** Does a plan as it stands, or nothing of it. */
    public Applied apply(PlanFile plan) throws IOException {
        if (!lease.acquire()) {
            return new Applied.Standby();
        }
        try {
            CatalogView catalog = time.watch();
            long nowMillis = catalog.stampMillis();
            StoreFacts facts = CollectorFacts.ask(policies, cluster, catalog.outagesAt(nowMillis), nowMillis);
            List<String> changes = plan.changes(policies, catalog, facts, nowMillis);
            if (!changes.isEmpty()) {
                return new Applied.Refused(changes);
            }
            Optional<String> objection = agreement.objection(catalog);
            if (objection.isPresent()) {
                return new Applied.Refused(List.of(objection.get()));
            }
            List<Decision> toDo = plan.toDo(catalog);
            store(toDo, catalog, Set.of(), false);
            CatalogView after = cluster.catalog();
            finishDeletions(stillDecided(toDo, after, facts), after, false);
            return new Applied.Done(toDo.size());
        } catch (Lease.FencedException e) {
            LOG.warn("stopped in the middle of a plan: reason={}", e.getMessage());
            return new Applied.Standby();
        } finally {
            lease.release();
        }
    }

    /** What was stored meanwhile may keep a segment from being deleted: a snapshot that refers to it does. */
    private List<Decision> stillDecided(List<Decision> toDo, CatalogView after, StoreFacts facts) {
        Set<String> now = Decider.decide(policies, after, facts, after.stampMillis()).stream()
                .filter(Decision.Deletion.class::isInstance)
                .map(RetentionRound::what)
                .collect(Collectors.toSet());
        return toDo.stream()
                .filter(decision -> !(decision instanceof Decision.Deletion) || now.contains(what(decision)))
                .toList();
    }

    private static String what(Decision deletion) {
        return deletion.verb() + " " + deletion.about();
    }

    private List<Decision> decide(CatalogView catalog, StoreFacts facts) {
        return Decider.decide(policies, catalog, facts, catalog.stampMillis());
    }

    /**
     * @param act whether what the policies decide is begun, too
     * @param stuck targets with announced uploads that could not be gone on with a moment ago
     */
    private void decideAndDo(boolean act, Set<String> stuck) throws IOException {
        CatalogView catalog = cluster.catalog();
        long beganMillis = catalog.stampMillis();
        StoreFacts facts = CollectorFacts.ask(policies, cluster, Map.of(), beganMillis);
        Set<String> used = act ? store(decide(catalog, facts), catalog, stuck, true) : Set.of();
        askThoseInDoubt(catalog);
        long endedMillis = beganMillis;
        if (outages.isAnyFailing()) {
            lease.renew(); // So that the stamp is of now, not of the round's beginning.
            endedMillis = cluster.catalog().stampMillis();
        }
        outages.endOfRound(used, endedMillis);
        Map<String, Long> out = outages.sinceMillis();
        report.renew(catalog, out);
        CatalogView after = cluster.catalog();
        alarm.tell(out, after.stampMillis());
        List<Decision> left = decide(after, facts.during(out));
        due.tell(out.isEmpty() ? left : decide(after, facts), after.stampMillis());
        finishDeletions(left, after, !act);
        if (act) {
            throttling.renew(after, out);
        }
    }

    /**
     * Asks each target that something failed of, or that was out, whether it answers. So what failed before the store was
     * reached (a segment that cannot be fetched, a full staging disk) is no outage; and where all that is due is marked to
     * be deleted, it is noticed that a target is back.
     */
    private void askThoseInDoubt(CatalogView catalog) {
        for (String target : outages.inDoubt()) {
            try {
                targets.probe(target, catalog);
                outages.answered(target);
            } catch (IOException e) {
                LOG.warn("target does not answer: target={} reason={}", target, e.getMessage());
                outages.failed(target);
            }
        }
    }

    /**
     * @param waitForCompany whether segments that are due may wait until they come to an object's worth
     * @return the targets that something was due for
     */
    private Set<String> store(List<Decision> decisions, CatalogView catalog, Set<String> stuck, boolean waitForCompany)
            throws IOException {
        List<Decision.Archive> archives = new ArrayList<>();
        List<Decision.Snapshot> due = new ArrayList<>();
        Set<String> used = new HashSet<>();
        for (Decision decision : decisions) {
            // Where what was announced could not be gone on with, nothing more is announced: what is announced can no
            // longer be decided about.
            if (decision instanceof Decision.Archive archive) {
                used.add(archive.target());
                if (!stuck.contains(archive.target())) {
                    archives.add(archive);
                }
            } else if (decision instanceof Decision.Snapshot snapshot) {
                used.add(snapshot.target());
                if (!stuck.contains(snapshot.target())) {
                    due.add(snapshot);
                }
            }
        }
        archiver.archive(waitForCompany ? archiver.ripe(archives) : archives, catalog);
        for (Decision.Snapshot snapshot : due) {
            snapshots.take(snapshot);
        }
        return used;
    }

    /** @param decidedBy fetched a moment ago: the clocks are compared with its stamp once more */
    private void finishDeletions(List<Decision> decisions, CatalogView decidedBy, boolean onlyMarked)
            throws IOException {
        CatalogView catalog = time.freezeIfTimeJumped(decidedBy);
        boolean mayDelete = time.mayDelete(catalog);
        deletions.spare(decisions);
        snapshotDeletions.spare(decisions);
        if (mayDelete && snapshotDeletions.carryOut(decisions, decidedBy.stampMillis(), onlyMarked)) {
            catalog = cluster.catalog();
            snapshots.finishDrops(catalog);
        }
        if (mayDelete && deletions.carryOut(decisions, decidedBy, onlyMarked)) {
            catalog = cluster.catalog();
            truncations.record(catalog);
        }
        expiredObjects.delete(catalog);
        locked.report(policies.targets().keySet());
    }

    /** Gives the lease back, so that another archiver need not wait for it to run out. */
    public void release() throws IOException {
        lease.release();
    }
}
