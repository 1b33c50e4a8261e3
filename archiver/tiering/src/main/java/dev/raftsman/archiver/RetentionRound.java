package dev.raftsman.archiver;

import dev.raftsman.archive.ArchiveListener;
import dev.raftsman.archive.ColdTargets;
import dev.raftsman.archive.Lease;
import dev.raftsman.archive.SegmentArchiver;
import dev.raftsman.archive.VerifiedCopy;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.StreamView;
import dev.raftsman.cluster.Cluster;
import dev.raftsman.policy.Decider;
import dev.raftsman.policy.Decision;
import dev.raftsman.policy.Policy;
import dev.raftsman.policy.RetentionPolicies;
import dev.raftsman.snapshot.SnapshotTaker;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One round of the archiver's work: take the lease, go on with what was begun, decide, do. Time is the cluster's: the stamp
 * of the lease's own entry, a moment ago. One thread.
 */
public final class RetentionRound {
    /** Longer than a fetch and an upload may take between two looks at the lease, short enough to be taken over from. */
    static final Duration LEASE = Duration.ofSeconds(60);

    /** The cluster's stamps never go back: one leader's clock an hour ahead makes every segment an hour older. */
    private static final Duration MAX_CLOCK_DIFFERENCE = Duration.ofHours(1);

    private static final Logger LOG = LoggerFactory.getLogger(RetentionRound.class);

    private final RetentionPolicies policies;
    private final Cluster cluster;
    private final Lease lease;
    private final SegmentArchiver archiver;
    private final SnapshotTaker snapshots;
    private final Clock clock;

    private RetentionRound(
            RetentionPolicies policies,
            Cluster cluster,
            Lease lease,
            SegmentArchiver archiver,
            SnapshotTaker snapshots,
            Clock clock) {
        this.policies = policies;
        this.cluster = cluster;
        this.lease = lease;
        this.archiver = archiver;
        this.snapshots = snapshots;
        this.clock = clock;
    }

    /**
     * @param owner the archiver's lasting name
     * @param staging for one segment at a time
     * @param clock this machine's, compared with the cluster's before anything is truncated
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
        Lease lease = new Lease(cluster, owner, LEASE);
        VerifiedCopy copy = VerifiedCopy.open(cluster, staging);
        return new RetentionRound(
                policies,
                cluster,
                lease,
                new SegmentArchiver(policies, lease, targets, copy, listener),
                new SnapshotTaker(policies, cluster, lease, targets, copy, listener),
                clock);
    }

    /** What a round came to. */
    public enum Outcome {
        /** Everything decided was tried; what failed was reported and waits for the next round. */
        DONE,
        /** Another archiver acts. */
        STANDBY
    }

    /** @throws IOException if the cluster cannot be asked */
    public Outcome run() throws IOException {
        if (!lease.acquire()) {
            return Outcome.STANDBY;
        }
        try {
            CatalogView catalog = cluster.catalog();
            archiver.resume(catalog);
            snapshots.resume(catalog);
            sealOld(catalog);
            decideAndDo(cluster.catalog());
            return Outcome.DONE;
        } catch (Lease.FencedException e) {
            LOG.warn("stopped in the middle of a round: reason={}", e.getMessage());
            return Outcome.STANDBY;
        }
    }

    private void sealOld(CatalogView catalog) throws IOException {
        for (StreamView stream : catalog.streams()) {
            Optional<Duration> sealAfter =
                    policies.policyFor(stream.tenant(), stream.stream()).flatMap(Policy::sealAfter);
            if (sealAfter.isEmpty()) {
                continue;
            }
            long olderThanMillis = sealAfter.get().toMillis();
            boolean due = catalog.segmentsOf(stream.number()).stream()
                    .anyMatch(segment -> segment.state() == SegmentState.OPEN
                            && segment.blocks() > 0
                            && catalog.stampMillis() - segment.openedAtMillis() >= olderThanMillis);
            if (due) {
                lease.execute(new Command.Seal(stream.tenant(), stream.stream(), olderThanMillis));
            }
        }
    }

    private void decideAndDo(CatalogView catalog) throws IOException {
        List<Decision.Truncate> truncations = new ArrayList<>();
        List<Decision.Archive> archives = new ArrayList<>();
        List<Decision.Snapshot> due = new ArrayList<>();
        for (Decision decision : Decider.decide(policies, catalog, catalog.stampMillis())) {
            if (decision instanceof Decision.Truncate truncate) {
                truncations.add(truncate);
            } else if (decision instanceof Decision.Archive archive) {
                archives.add(archive);
            } else if (decision instanceof Decision.Snapshot snapshot) {
                due.add(snapshot);
            }
        }
        archiver.archive(archives, catalog);
        for (Decision.Snapshot snapshot : due) {
            snapshots.take(snapshot);
        }
        if (!truncations.isEmpty() && clocksAgree(catalog)) {
            archiver.truncate(truncations);
            archiver.recordTruncations(cluster.catalog());
        }
    }

    private boolean clocksAgree(CatalogView catalog) {
        Duration difference = Duration.ofMillis(Math.abs(clock.millis() - catalog.stampMillis()));
        if (difference.compareTo(MAX_CLOCK_DIFFERENCE) <= 0) {
            return true;
        }
        LOG.error("nothing is truncated: the cluster's time and this machine's differ by {}, reason=clock", difference);
        return false;
    }

    /** Gives the lease back, so that another archiver need not wait for it to run out. */
    public void release() throws IOException {
        lease.release();
    }
}
