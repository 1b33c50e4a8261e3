package dev.raftsman.archiver;

import dev.raftsman.archive.ArchiveListener;
import dev.raftsman.archive.Lease;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.policy.Decision;
import java.io.IOException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * As {@link Deletions}, for snapshots: marks those that are to go, takes marks away, and gives up what is due. What is given
 * up is finished by the {@link dev.raftsman.snapshot.SnapshotTaker}. One thread.
 */
final class SnapshotDeletions {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotDeletions.class);

    private final String policyHash;
    private final Lease lease;
    private final ArchiveListener listener;

    SnapshotDeletions(String policyHash, Lease lease, ArchiveListener listener) {
        this.policyHash = policyHash;
        this.lease = lease;
        this.listener = listener;
    }

    /** Takes marks away: of what the policies keep now, and of what was marked under others. */
    void spare(List<Decision> decisions) throws IOException {
        for (Decision decision : decisions) {
            if (decision instanceof Decision.SpareSnapshot spare) {
                unmark(spare, "policy " + spare.policy() + ": " + spare.reason());
            } else if (decision instanceof Decision.DropSnapshot drop && drop.isOfOthers(policyHash)) {
                unmark(drop, "policy " + drop.policy() + ": it was marked under others");
            }
        }
    }

    private void unmark(Decision.OfSnapshot decision, String why) throws IOException {
        CommandResult result = lease.execute(
                new Command.UnmarkSnapshot(lease.owner(), decision.snapshot().id(), why, false));
        if (result.ok()) {
            LOG.info("mark taken away: {}", decision);
        } else {
            refused("spare", result);
        }
    }

    /**
     * Does what is due; what {@link #spare} took the mark of is marked anew the next time.
     *
     * @param nowMillis the stamp of the catalog that it was decided by
     * @param onlyMarked leave alone what nobody has marked
     * @return whether anything was given up
     */
    boolean carryOut(List<Decision> decisions, long nowMillis, boolean onlyMarked) throws IOException {
        boolean gaveUp = false;
        for (Decision decision : decisions) {
            if (decision instanceof Decision.DropSnapshot drop
                    && !drop.isOfOthers(policyHash)
                    && !(onlyMarked && drop.mark() == null)) {
                Decision.Step step = drop.step(nowMillis);
                if (step == Decision.Step.MARK) {
                    mark(drop);
                } else if (step == Decision.Step.DELETE) {
                    gaveUp |= giveUp(drop, nowMillis);
                }
            }
        }
        return gaveUp;
    }

    private void mark(Decision.DropSnapshot drop) throws IOException {
        CommandResult result = lease.execute(new Command.MarkSnapshot(
                lease.owner(),
                drop.snapshot().id(),
                drop.policy(),
                drop.reason().toString(),
                policyHash,
                drop.graceMillis()));
        if (result.ok()) {
            LOG.info("marked, to be dropped after its time of grace: {}", drop);
            listener.marked(drop);
        } else {
            refused("mark", result);
        }
    }

    private boolean giveUp(Decision.DropSnapshot drop, long nowMillis) throws IOException {
        CommandResult result = lease.execute(new Command.GiveUpSnapshot(
                lease.owner(),
                drop.snapshot().id(),
                drop.policy(),
                drop.reason().toString(),
                policyHash,
                drop.mark() != null,
                nowMillis));
        if (result.ok()) {
            LOG.info("{}", drop);
            listener.done(drop);
        } else {
            refused("drop", result);
        }
        return result.ok();
    }

    private void refused(String step, CommandResult result) {
        LOG.warn("{} refused: {}", step, result);
        listener.failed(step);
    }
}
