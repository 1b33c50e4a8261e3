package dev.raftsman.archive;

import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.LeaseView;
import dev.raftsman.catalog.RefusalReason;
import dev.raftsman.cluster.Cluster;
import java.io.IOException;
import java.time.Duration;
import java.util.function.LongSupplier;

/** The right to act, held in Raft for a while and renewed on the way. One thread. */
public final class Lease {
    private final Cluster cluster;
    private final String owner;
    private final Duration duration;
    private final LongSupplier nanoTime;
    private long renewedNanos;
    private boolean held;

    /** Another was seen to hold it since it was last held here. */
    private boolean taken;

    private long tenure;

    /** @param owner the same after a restart, so that it need not wait for its own lease to run out */
    public Lease(Cluster cluster, String owner, Duration duration) {
        this(cluster, owner, duration, System::nanoTime);
    }

    /** @param nanoTime a clock that is never set, as {@link System#nanoTime}: when to renew */
    public Lease(Cluster cluster, String owner, Duration duration, LongSupplier nanoTime) {
        this.cluster = cluster;
        this.owner = owner;
        this.duration = duration;
        this.nanoTime = nanoTime;
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

    /**
     * How often this owner has taken the lease anew: whenever another has held it since, or may have. What was observed
     * before that is out of date.
     */
    public long tenure() {
        return tenure;
    }

    /** @return whether the lease is this owner's now; false while another holds it */
    public boolean acquire() throws IOException {
        long askedNanos = nanoTime.getAsLong();
        boolean ranOut = tenure > 0 && askedNanos - renewedNanos >= duration.toNanos();
        held = false;
        if (ranOut && !wasLastOurs()) {
            taken = true;
        }
        CommandResult result;
        try {
            result = cluster.execute(new Command.AcquireLease(owner, duration.toMillis()));
        } finally {
            // Another can have come between the look and the entry only if that took as long as a lease.
            taken |= ranOut && nanoTime.getAsLong() - askedNanos >= duration.toNanos();
        }
        if (result instanceof CommandResult.Refused refused) {
            if (refused.reason() == RefusalReason.LEASE_HELD) {
                taken = true;
                return false;
            }
            throw new IOException("lease refused: " + refused.reason() + " " + refused.detail());
        }
        if (taken || tenure == 0) {
            tenure++;
        }
        taken = false;
        held = true;
        renewedNanos = askedNanos;
        return true;
    }

    /** Whoever held it last is still named when it has run out. */
    private boolean wasLastOurs() throws IOException {
        LeaseView last = cluster.catalog().lease();
        return last != null && last.owner().equals(owner);
    }

    /**
     * Renews it if a third of its time has gone.
     *
     * @throws FencedException also if it ran out and another has held it since: what was decided before may not hold
     */
    public void keep() throws IOException {
        if (!held || nanoTime.getAsLong() - renewedNanos > duration.toNanos() / 3) {
            renew();
        }
    }

    /** The same now: the cluster's time is that of this entry. */
    public void renew() throws IOException {
        long before = tenure;
        if (!held || !acquire()) {
            throw new FencedException("another archiver holds the lease");
        }
        if (tenure != before) {
            throw new FencedException("another archiver has held the lease since");
        }
    }

    /** Executes a command of tiers. */
    public CommandResult execute(Command command) throws IOException {
        keep();
        CommandResult result = cluster.execute(command);
        if (result instanceof CommandResult.Refused refused && refused.reason() == RefusalReason.NOT_LEASE_HOLDER) {
            held = false;
            taken = true;
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
