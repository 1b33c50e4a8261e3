package dev.raftsman.block;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Reads the labels of blocks and inflates no more for them than it must: of a frame the first part, 128 KiB at most. Keeps
 * memory for the next block, outside of the heap: a window of {@link Block#MAX_INFLATED_BYTES} at most, and the greatest
 * block it was shown. One thread.
 */
public final class LabelReader implements AutoCloseable {
    private static final int FRAME_MAGIC = 0xFD2FB528;
    private static final int DESCRIPTOR_OFFSET = 4;
    private static final int SINGLE_SEGMENT = 0x20;
    private static final int LEAST_WINDOW_LOG = 10;
    private static final int[] DICTIONARY_BYTES = {0, 1, 2, 4};

    private final ZstdDecompressCtx zstd = new ZstdDecompressCtx();
    private final ByteBuffer head = direct(Labels.MAX_BYTES);
    private ByteBuffer packed = direct(1 << 17);

    /** Of the block before: most blocks say the same again. */
    private byte[] lastEncoded = {};

    private Labels last = Labels.NONE;

    private static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * What is true of every event in the block; none for a gap.
     *
     * @throws CorruptBlockException if the columns do not begin with labels although the block says so
     */
    public Labels labels(Block block) {
        if (!block.labeled() || block.kind() == BlockKind.GAP) {
            return Labels.NONE;
        }
        head.clear();
        ByteBuffer payload = block.payload();
        if (block.compressed()) {
            inflate(payload);
        } else {
            head.put(payload.limit(payload.position() + Math.min(head.remaining(), payload.remaining())));
        }
        head.flip();
        byte[] encoded = new byte[Labels.end(head)];
        head.get(0, encoded);
        if (!Arrays.equals(encoded, lastEncoded)) {
            last = Labels.read(head);
            lastEncoded = encoded;
        }
        return last;
    }

    private void inflate(ByteBuffer payload) {
        requireSmallWindow(payload);
        if (packed.capacity() < payload.remaining()) {
            packed = direct(payload.remaining());
        }
        packed.clear().put(payload).flip();
        zstd.reset();
        try {
            boolean ended = false;
            boolean moves = true;
            while (!ended && moves && head.hasRemaining()) {
                int before = packed.position() + head.position();
                ended = zstd.decompressDirectByteBufferStream(head, packed);
                moves = packed.position() + head.position() > before;
            }
        } catch (ZstdException e) {
            throw new CorruptBlockException("block: the beginning of its columns does not inflate", e);
        }
    }

    /** A frame says itself how much memory it wants; whoever sent it could ask for much. */
    private static void requireSmallWindow(ByteBuffer frame) {
        long window;
        try {
            window = frame.getInt(0) == FRAME_MAGIC ? window(frame) : -1;
        } catch (IndexOutOfBoundsException e) {
            throw new CorruptBlockException("block: a frame of " + frame.limit() + " bytes", e);
        }
        if (window < 0 || window > Block.MAX_INFLATED_BYTES) {
            throw new CorruptBlockException("block: a frame with a window of " + window + " bytes; expected at most "
                    + Block.MAX_INFLATED_BYTES);
        }
    }

    /** RFC 8878, 3.1.1.1. */
    private static long window(ByteBuffer frame) {
        int descriptor = Byte.toUnsignedInt(frame.get(DESCRIPTOR_OFFSET));
        if ((descriptor & SINGLE_SEGMENT) == 0) {
            int given = Byte.toUnsignedInt(frame.get(DESCRIPTOR_OFFSET + 1));
            long base = 1L << LEAST_WINDOW_LOG + (given >>> 3);
            return base + (base >>> 3) * (given & 7);
        }
        int dictionary = DICTIONARY_BYTES[descriptor & 3];
        return contentBytes(frame, DESCRIPTOR_OFFSET + 1 + dictionary, descriptor >>> 6);
    }

    private static long contentBytes(ByteBuffer frame, int at, int sizeOfField) {
        return switch (sizeOfField) {
            case 0 -> Byte.toUnsignedInt(frame.get(at));
            case 1 -> Short.toUnsignedInt(frame.getShort(at)) + 256;
            case 2 -> Integer.toUnsignedLong(frame.getInt(at));
            default -> frame.getLong(at);
        };
    }

    @Override
    public void close() {
        zstd.close();
    }
}
