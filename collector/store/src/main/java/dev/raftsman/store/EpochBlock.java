package dev.raftsman.store;

import dev.raftsman.block.Block;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * One block on its way into the log.
 *
 * @param block exactly one encoded block from position to limit; never moved
 */
public record EpochBlock(long epoch, ByteBuffer block) {
    /** Bytes in an entry besides the block's own. */
    static final int HEAD_BYTES = Long.BYTES + Integer.BYTES;

    public EpochBlock {
        Objects.requireNonNull(block, "block");
        if (block.remaining() < Block.HEADER_BYTES || block.remaining() > Block.MAX_BYTES) {
            throw new IllegalArgumentException("block of " + block.remaining() + " bytes");
        }
    }

    /** Bytes that it takes in an entry. */
    public int encodedBytes() {
        return HEAD_BYTES + block.remaining();
    }
}
