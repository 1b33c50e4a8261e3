package dev.raftsman.fuzz;

import dev.raftsman.block.Block;
import dev.raftsman.disk.Checksum;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Puts right what only guards other bytes: magic, lengths and checksums, as the package pages of the formats draw them. */
final class Repair {
    private static final int RECORD_HEAD_BYTES = 40;
    private static final int BLOCK_RECORD = 2;

    private Repair() {}

    private static ByteBuffer little(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static void magic(ByteBuffer bytes, int offset, String magic) {
        bytes.put(offset, magic.getBytes(StandardCharsets.US_ASCII));
    }

    /** One block from offset on. */
    static void block(ByteBuffer bytes, int offset, int length) {
        if (length >= Block.HEADER_BYTES) {
            magic(bytes, offset, "RBK1");
            bytes.putInt(offset + 4, length);
            bytes.putInt(offset + 8, Checksum.crc32c(bytes, offset + 12, length - 12));
        }
    }

    /** A segment: its header, and as many records as there are lengths that make sense. */
    static void segment(byte[] segment) {
        ByteBuffer bytes = little(segment);
        if (segment.length < 48) {
            return;
        }
        magic(bytes, 0, "RSG1");
        int at = bytes.getInt(4);
        if (at < 44 || at > segment.length) {
            return;
        }
        bytes.putInt(at - 4, Checksum.crc32c(bytes, 0, at - 4));
        while (segment.length - at >= RECORD_HEAD_BYTES) {
            int length = bytes.getInt(at);
            int body = at + RECORD_HEAD_BYTES;
            boolean whole = length >= 0 && length <= segment.length - body;
            if (whole && bytes.get(at + 4) == BLOCK_RECORD && length >= Block.HEADER_BYTES) {
                block(bytes, body, length);
                bytes.putInt(at + 32, bytes.getInt(body + 8));
            } else if (whole) {
                bytes.putInt(at + 32, Checksum.crc32c(bytes, body, length));
            }
            bytes.putInt(at + 36, Checksum.crc32c(bytes, at, 36));
            if (!whole) {
                return;
            }
            at = body + length;
        }
    }
}
