package dev.raftsman.input;

import com.lmax.disruptor.InsufficientCapacityException;
import com.lmax.disruptor.RingBuffer;
import com.lmax.disruptor.Sequence;
import com.lmax.disruptor.YieldingWaitStrategy;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.LockSupport;

/**
 * The way from a thread that receives bytes to the one that makes blocks: a ring whose slots carry batches of lines, not
 * lines, so that what a line costs does not depend on it. One thread puts in, one takes out; slots and their memory are
 * made once. What was put in is seen by the taker once {@link #put} has returned.
 */
final class LineBatches {
    private static final long FULL_PARK_NANOS = 1_000_000L;

    private final RingBuffer<ByteBuffer> ring;
    private final Sequence taken = new Sequence();

    /** Fills a batch from its position on; called on the thread that puts in. */
    @FunctionalInterface
    interface Filler {
        /** @return false if there is nothing and never will be */
        boolean fill(ByteBuffer batch) throws IOException;
    }

    /** Takes bytes, perhaps with the parts of lines at both ends. */
    @FunctionalInterface
    interface Taker {
        /** Moves the position behind what it took; what is left is offered again. */
        void take(ByteBuffer batch);
    }

    /** @param slots a power of two */
    LineBatches(int slots, int slotBytes) {
        // Nobody waits on the ring itself: the taker looks, and is woken by whoever puts in.
        ring = RingBuffer.createSingleProducer(
                () -> ByteBuffer.allocateDirect(slotBytes), slots, new YieldingWaitStrategy());
        ring.addGatingSequences(taken);
    }

    /**
     * Puts one batch in; waits while the ring is full.
     *
     * @return what the filler returned
     * @throws IOException the filler's; what it filled until then is put in
     */
    boolean put(Filler filler) throws IOException {
        long sequence = claim();
        ByteBuffer batch = ring.get(sequence).clear();
        try {
            return filler.fill(batch);
        } finally {
            batch.flip();
            ring.publish(sequence);
        }
    }

    private long claim() {
        while (true) {
            try {
                return ring.tryNext();
            } catch (InsufficientCapacityException full) {
                LockSupport.parkNanos(this, FULL_PARK_NANOS);
            }
        }
    }

    /** Offers the oldest batch. @return whether it was taken whole */
    boolean take(Taker taker) {
        long next = taken.get() + 1;
        if (next > ring.getCursor()) {
            return false;
        }
        ByteBuffer batch = ring.get(next);
        taker.take(batch);
        if (batch.hasRemaining()) {
            return false;
        }
        taken.set(next);
        return true;
    }

    boolean isEmpty() {
        return taken.get() == ring.getCursor();
    }
}
