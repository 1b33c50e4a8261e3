package dev.raftsman.console;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * The bounds of reading segments for people: so many at a time, so long each. Nobody waits for a place, and half of the
 * threads that answer requests stay free. Any thread.
 */
final class SegmentReads {
    static final int AT_A_TIME = 2;
    static final long MOST_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final Semaphore places = new Semaphore(AT_A_TIME);

    /** One read; closing it frees its place. */
    final class Read implements AutoCloseable {
        private final long endNanos = System.nanoTime() + MOST_NANOS;

        boolean timeIsUp() {
            return System.nanoTime() - endNanos >= 0;
        }

        @Override
        public void close() {
            places.release();
        }
    }

    /** Null if as many are under way already. */
    Read begin() {
        return places.tryAcquire() ? new Read() : null;
    }
}
