package dev.raftsman.shipper;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Iterator;

/**
 * The memory of blocks on their way. Direct, so that the network takes them as they are, and used again: megabytes a second on
 * the heap would make it many times as large as what is in flight. Shipper's thread only.
 *
 * <p>A buffer is given back when its block is acknowledged, and never otherwise: then the network is done with it for certain,
 * since the collector has all of it. What was given up on the way is left to the garbage collector.
 */
final class BlockBuffers {
    private static final int STEP_BYTES = 64 << 10;

    /** What lies here unused at most; more than that comes back only after the largest of loads. */
    private static final long FREE_MOST_BYTES = 16 << 20;

    private final ArrayDeque<ByteBuffer> free = new ArrayDeque<>();
    private long freeBytes;

    /** A copy in memory of its own, ready to be read; the original's position does not move. */
    ByteBuffer copyOf(ByteBuffer block) {
        return take(block.remaining()).put(block.duplicate()).flip();
    }

    private ByteBuffer take(int bytes) {
        if (bytes < STEP_BYTES / 2) {
            return ByteBuffer.allocate(bytes); // thousands of small ones may be on their way
        }
        for (Iterator<ByteBuffer> each = free.iterator(); each.hasNext(); ) {
            ByteBuffer buffer = each.next();
            if (buffer.capacity() >= bytes) {
                each.remove();
                freeBytes -= buffer.capacity();
                return buffer.clear();
            }
        }
        return ByteBuffer.allocateDirect((bytes + STEP_BYTES - 1) / STEP_BYTES * STEP_BYTES);
    }

    /** The block was acknowledged; nobody may read it any more. */
    void give(ByteBuffer block) {
        if (block.isDirect() && freeBytes + block.capacity() <= FREE_MOST_BYTES) {
            free.addFirst(block);
            freeBytes += block.capacity();
        }
    }

    /** A load is over: what it needed goes back to the system once the garbage is collected. */
    void release() {
        free.clear();
        freeBytes = 0;
    }
}
