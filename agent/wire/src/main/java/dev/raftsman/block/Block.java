package dev.raftsman.block;

import dev.raftsman.disk.Checksum;
import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A view of one encoded block, checked when it is laid: magic, lengths, numbers that must agree, checksum. Reads nothing
 * of the columns. Immutable as long as its bytes are; the buffer stays the caller's.
 */
public final class Block {
    /** Bytes before the columns. */
    public static final int HEADER_BYTES = 64;

    /** Longest block, encoded. */
    public static final int MAX_BYTES = 2 << 20;

    /** Most that the columns of a block may inflate to. */
    public static final int MAX_INFLATED_BYTES = 8 << 20;

    static final int MAGIC = 'R' | 'B' << 8 | 'K' << 16 | '1' << 24;
    static final int VERSION = 1;
    static final int PLAIN = 0;
    static final int ZSTD = 1;
    static final int UNTERMINATED = 1;
    static final int LABELED = 2;

    static final int LENGTH_OFFSET = 4;
    static final int CRC_OFFSET = 8;
    static final int VERSION_OFFSET = 12;
    static final int KIND_OFFSET = 13;
    static final int CODEC_OFFSET = 14;
    static final int FLAGS_OFFSET = 15;
    static final int FIRST_SEQUENCE_OFFSET = 16;
    static final int COUNT_OFFSET = 24;
    static final int RAW_BYTES_OFFSET = 28;
    static final int INFLATED_BYTES_OFFSET = 32;
    static final int REASON_OFFSET = 36;
    static final int LEVELS_OFFSET = 37;
    static final int LOST_COUNT_OFFSET = 40;
    static final int MIN_TIME_OFFSET = 48;
    static final int MAX_TIME_OFFSET = 56;

    private final ByteBuffer bytes;

    private Block(ByteBuffer bytes) {
        this.bytes = bytes;
    }

    /**
     * Lays a view over a block and checks it, the checksum included: about a microsecond for each 10 KiB.
     *
     * @param encoded exactly one block from position to limit; neither is moved
     * @throws CorruptBlockException naming what is wrong
     */
    public static Block wrap(ByteBuffer encoded) {
        Block block = new Block(encoded.slice().order(ByteOrder.LITTLE_ENDIAN));
        block.check();
        return block;
    }

    /**
     * Like {@link #wrap} for bytes whose checksum was verified since they were read, or will be: checks all but the checksum.
     */
    public static Block wrapVerified(ByteBuffer encoded) {
        Block block = new Block(encoded.slice().order(ByteOrder.LITTLE_ENDIAN));
        block.checkHeader();
        return block;
    }

    private void check() {
        checkHeader();
        int computed = computedCrc();
        require(computed == crc(), "CRC32C %08x; computed %08x", crc(), computed);
    }

    /** Whether the checksum is that of the bytes. */
    public boolean intact() {
        return computedCrc() == crc();
    }

    private int computedCrc() {
        return Checksum.crc32c(bytes, VERSION_OFFSET, bytes.limit() - VERSION_OFFSET);
    }

