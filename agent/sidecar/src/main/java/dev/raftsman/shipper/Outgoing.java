package dev.raftsman.shipper;

import java.nio.ByteBuffer;

/** One finished block on its way, kept until it is acknowledged. */
final class Outgoing {
    final ByteBuffer block;
    final long first;
    final long end;
    final int bytes;

    /** What it takes in memory. */
    final int memoryBytes;

    boolean sent;

    /** When it was first sent, on whatever connection; 0 = never. */
    long firstSentNanos;

    /** @param end the block's last sequence */
    Outgoing(ByteBuffer block, long first, long end) {
        this.block = block;
        this.first = first;
        this.end = end;
        this.bytes = block.remaining();
        this.memoryBytes = block.capacity();
    }
}
