package dev.raftsman.block;

import dev.raftsman.event.LossReason;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Sequences that were claimed and hold nothing: declared, and stored like events. */
public final class GapBlock {
    private GapBlock() {}

    /**
     * @param count how many sequences are missing, at least 1
     * @param timeNanos when the gap was found, since 1970
     * @return one encoded block in a buffer of the caller's own
     */
    public static ByteBuffer encode(long firstSequence, int count, LossReason reason, long timeNanos) {
        if (reason == LossReason.NONE || count < 1 || firstSequence < 0) {
            throw new IllegalArgumentException("gap of " + count + " from " + firstSequence + ", reason " + reason);
        }
        ByteBuffer block = ByteBuffer.allocate(Block.HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        return BlockHeader.begin(block, BlockKind.GAP, 0, 0)
                .sequences(firstSequence, count)
                .gap(reason)
                .times(timeNanos, timeNanos)
                .levels(0)
                .seal(Block.HEADER_BYTES);
    }
}
