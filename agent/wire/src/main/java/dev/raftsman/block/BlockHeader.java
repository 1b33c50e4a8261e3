package dev.raftsman.block;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import dev.raftsman.disk.Checksum;
import dev.raftsman.event.Loss;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Puts the header and the checksum around columns: the last step of every builder. */
final class BlockHeader {
    private BlockHeader() {}

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

    static ByteBuffer seal(
            ByteBuffer block,
            int length,
            BlockKind kind,
            int flags,
            long firstSequence,
            int count,
            int rawBytes,
            int reason,
            long lostCount,
            int levels,
            long minTimeNanos,
            long maxTimeNanos) {
        block.putInt(0, Block.MAGIC);
        block.putInt(Block.LENGTH_OFFSET, length);
        block.put(Block.VERSION_OFFSET, (byte) Block.VERSION);
        block.put(Block.KIND_OFFSET, kind.code());
        block.put(Block.FLAGS_OFFSET, (byte) flags);
        block.putLong(Block.FIRST_SEQUENCE_OFFSET, firstSequence);
        block.putInt(Block.COUNT_OFFSET, count);
        block.putInt(Block.RAW_BYTES_OFFSET, rawBytes);
        block.put(Block.REASON_OFFSET, (byte) reason);
        block.put(Block.LEVELS_OFFSET, (byte) levels);
        block.putShort(Block.LEVELS_OFFSET + 1, (short) 0);
        block.putLong(Block.LOST_COUNT_OFFSET, lostCount);
        block.putLong(Block.MIN_TIME_OFFSET, minTimeNanos);
        block.putLong(Block.MAX_TIME_OFFSET, maxTimeNanos);
        block.putInt(Block.CRC_OFFSET, Checksum.crc32c(block, Block.VERSION_OFFSET, length - Block.VERSION_OFFSET));
        return block.slice(0, length).order(ByteOrder.LITTLE_ENDIAN);
    }

    static ByteBuffer seal(
            ByteBuffer block,
            int length,
            BlockKind kind,
            int flags,
            long firstSequence,
            int count,
            int rawBytes,
            Loss loss,
            int levels,
            long minTimeNanos,
            long maxTimeNanos) {
        return seal(
                block,
                length,
                kind,
                flags,
                firstSequence,
                count,
                rawBytes,
                loss.reason().code(),
                loss.count(),
                levels,
                minTimeNanos,
                maxTimeNanos);
    }
}
