package dev.raftsman.disk;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** CRC32C (Castagnoli, RFC 3720 appendix B.4): the checksum of every frame, excerpt, block and record here. */
public final class Checksum {
    private Checksum() {}

    /** Of {@code length} bytes from {@code offset}; the buffer's position and limit are not touched. */
    public static int crc32c(ByteBuffer buffer, int offset, int length) {
        CRC32C crc = new CRC32C();
        crc.update(buffer.duplicate().limit(offset + length).position(offset));
        return (int) crc.getValue();
    }
}
