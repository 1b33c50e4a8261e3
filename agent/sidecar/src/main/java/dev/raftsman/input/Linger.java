package dev.raftsman.input;

import java.time.Duration;

/**
 * How long bytes wait for more of them before they become a block. A block that is not full costs about as much as a full
 * one on its way through the cluster, so few of them are made in a second, whatever the number of sources: while there is
 * little to do an event goes at once, under load it waits until the block is full or the most has passed. One thread.
 */
public final class Linger {
    private static final long LEAST_NANOS = 10_000_000L;
    private static final int BLOCKS_PER_SECOND = 50;
    private static final int BURST = 10;
    private static final double NANOS_PER_SECOND = 1e9;

    private double allowed = BURST;
    private long sinceNanos;

    public Linger(long nowNanos) {
        sinceNanos = nowNanos;
    }

    /** @param most what an event waits at the longest */
    public boolean isOver(long waitedNanos, Duration most, long nowNanos) {
        long mostNanos = most.toNanos();
        return waitedNanos >= mostNanos || waitedNanos >= Math.min(LEAST_NANOS, mostNanos) && allowed(nowNanos) >= 1;
    }

    /** When to look again at bytes that wait. */
    public long nextLookNanos(long waitedNanos, Duration most, long nowNanos) {
        long restNanos = most.toNanos() - waitedNanos;
        long soonNanos = allowed(nowNanos) >= 1 ? LEAST_NANOS : LEAST_NANOS * 5;
        return nowNanos + Math.max(LEAST_NANOS / 10, Math.min(restNanos, soonNanos));
    }

    /** A block was made. */
    public void spent(long nowNanos) {
        allowed = Math.max(-BURST, allowed(nowNanos) - 1);
        sinceNanos = nowNanos;
    }

    private double allowed(long nowNanos) {
        return Math.min(BURST, allowed + (nowNanos - sinceNanos) / NANOS_PER_SECOND * BLOCKS_PER_SECOND);
    }
}
