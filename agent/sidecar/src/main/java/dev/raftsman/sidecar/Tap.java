package dev.raftsman.sidecar;

import dev.raftsman.block.Block;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;

/**
 * Shows blocks to who wants to see them, as they are put on their way. The shipper's thread hands them over and never
 * waits: what a listener has no room for is counted, and the listener told. While nobody listens a block costs one look at
 * an empty list.
 */
final class Tap {
    static final int MAX_LISTENERS = 4;

    /** Of one listener: four of the largest blocks, or hundreds of usual ones. */
    static final long MAX_QUEUED_BYTES = 4L << 20;

    private final CopyOnWriteArrayList<Listener> listeners = new CopyOnWriteArrayList<>();
    private volatile boolean ended;

    /** A block on its way, and how many events the listener missed before it. */
    record Passing(String producer, UUID incarnation, String stream, Block block, long missedEvents) {}

    /** Who listens; one thread takes, the shipper's gives. */
    final class Listener implements AutoCloseable {
        private final Predicate<String> streams;
        private final ArrayDeque<Passing> queue = new ArrayDeque<>();
        private long queuedBytes;
        private long missedEvents;

        private Listener(Predicate<String> streams) {
            this.streams = streams;
        }

        private synchronized void offer(String producer, UUID incarnation, String stream, Block block) {
            if (!streams.test(stream)) {
                return;
            }
            if (!queue.isEmpty() && queuedBytes + block.length() > MAX_QUEUED_BYTES) {
                missedEvents += block.count();
                return;
            }
            queue.add(new Passing(producer, incarnation, stream, block, missedEvents));
            missedEvents = 0;
            queuedBytes += block.length();
            notifyAll();
        }

        /** @return null if nothing came in that time, or nothing will any more */
        synchronized Passing poll(long millis) throws InterruptedException {
            long deadlineNanos = System.nanoTime() + millis * 1_000_000;
            long leftMillis = millis;
            while (queue.isEmpty() && leftMillis > 0 && !ended) {
                wait(leftMillis);
                leftMillis = (deadlineNanos - System.nanoTime()) / 1_000_000;
            }
            Passing passing = queue.poll();
            if (passing != null) {
                queuedBytes -= passing.block.length();
            }
            return passing;
        }

        /** What was missed since the last block that was taken, if none came after it; the count begins anew. */
        synchronized long takeMissed() {
            long missed = queue.isEmpty() ? missedEvents : 0;
            missedEvents -= missed;
            return missed;
        }

        /** Nothing is left to take, and nothing will come. */
        synchronized boolean isAtEnd() {
            return ended && queue.isEmpty();
        }

        private synchronized void wake() {
            notifyAll();
        }

        @Override
        public void close() {
            synchronized (Tap.this) {
                listeners.remove(this);
                Tap.this.notifyAll();
            }
        }
    }

    /**
     * Any thread.
     *
     * @param streams which ones to show
     * @return null if there are as many listeners as there may be
     */
    synchronized Listener listen(Predicate<String> streams) {
        if (listeners.size() >= MAX_LISTENERS) {
            return null;
        }
        Listener listener = new Listener(streams);
        listeners.add(listener);
        return listener;
    }

    /** Nothing more will come: waits until the listeners have taken what is there and left. */
    synchronized void end(long mostMillis) throws InterruptedException {
        ended = true;
        listeners.forEach(Listener::wake);
        long deadlineNanos = System.nanoTime() + mostMillis * 1_000_000;
        long leftMillis = mostMillis;
        while (!listeners.isEmpty() && leftMillis > 0) {
            wait(leftMillis);
            leftMillis = (deadlineNanos - System.nanoTime()) / 1_000_000;
        }
    }

    int listeners() {
        return listeners.size();
    }

    /** The shipper's thread. */
    void offered(String producer, UUID incarnation, String stream, Block block) {
        if (listeners.isEmpty()) {
            return;
        }
        // The block's memory is used again when it is acknowledged; a listener may be slower than that.
        ByteBuffer copy =
                ByteBuffer.allocate(block.length()).put(block.encoded()).flip();
        Block kept = Block.wrapVerified(copy);
        for (Listener listener : listeners) {
            listener.offer(producer, incarnation, stream, kept);
        }
    }
}
