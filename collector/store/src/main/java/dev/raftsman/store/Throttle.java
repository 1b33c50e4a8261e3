package dev.raftsman.store;

import java.util.concurrent.TimeUnit;

/** Keeps work to so many bytes a second, by sleeping after it. One thread. */
final class Throttle {
    /** What was not used within this long is not made up for. */
    private static final long MEMORY_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final long bytesPerSecond;
    private long freeAtNanos = System.nanoTime();

    /** @param bytesPerSecond 0 for no limit */
    Throttle(long bytesPerSecond) {
        this.bytesPerSecond = bytesPerSecond;
    }

    /**
     * Counts work done.
     *
     * @throws InterruptedException also if it has nothing to wait for, so that work ends where it is told to
     */
    void passed(long bytes) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        if (bytesPerSecond == 0) {
            return;
        }
        long now = System.nanoTime();
        freeAtNanos = Math.max(freeAtNanos, now - MEMORY_NANOS)
                + (long) ((double) bytes * TimeUnit.SECONDS.toNanos(1) / bytesPerSecond);
        if (freeAtNanos > now) {
            TimeUnit.NANOSECONDS.sleep(freeAtNanos - now);
        }
    }
}
