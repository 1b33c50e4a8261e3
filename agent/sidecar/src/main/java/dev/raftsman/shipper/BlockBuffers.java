package dev.raftsman.shipper;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The memory of blocks on their way. Direct, so that the network takes them as they are, and used again: megabytes a second on
 * the heap would make it many times as large as what is in flight. Shipper's thread only.
 *
 * <p>A buffer is given back when its block is acknowledged, and never otherwise: then the network is done with it for certain,
 * since the collector has all of it. What was given up on the way is left to the garbage collector.
 *
 * <p>What is in use and what lies here unused share one budget; whoever calls says what is left of it.
 */
final class BlockBuffers {
    private static final int STEP_BYTES = 32 << 10;

    /** What nobody holds any more stays in memory until the old generation is collected, which an agent may never need. */
    private static final long DROPPED_MOST_BYTES = 8 << 20;

    /** The oldest first. */
    private final List<ByteBuffer> free = new ArrayList<>();

    private long freeBytes;
    private long droppedBytes;

    /**
     * A copy in memory of its own, ready to be read; the original's position does not move.
     *
     * @param leftBytes what the copy and unused buffers may take together; the copy is made in any case
     */
    ByteBuffer copyOf(ByteBuffer block, long leftBytes) {
        return take(block.remaining(), leftBytes).put(block.duplicate()).flip();
    }

    private ByteBuffer take(int bytes, long leftBytes) {
        if (bytes < STEP_BYTES) {
            dropDownTo(leftBytes - bytes);
            return ByteBuffer.allocate(bytes); // thousands of small ones may be on their way
        }
        int fitting = fitting(bytes);
        if (fitting >= 0) {
            ByteBuffer buffer = free.remove(fitting);
            freeBytes -= buffer.capacity();
            return buffer.clear();
        }
        int capacity = (bytes + STEP_BYTES - 1) / STEP_BYTES * STEP_BYTES;
        dropDownTo(leftBytes - capacity);
        return ByteBuffer.allocateDirect(capacity);
    }

    /** The smallest that does; a small block in a large buffer would take the budget of many. */
    private int fitting(int bytes) {
        int found = -1;
        long best = Math.max(STEP_BYTES, 2L * bytes) + 1;
        for (int i = 0; i < free.size(); i++) {
            int capacity = free.get(i).capacity();
            if (capacity >= bytes && capacity < best) {
                found = i;
                best = capacity;
            }
        }
        return found;
    }

    /**
     * The block was acknowledged; nobody may read it any more.
     *
     * @param leftBytes what unused buffers may take
     */
    void give(ByteBuffer block, long leftBytes) {
        if (block.isDirect()) {
            free.add(block);
            freeBytes += block.capacity();
            dropDownTo(leftBytes);
        }
    }

    @SuppressWarnings("SystemGc") // Nothing else would in time: see DROPPED_MOST_BYTES.
    private void dropDownTo(long leftBytes) {
        while (freeBytes > leftBytes && !free.isEmpty()) {
            int bytes = free.remove(0).capacity();
            freeBytes -= bytes;
            droppedBytes += bytes;
        }
        if (droppedBytes > DROPPED_MOST_BYTES) {
            droppedBytes = 0;
            System.gc();
        }
    }

    /** Bytes that lie here unused. */
    long freeBytes() {
        return freeBytes;
    }

    /** A load is over: what it needed goes back to the system once the garbage is collected. */
    void release() {
        free.clear();
        freeBytes = 0;
        droppedBytes = 0;
    }
}
