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
    public static final int MAX_RAW_BYTES = Block.MAX_BYTES - Block.HEADER_BYTES - Labels.MAX_BYTES;

    private final ZstdCompressCtx zstd = BlockHeader.compressor();
    private ByteBuffer block = BlockHeader.roomFor((1 << 20) + Labels.MAX_BYTES);

    /** The same without labels. */
    public ByteBuffer build(
            ByteBuffer lines, long firstSequence, int count, Loss loss, long readFromNanos, long readToNanos) {
        return build(lines, Labels.NONE, firstSequence, count, loss, readFromNanos, readToNanos);
    }

    /**
     * @param lines direct, from position to limit: whole lines, the last one perhaps without its newline; neither
     *     position nor limit is moved, but the bytes before the position, {@link Labels#bytes} of them, are overwritten,
     *     so that labels and lines lie together without a copy
     * @param count how many lines these are, an unterminated last one included ({@link Lines#count}); at least 1
     * @param loss what was left out just before the first line
     * @param readFromNanos when the first of these bytes was read, since 1970
     * @param readToNanos when the last was
     * @return one encoded block, little endian; valid until the next call
     */
    public ByteBuffer build(
            ByteBuffer lines,
            Labels labels,
            long firstSequence,
            int count,
            Loss loss,
            long readFromNanos,
            long readToNanos) {
        int rawBytes = lines.remaining();
        if (rawBytes < 1 || rawBytes > MAX_RAW_BYTES || count < 1) {
            throw new IllegalArgumentException(count + " lines of " + rawBytes + " bytes");
        }
        if (rawBytes > 1 << 20 && block.capacity() < MAX_RAW_BYTES) {
            block = BlockHeader.roomFor(MAX_RAW_BYTES + Labels.MAX_BYTES);
        }
        int flags = lines.get(lines.limit() - 1) == '\n' ? 0 : Block.UNTERMINATED;
        int from = lines.position();
        if (!labels.isEmpty()) {
            flags |= Block.LABELED;
            lines.position(from - labels.bytes());
            labels.put(lines, lines.position());
        }
        int length = BlockHeader.pack(zstd, lines, block);
        lines.position(from);
        return BlockHeader.begin(block, BlockKind.LINES, flags, rawBytes)
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
