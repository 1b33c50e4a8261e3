package dev.raftsman.block;

import com.github.luben.zstd.ZstdCompressCtx;
import dev.raftsman.event.Level;
import dev.raftsman.event.Loss;
import java.nio.ByteBuffer;

/**
 * Makes LINES blocks straight from the bytes of a file: compressed where they were read to, without an object or a copy
 * for a line. One thread; {@link #close} gives the native memory back.
 */
public final class LineBlockBuilder implements AutoCloseable {
    /** Most bytes of lines in one block, so that the block is within its limit even where nothing compresses. */
    public static final int MAX_RAW_BYTES = Block.MAX_BYTES - Block.HEADER_BYTES;

    private final ZstdCompressCtx zstd = BlockHeader.compressor();
    private ByteBuffer block = BlockHeader.roomFor(1 << 20);

    /**
     * @param lines direct, from position to limit: whole lines, the last one perhaps without its newline; neither
     *     position nor limit is moved
     * @param count how many lines these are, an unterminated last one included ({@link Lines#count}); at least 1
     * @param loss what was left out just before the first line
     * @param readFromNanos when the first of these bytes was read, since 1970
     * @param readToNanos when the last was
     * @return one encoded block, little endian; valid until the next call
     */
    public ByteBuffer build(
            ByteBuffer lines, long firstSequence, int count, Loss loss, long readFromNanos, long readToNanos) {
        int rawBytes = lines.remaining();
        if (rawBytes < 1 || rawBytes > MAX_RAW_BYTES || count < 1) {
            throw new IllegalArgumentException(count + " lines of " + rawBytes + " bytes");
        }
        if (rawBytes > 1 << 20 && block.capacity() < MAX_RAW_BYTES) {
            block = BlockHeader.roomFor(MAX_RAW_BYTES);
        }
        boolean terminated = lines.get(lines.limit() - 1) == '\n';
        int length = BlockHeader.pack(zstd, lines, block);
        return BlockHeader.begin(block, BlockKind.LINES, terminated ? 0 : Block.UNTERMINATED, rawBytes)
                .sequences(firstSequence, count)
                .loss(loss)
                .times(readFromNanos, readToNanos)
                .levels(Level.UNPARSED.bit())
                .seal(length);
    }

    @Override
    public void close() {
        zstd.close();
    }
}
