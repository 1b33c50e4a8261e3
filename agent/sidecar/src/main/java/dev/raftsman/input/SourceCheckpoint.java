package dev.raftsman.input;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * How far a file was read when a block was finished. It travels in the excerpt of that very block, so that the two are
 * written or lost together, and goes to the cursor file before the excerpt is released.
 *
 * <pre>
 *  0 u8  version = 1
 *  1 u8  reserved = 0
 *  2 u16 streamLength       4 u16 pathLength       6 u16 fingerprint length
 *  8 i64 device            16 i64 inode           24 i64 offset after the block's last byte
 * 32 i32 fingerprint CRC   36 stream, path: UTF-8
 * </pre>
 *
 * @param stream what the file's lines are called, also after it was renamed
 * @param path where the file was when it was found
 * @param offset bytes from the start of the file
 */
public record SourceCheckpoint(
        String stream, String path, long device, long inode, int fingerprintLength, int fingerprintCrc, long offset) {
    static final int VERSION = 1;
    static final int HEADER_BYTES = 36;

    public SourceCheckpoint {
        Objects.requireNonNull(stream, "stream");
        Objects.requireNonNull(path, "path");
        if (offset < 0) {
            throw new IllegalArgumentException("offset " + offset);
        }
    }

    FileKey key() {
        return new FileKey(device, inode);
    }

    Fingerprint fingerprint() {
        return new Fingerprint(fingerprintLength, fingerprintCrc);
    }

    /** The same of a file that holds the same bytes. */
    SourceCheckpoint ofCopy(FileKey copy) {
        return new SourceCheckpoint(
                stream, path, copy.device(), copy.inode(), fingerprintLength, fingerprintCrc, offset);
    }

    /** @return a new buffer, little endian, ready to be read */
    public ByteBuffer encode() {
        byte[] streamBytes = stream.getBytes(StandardCharsets.UTF_8);
        byte[] pathBytes = path.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(HEADER_BYTES + streamBytes.length + pathBytes.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put((byte) VERSION)
                .put((byte) 0)
                .putShort((short) streamBytes.length)
                .putShort((short) pathBytes.length)
                .putShort((short) fingerprintLength)
                .putLong(device)
                .putLong(inode)
                .putLong(offset)
                .putInt(fingerprintCrc)
                .put(streamBytes)
                .put(pathBytes)
                .flip();
    }

    /**
     * @param encoded read from its position to its limit; the position is not touched
     * @throws IllegalArgumentException if these bytes are no checkpoint
     */
    public static SourceCheckpoint decode(ByteBuffer encoded) {
        ByteBuffer in = encoded.slice().order(ByteOrder.LITTLE_ENDIAN);
        if (in.remaining() < HEADER_BYTES || in.get(0) != VERSION) {
            throw new IllegalArgumentException("source checkpoint of " + in.remaining() + " bytes, version "
                    + (in.hasRemaining() ? in.get(0) : -1) + "; expected version " + VERSION);
        }
        int streamLength = Short.toUnsignedInt(in.getShort(2));
        int pathLength = Short.toUnsignedInt(in.getShort(4));
        if (in.remaining() != HEADER_BYTES + streamLength + pathLength) {
            throw new IllegalArgumentException("source checkpoint of " + in.remaining() + " bytes; expected "
                    + (HEADER_BYTES + streamLength + pathLength));
        }
        return new SourceCheckpoint(
                text(in, HEADER_BYTES, streamLength),
                text(in, HEADER_BYTES + streamLength, pathLength),
                in.getLong(8),
                in.getLong(16),
                Short.toUnsignedInt(in.getShort(6)),
                in.getInt(32),
                in.getLong(24));
    }

    private static String text(ByteBuffer in, int from, int length) {
        byte[] bytes = new byte[length];
        in.get(from, bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
