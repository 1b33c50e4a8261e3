package dev.raftsman.query;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Tells those who follow streams that an entry was applied. Costs the applying thread one volatile read an entry while
 * nobody does.
 *
 * <p>No entry is missed: a follower listens first, notes {@link #count}, looks at the state and only then waits. If the
 * applying thread saw no listener, then the state was changed before that look; if it saw one, the count has moved on.
 */
public final class AppliedSignal {
    private final AtomicInteger listeners = new AtomicInteger();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition applied = lock.newCondition();
    private volatile long count;

    /** The state has what an entry brought. The applying thread. */
    public void applied() {
        if (listeners.get() > 0) {
            wake();
        }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // written under the lock alone
    void wake() {
        lock.lock();
        try {
            count++;
            applied.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void listen() {
        listeners.incrementAndGet();
    }

    void listenNoMore() {
        listeners.decrementAndGet();
    }

    /** How often it was told while somebody listened. */
    long count() {
        return count;
    }

    /** Waits until the count is another, or so long. Only of one who listens. */
    void await(long seen, long nanos) throws InterruptedException {
        lock.lock();
        try {
            long left = nanos;
            while (count == seen && left > 0) {
                left = applied.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }
}