    private void checkHeader() {
        int length = bytes.limit();
        require(length >= HEADER_BYTES && length <= MAX_BYTES, "%d bytes; expected 64 to %d", length, MAX_BYTES);
        require(bytes.getInt(0) == MAGIC, "magic %08x; expected %08x", bytes.getInt(0), MAGIC);
        require(bytes.getInt(LENGTH_OFFSET) == length, "length %d; expected %d", bytes.getInt(LENGTH_OFFSET), length);
        require(bytes.get(VERSION_OFFSET) == VERSION, "format %d; expected %d", bytes.get(VERSION_OFFSET), VERSION);
        BlockKind kind = kind();
        int codec = bytes.get(CODEC_OFFSET);
        require(codec == PLAIN || codec == ZSTD, "codec %d; expected 0 or 1", codec);
        require(firstSequence() >= 0, "first sequence %d", firstSequence());
        require(count() >= 1, "count %d; expected 1 or more", count());
        require(endSequence() >= firstSequence(), "sequences beyond the greatest number from %d", firstSequence());
        int inflated = inflatedBytes();
        require(
                inflated >= 0 && inflated <= MAX_INFLATED_BYTES,
                "columns of %d bytes; expected at most %d",
                inflated,
                MAX_INFLATED_BYTES);
        require(rawBytes() >= 0, "raw bytes %d", rawBytes());
        require(kind == BlockKind.GAP || inflated >= count(), "%d events in %d bytes", count(), inflated);
        require(codec == ZSTD || inflated == length - HEADER_BYTES, "plain columns of %d bytes", inflated);
        try {
            LossReason reason = LossReason.ofCode(bytes.get(REASON_OFFSET));
            require(kind != BlockKind.GAP || reason != LossReason.NONE && lostCount() == 0, "gap without a reason");
            require(kind == BlockKind.GAP || new Loss(reason, lostCount()).count() >= 0, "loss %d", lostCount());
        } catch (IllegalArgumentException e) {
            throw new CorruptBlockException("block: " + e.getMessage(), e);
        }
    }

    private static void require(boolean holds, String problem, Object... values) {
        if (!holds) {
            throw new CorruptBlockException("block: " + String.format(problem, values));
        }
    }

    public BlockKind kind() {
        return BlockKind.ofCode(bytes.get(KIND_OFFSET));
    }

    public long firstSequence() {
        return bytes.getLong(FIRST_SEQUENCE_OFFSET);
    }

    /** How many sequences it covers, at least 1. */
    public int count() {
        return bytes.getInt(COUNT_OFFSET);
    }

    /** The greatest sequence it covers. */
    public long endSequence() {
        return firstSequence() + count() - 1;
    }

    /** Bytes of the events as the source had them: lines with their newlines, rows. */
    public int rawBytes() {
        return bytes.getInt(RAW_BYTES_OFFSET);
    }

    int inflatedBytes() {
        return bytes.getInt(INFLATED_BYTES_OFFSET);
    }

    boolean compressed() {
        return bytes.get(CODEC_OFFSET) == ZSTD;
    }

    /** Only of LINES: the last line has no newline (yet). */
    public boolean unterminated() {
        return (bytes.get(FLAGS_OFFSET) & UNTERMINATED) != 0;
    }

    /** The columns begin with labels; see {@link BlockReader#labels}. */
    boolean labeled() {
        return (bytes.get(FLAGS_OFFSET) & LABELED) != 0;
    }

    /** What was refused a sequence just before this block. */
    public Loss loss() {
        return kind() == BlockKind.GAP ? Loss.NONE : new Loss(LossReason.ofCode(bytes.get(REASON_OFFSET)), lostCount());
    }

    public long lostCount() {
        return bytes.getLong(LOST_COUNT_OFFSET);
    }

    /** Only of a GAP: why its sequences hold nothing. */
    public LossReason gapReason() {
        return kind() == BlockKind.GAP ? LossReason.ofCode(bytes.get(REASON_OFFSET)) : LossReason.NONE;
    }

    /** {@link dev.raftsman.event.Level#bit()} of every level inside; 0 of a gap. */
    public int levelBitmap() {
        return Byte.toUnsignedInt(bytes.get(LEVELS_OFFSET));
    }

    public long minTimeNanos() {
        return bytes.getLong(MIN_TIME_OFFSET);
    }

    public long maxTimeNanos() {
        return bytes.getLong(MAX_TIME_OFFSET);
    }

    public int crc() {
        return bytes.getInt(CRC_OFFSET);
    }

    /** Bytes of the whole block. */
    public int length() {
        return bytes.limit();
    }

    /** The whole block, read-only, in a view of its own. */
    public ByteBuffer encoded() {
        return bytes.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The columns as stored, in a view of its own. */
    ByteBuffer payload() {
        return bytes.slice(HEADER_BYTES, bytes.limit() - HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public String toString() {
        return kind() + "[" + firstSequence() + ".." + endSequence() + ", " + length() + " bytes]";
    }
}
