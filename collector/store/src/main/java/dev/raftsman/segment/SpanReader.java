package dev.raftsman.segment;

import dev.raftsman.block.Block;
import dev.raftsman.block.CorruptBlockException;
import dev.raftsman.disk.Checksum;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;

/**
 * Reads whole records out of the middle of a segment, checking every byte, where the epochs are known from elsewhere. One
 * thread.
 */
public final class SpanReader {
    private final String name;
    private final long offset;
    private final ByteBuffer bytes;
    private final Map<Long, EpochInfo> epochs;
    private int at;
    private EpochInfo epoch;
    private long raftIndex;
    private Block block;

    /**
     * @param name of the segment, for messages
     * @param offset of the first byte in the segment
     * @param bytes whole records; blocks are views of them
     */
    public SpanReader(String name, long offset, byte[] bytes, Map<Long, EpochInfo> epochs) {
        this.name = name;
        this.offset = offset;
        this.bytes = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        this.epochs = Map.copyOf(epochs);
    }

    /**
     * Goes to the next block.
     *
     * @return false at the end
     * @throws CorruptSegmentException if anything read does not agree with itself
     */
    public boolean next() throws IOException {
        while (at < bytes.limit()) {
            int head = at;
            if (bytes.limit() - head < SegmentRecord.HEADER_BYTES) {
                throw corrupt(head, "a record", (bytes.limit() - head) + " bytes");
            }
            int stored = bytes.getInt(head + SegmentRecord.CRC_OFFSET);
            int computed = Checksum.crc32c(bytes, head, SegmentRecord.CRC_OFFSET);
            if (stored != computed) {
                throw corrupt(
                        head + SegmentRecord.CRC_OFFSET,
                        "record CRC32C " + SegmentHeader.hex(computed),
                        SegmentHeader.hex(stored));
            }
            int length = bytes.getInt(head + SegmentRecord.LENGTH_OFFSET);
            int body = head + SegmentRecord.HEADER_BYTES;
            if (length < 0 || length > bytes.limit() - body) {
                throw corrupt(head, "a record of " + length + " bytes", (bytes.limit() - body) + " bytes");
            }
            at = body + length;
            if (bytes.getInt(head + SegmentRecord.TYPE_OFFSET) == SegmentRecord.BLOCK) {
                take(head, length);
                return true;
            }
        }
        return false;
    }

    private void take(int head, int length) throws CorruptSegmentException {
        long number = bytes.getLong(head + SegmentRecord.EPOCH_OFFSET);
        epoch = epochs.get(number);
        if (epoch == null) {
            throw corrupt(head + SegmentRecord.EPOCH_OFFSET, "an epoch of the segment", Long.toString(number));
        }
        raftIndex = bytes.getLong(head + SegmentRecord.INDEX_OFFSET);
        int body = head + SegmentRecord.HEADER_BYTES;
        try {
            block = Block.wrap(bytes.slice(body, length));
        } catch (CorruptBlockException e) {
            throw corrupt(body, "a whole block", e.getMessage());
        }
        int check = bytes.getInt(head + SegmentRecord.CHECK_OFFSET);
        if (check != block.crc()) {
            throw corrupt(
                    head + SegmentRecord.CHECK_OFFSET,
                    "block with CRC32C " + SegmentHeader.hex(check),
                    SegmentHeader.hex(block.crc()));
        }
    }

    private CorruptSegmentException corrupt(int position, String expected, String found) {
        return new CorruptSegmentException(name, offset + position, expected, found);
    }

    /** Whose the block is. */
    public EpochInfo epochInfo() {
        return epoch;
    }

    /** Of the entry that brought the block. */
    public long raftIndex() {
        return raftIndex;
    }

    /** A view of the bytes. */
    public Block block() {
        return block;
    }
}
