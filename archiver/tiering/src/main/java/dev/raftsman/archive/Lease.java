package dev.raftsman.archive;

import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.RefusalReason;
import dev.raftsman.cluster.Cluster;
import java.io.IOException;
import java.time.Duration;

/** The right to act, held in Raft for a while and renewed on the way. One thread. */
public final class Lease {
    private final Cluster cluster;
    private final String owner;
    private final Duration duration;
    private long renewedNanos;
    private boolean held;

    /** @param owner the same after a restart, so that it need not wait for its own lease to run out */
    public Lease(Cluster cluster, String owner, Duration duration) {
        this.cluster = cluster;
        this.owner = owner;
        this.duration = duration;
    }

    /** Another archiver acts now, or acted since: nothing more may be done until the lease is held again. */
    public static final class FencedException extends IOException {
        private static final long serialVersionUID = 1L;

        FencedException(String message) {
            super(message);
        }
    }

    public String owner() {
        return owner;
    }

    /** @return whether the lease is this owner's now; false while another holds it */
    public boolean acquire() throws IOException {
        held = false;
        CommandResult result = cluster.execute(new Command.AcquireLease(owner, duration.toMillis()));
        if (result instanceof CommandResult.Refused refused) {
            if (refused.reason() == RefusalReason.LEASE_HELD) {
                return false;
            }
            throw new IOException("lease refused: " + refused.reason() + " " + refused.detail());
        }
        held = true;
        renewedNanos = System.nanoTime();
        return true;
    }

    /** Renews it if a third of its time has gone. */
    public void keep() throws IOException {
        boolean due = System.nanoTime() - renewedNanos > duration.toNanos() / 3;
        if (!held || due && !acquire()) {
            throw new FencedException("another archiver holds the lease");
        }
    }

    /** Executes a command of tiers. */
    public CommandResult execute(Command command) throws IOException {
        keep();
        CommandResult result = cluster.execute(command);
        if (result instanceof CommandResult.Refused refused && refused.reason() == RefusalReason.NOT_LEASE_HOLDER) {
            held = false;
            throw new FencedException("the lease ran out: " + refused.detail());
        }
        return result;
    }

    /** Gives it back, so that another need not wait. */
    public void release() throws IOException {
        if (held) {
            held = false;
            cluster.execute(new Command.AcquireLease(owner, 0));
        }
    }
}
