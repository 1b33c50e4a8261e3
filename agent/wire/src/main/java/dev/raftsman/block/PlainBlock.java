package dev.raftsman.block;

import com.github.luben.zstd.ZstdCompressCtx;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * How the cold tier takes a block apart and puts it together again: the fields of its header that say something of its
 * events, and its columns inflated. Length, codec and checksum follow from these.
 */
public final class PlainBlock {
    /** How many fields {@link #fields} gives. */
    public static final int FIELDS = 11;

    /** Places in the array of fields. */
    public static final int KIND = 0;

    public static final int FLAGS = 1;
    public static final int FIRST_SEQUENCE = 2;
    public static final int COUNT = 3;
    public static final int RAW_BYTES = 4;
    public static final int REASON = 5;
    public static final int LEVELS = 6;
    public static final int RESERVED = 7;
    public static final int LOST_COUNT = 8;
    public static final int MIN_TIME = 9;
    public static final int MAX_TIME = 10;

    private static final int HARDEST = 19;

    private PlainBlock() {}

    /** @param to takes the {@link #FIELDS} fields from its beginning on */
    public static void fields(Block block, long[] to) {
        ByteBuffer header = block.encoded();
        to[KIND] = header.get(Block.KIND_OFFSET);
        to[FLAGS] = Byte.toUnsignedInt(header.get(Block.FLAGS_OFFSET));
        to[FIRST_SEQUENCE] = block.firstSequence();
        to[COUNT] = block.count();
        to[RAW_BYTES] = block.rawBytes();
        to[REASON] = Byte.toUnsignedInt(header.get(Block.REASON_OFFSET));
        to[LEVELS] = block.levelBitmap();
        to[RESERVED] = Short.toUnsignedInt(header.getShort(Block.LEVELS_OFFSET + 1));
        to[LOST_COUNT] = block.lostCount();
        to[MIN_TIME] = block.minTimeNanos();
        to[MAX_TIME] = block.maxTimeNanos();
    }

    /** Whether the columns begin with labels. */
    public static boolean labeled(Block block) {
        return block.labeled();
    }

    /** Bytes of the columns, inflated. */
    public static int columnBytes(Block block) {
        return block.inflatedBytes();
    }

    /**
     * Puts a header before columns.
     *
     * @param bytes the columns lie at {@code offset + }{@link Block#HEADER_BYTES}; the header is written before them
     * @param fields as {@link #fields} gave them
     * @return a view of these bytes; of bytes of its own if the block would be too long as it is and must be compressed
     * @throws CorruptBlockException if these are no fields and columns of a block
     */
    public static Block seal(byte[] bytes, int offset, int columnBytes, long[] fields) {
        int length = Block.HEADER_BYTES + columnBytes;
        ByteBuffer block = ByteBuffer.wrap(bytes, offset, length).slice().order(ByteOrder.LITTLE_ENDIAN);
        if (length > Block.MAX_BYTES) {
            block = packed(block);
        } else {
            block.put(Block.CODEC_OFFSET, (byte) Block.PLAIN);
            block.putInt(Block.INFLATED_BYTES_OFFSET, columnBytes);
        }
        return header(block, fields);
    }

    /** Writes all of the header but what the columns' packing wrote. */
    static Block header(ByteBuffer block, long[] fields) {
        BlockKind kind = BlockKind.ofCode((int) fields[KIND]);
        BlockHeader.begin(block, kind, (int) fields[FLAGS], (int) fields[RAW_BYTES])
                .sequences(fields[FIRST_SEQUENCE], (int) fields[COUNT])
                .times(fields[MIN_TIME], fields[MAX_TIME])
                .levels((int) fields[LEVELS]);
        block.putShort(Block.LEVELS_OFFSET + 1, (short) fields[RESERVED]);
        block.put(Block.REASON_OFFSET, (byte) fields[REASON]);
        block.putLong(Block.LOST_COUNT_OFFSET, fields[LOST_COUNT]);
        return Block.wrapVerified(BlockHeader.sealOf(block));
    }

    private static ByteBuffer packed(ByteBuffer plain) {
        int columnBytes = plain.limit() - Block.HEADER_BYTES;
        ByteBuffer columns = ByteBuffer.allocateDirect(columnBytes);
        columns.put(0, plain, Block.HEADER_BYTES, columnBytes);
        ByteBuffer room = BlockHeader.roomFor(columnBytes);
        int length = Integer.MAX_VALUE;
        for (int level = 1;
                length > Block.MAX_BYTES && level <= HARDEST;
                level += 3) { // Who made it may have used more.
            try (ZstdCompressCtx zstd = BlockHeader.compressor().setLevel(level)) {
                length = BlockHeader.pack(zstd, columns, room);
            }
        }
        return room.slice(0, length).order(ByteOrder.LITTLE_ENDIAN);
    }
}
