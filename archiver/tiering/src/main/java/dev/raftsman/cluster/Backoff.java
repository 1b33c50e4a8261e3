package dev.raftsman.cluster;

import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How long to try, and how long to wait between tries: doubling from the first to the greatest, each with up to half of it
 * taken off at random so that clients do not come back in step.
 *
 * @param limit after which the last failure is reported
 */
public record Backoff(Duration first, Duration greatest, Duration limit) {
    public static final Backoff DEFAULT =
            new Backoff(Duration.ofMillis(50), Duration.ofSeconds(2), Duration.ofSeconds(30));

    private static final int MAX_DOUBLINGS = 20;

    /** Waits before try {@code number}, from 1 on. */
    void pause(int number) throws InterruptedIOException {
        long most = Math.min(greatest.toNanos(), first.toNanos() << Math.min(number - 1, MAX_DOUBLINGS));
        long nanos = most - ThreadLocalRandom.current().nextLong(most / 2 + 1);
        try {
            Thread.sleep(Duration.ofNanos(nanos).toMillis() + 1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted between tries");
        }
    }
}
