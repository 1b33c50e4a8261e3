package dev.raftsman.input;

import dev.raftsman.wal.Excerpt;
import dev.raftsman.wal.ExcerptKind;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * How far a file was read when a block was finished. It travels in the excerpt of that very block, so that the two are
 * written or lost together, and goes to the cursor file before the excerpt is released. A block that joins the end of a
 * rotated file with the beginning of the next one carries both.
 *
 * <pre>
 *  0 u8  version = 1
 *  1 u8  reserved = 0
 *  2 u16 streamLength       4 u16 pathLength       6 u16 fingerprint length
 *  8 i64 device            16 i64 inode           24 i64 offset after the block's last byte
 * 32 i32 fingerprint CRC   36 i32 CRC of its head
 * 40 stream, path: UTF-8
 * </pre>
 *
 * @param stream what the file's lines are called, also after it was renamed
 * @param path where the file was when it was found
 * @param offset bytes from the start of the file
 */
public record SourceCheckpoint(
        String stream, String path, long device, long inode, Fingerprint fingerprint, long offset) {
    static final int VERSION = 1;
    static final int HEADER_BYTES = 40;
    private static final long PIPE = -1;

    public SourceCheckpoint {
        Objects.requireNonNull(stream, "stream");
        Objects.requireNonNull(path, "path");
        Objects.requireNonNull(fingerprint, "fingerprint");
        if (offset < 0) {
            throw new IllegalArgumentException("offset " + offset);
        }
    }

    /** What was read cannot be read again: a pipe. It names a stream and nothing else. */
    static SourceCheckpoint ofPipe(String stream) {
        return new SourceCheckpoint(stream, "", PIPE, PIPE, Fingerprint.NONE, 0);
    }

    /** Whether there is a file to go on with. */
    public boolean isFile() {
        return device != PIPE;
    }

    FileKey key() {
        return new FileKey(device, inode);
    }

    /** The same file, read to another place. */
    public SourceCheckpoint at(long otherOffset) {
        return new SourceCheckpoint(stream, path, device, inode, fingerprint, otherOffset);
    }

    /** The same of a file that holds the same bytes. */
    SourceCheckpoint ofCopy(FileKey copy, Fingerprint beginning) {
        return new SourceCheckpoint(stream, path, copy.device(), copy.inode(), beginning, offset);
    }

    /**
     * Those of all files that a block was made of, one after the other.
     *
     * @return a new buffer, little endian, ready to be read
     */
    public static ByteBuffer encode(List<SourceCheckpoint> checkpoints) {
        List<ByteBuffer> parts =
                checkpoints.stream().map(SourceCheckpoint::encode).toList();
        ByteBuffer all = ByteBuffer.allocate(
                        parts.stream().mapToInt(ByteBuffer::remaining).sum())
                .order(ByteOrder.LITTLE_ENDIAN);
        parts.forEach(all::put);
        return all.flip();
    }

    private ByteBuffer encode() {
        byte[] streamBytes = stream.getBytes(StandardCharsets.UTF_8);
        byte[] pathBytes = path.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(HEADER_BYTES + streamBytes.length + pathBytes.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put((byte) VERSION)
                .put((byte) 0)
                .putShort((short) streamBytes.length)
                .putShort((short) pathBytes.length)
                .putShort((short) fingerprint.length())
                .putLong(device)
                .putLong(inode)
                .putLong(offset)
                .putInt(fingerprint.crc())
                .putInt(fingerprint.headCrc())
                .put(streamBytes)
                .put(pathBytes)
                .flip();
    }

    /**
     * @param encoded read from its position to its limit; the position is not touched
     * @return at least one, all of the same stream
     * @throws IllegalArgumentException if these bytes are no checkpoints
     */
    public static List<SourceCheckpoint> decode(ByteBuffer encoded) {
        ByteBuffer in = encoded.slice();
        List<SourceCheckpoint> checkpoints = new ArrayList<>();
        do {
            checkpoints.add(decodeNext(in));
        } while (in.hasRemaining());
        for (SourceCheckpoint each : checkpoints) {
            if (!each.stream.equals(checkpoints.get(0).stream)) {
                throw new IllegalArgumentException("source checkpoints of two streams");
            }
        }
        return checkpoints;
    }

    /**
     * Those of files that an excerpt of the sidecar's own WAL holds; none if it holds something else.
     *
     * @throws IllegalArgumentException if it should hold some, and does not
     */
    public static List<SourceCheckpoint> filesOf(Excerpt excerpt) {
        if (excerpt.kind() != ExcerptKind.BLOCK && excerpt.kind() != ExcerptKind.CHECKPOINT) {
            return List.of();
        }
        return decode(excerpt.extra()).stream().filter(SourceCheckpoint::isFile).toList();
    }

    private static SourceCheckpoint decodeNext(ByteBuffer encoded) {
        ByteBuffer in = encoded.slice().order(ByteOrder.LITTLE_ENDIAN);
        if (in.remaining() < HEADER_BYTES || in.get(0) != VERSION) {
            throw new IllegalArgumentException("source checkpoint of " + in.remaining() + " bytes, version "
                    + (in.hasRemaining() ? in.get(0) : -1) + "; expected version " + VERSION);
        }
        int streamLength = Short.toUnsignedInt(in.getShort(2));
        int pathLength = Short.toUnsignedInt(in.getShort(4));
        int length = HEADER_BYTES + streamLength + pathLength;
        if (in.remaining() < length) {
            throw new IllegalArgumentException("source checkpoint of " + in.remaining() + " bytes; expected " + length);
        }
        encoded.position(encoded.position() + length);
        return new SourceCheckpoint(
                text(in, HEADER_BYTES, streamLength),
                text(in, HEADER_BYTES + streamLength, pathLength),
                in.getLong(8),
                in.getLong(16),
                new Fingerprint(Short.toUnsignedInt(in.getShort(6)), in.getInt(32), in.getInt(36)),
                in.getLong(24));
    }

    private static String text(ByteBuffer in, int from, int length) {
        byte[] bytes = new byte[length];
        in.get(from, bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
