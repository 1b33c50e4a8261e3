package dev.raftsman.block;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import dev.raftsman.disk.Checksum;
import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Puts the header and the checksum around columns: the last step of every builder. Every field is written on the way,
 * so that a buffer may be used again: {@link #begin}, {@link #sequences}, {@link #loss} or {@link #gap}, {@link #times},
 * {@link #levels}, then {@link #seal}.
 */
final class BlockHeader {
    private final ByteBuffer block;

    private BlockHeader(ByteBuffer block) {
        this.block = block;
    }

    /** The compressor of all builders: fast, without zstd's own checksum since the block has one. */
    static ZstdCompressCtx compressor() {
        return new ZstdCompressCtx().setLevel(1).setChecksum(false).setContentSize(true);
    }

    /** A buffer that takes a block of so many bytes of columns, however badly they compress. */
    static ByteBuffer roomFor(int inflated) {
        int bytes = Block.HEADER_BYTES + (int) Zstd.compressBound(inflated);
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Compresses columns into their place, or copies them where that is shorter.
     *
     * @param block made by {@link #roomFor} for at least these columns
     * @param columns direct, from position to limit
     * @return bytes of the block
     */
    static int pack(ZstdCompressCtx zstd, ByteBuffer columns, ByteBuffer block) {
        int inflated = columns.remaining();
        int room = block.capacity() - Block.HEADER_BYTES;
        int packed =
                zstd.compressDirectByteBuffer(block, Block.HEADER_BYTES, room, columns, columns.position(), inflated);
        block.put(Block.CODEC_OFFSET, (byte) Block.ZSTD);
        if (packed >= inflated) {
            block.put(Block.HEADER_BYTES, columns, columns.position(), inflated);
            block.put(Block.CODEC_OFFSET, (byte) Block.PLAIN);
            packed = inflated;
        }
        block.putInt(Block.INFLATED_BYTES_OFFSET, inflated);
        return Block.HEADER_BYTES + packed;
    }

    static BlockHeader begin(ByteBuffer block, BlockKind kind, int flags, int rawBytes) {
        block.putInt(0, Block.MAGIC);
        block.put(Block.VERSION_OFFSET, (byte) Block.VERSION);
        block.put(Block.KIND_OFFSET, kind.code());
        block.put(Block.FLAGS_OFFSET, (byte) flags);
        block.putInt(Block.RAW_BYTES_OFFSET, rawBytes);
        return new BlockHeader(block);
    }

    BlockHeader sequences(long first, int count) {
        block.putLong(Block.FIRST_SEQUENCE_OFFSET, first);
        block.putInt(Block.COUNT_OFFSET, count);
        return this;
    }

    BlockHeader loss(Loss loss) {
        block.put(Block.REASON_OFFSET, loss.reason().code());
        block.putLong(Block.LOST_COUNT_OFFSET, loss.count());
        return this;
    }

    BlockHeader gap(LossReason reason) {
        block.put(Block.REASON_OFFSET, reason.code());
        block.putLong(Block.LOST_COUNT_OFFSET, 0);
        return this;
    }

    BlockHeader times(long minNanos, long maxNanos) {
        block.putLong(Block.MIN_TIME_OFFSET, minNanos);
        block.putLong(Block.MAX_TIME_OFFSET, maxNanos);
        return this;
    }

    BlockHeader levels(int bitmap) {
        block.put(Block.LEVELS_OFFSET, (byte) bitmap);
        block.putShort(Block.LEVELS_OFFSET + 1, (short) 0);
        return this;
    }

    /** Seals a buffer that is exactly the block. */
    static ByteBuffer sealOf(ByteBuffer block) {
        return new BlockHeader(block).seal(block.limit());
    }

    /** @return the block, from its first byte to its last */
    ByteBuffer seal(int length) {
        block.putInt(Block.LENGTH_OFFSET, length);
        block.putInt(Block.CRC_OFFSET, Checksum.crc32c(block, Block.VERSION_OFFSET, length - Block.VERSION_OFFSET));
        return block.slice(0, length).order(ByteOrder.LITTLE_ENDIAN);
    }
}
