package dev.raftsman.segment;

import dev.raftsman.block.Block;
import dev.raftsman.disk.Checksum;
import java.nio.ByteBuffer;

/** The head of each record in a segment; drawn on the package's page. */
final class SegmentRecord {
    static final int HEADER_BYTES = 40;

    static final int LENGTH_OFFSET = 0;
    static final int TYPE_OFFSET = 4;
    static final int INDEX_OFFSET = 8;
    static final int EPOCH_OFFSET = 16;
    static final int STAMP_OFFSET = 24;
    static final int CHECK_OFFSET = 32;
    static final int CRC_OFFSET = 36;

    static final byte EPOCH = 1;
    static final byte BLOCK = 2;
    static final byte FOOTER = 3;

    private SegmentRecord() {}

    /** Puts a head at the buffer's position and moves it behind. */
    static void put(ByteBuffer to, int length, byte type, long index, long epoch, long stampMillis, int check) {
        int start = to.position();
        to.putInt(length)
                .putInt(type)
                .putLong(index)
                .putLong(epoch)
                .putLong(stampMillis)
                .putInt(check);
        to.putInt(Checksum.crc32c(to, start, CRC_OFFSET));
    }

    /** Longest body of a type; -1 if there is no such type. */
    static int maxLength(int type) {
        return switch (type) {
            case EPOCH -> EpochInfo.MAX_BYTES;
            case BLOCK -> Block.MAX_BYTES;
            case FOOTER -> SegmentFooter.MAX_BYTES;
            default -> -1;
        };
    }
}
