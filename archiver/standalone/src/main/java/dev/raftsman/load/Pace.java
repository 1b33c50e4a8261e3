package dev.raftsman.load;

import java.util.concurrent.locks.LockSupport;

/**
 * When events come into being: one each interval, however late whoever sends them is, or as fast as they are taken.
 *
 * @param startNanos of {@link System#nanoTime}: when event 0 is made
 * @param intervalNanos 0 for as fast as they are taken
 */
public record Pace(long startNanos, double intervalNanos) {
    /** @param eventsPerSecond 0 for as fast as they are taken */
    static Pace of(double eventsPerSecond, long startNanos) {
        return new Pace(startNanos, eventsPerSecond == 0 ? 0 : 1e9 / eventsPerSecond);
    }

    public boolean isFree() {
        return intervalNanos == 0;
    }

    public long madeNanos(long event) {
        return startNanos + (long) (event * intervalNanos);
    }

    /** How many events, from number {@code next} on, are made by then. */
    public int made(long next, long nowNanos) {
        long all = (long) ((nowNanos - startNanos) / intervalNanos) + 1;
        return (int) Math.max(0, Math.min(1 << 20, all - next));
    }

    public static void sleepUntil(long nanos) {
        long left;
        while ((left = nanos - System.nanoTime()) > 0) {
            LockSupport.parkNanos(left);
        }
    }
}
