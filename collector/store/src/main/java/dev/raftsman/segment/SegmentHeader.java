package dev.raftsman.segment;

import dev.raftsman.disk.Checksum;
import dev.raftsman.event.Names;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * What a segment says about itself in its first bytes.
 *
 * @param openedAtMillis stamp of the entry that began it
 */
public record SegmentHeader(SegmentId id, String tenant, String stream, long openedAtMillis) {
    static final int MAGIC = 'R' | 'S' << 8 | 'G' << 16 | '1' << 24;
    static final int VERSION = 1;

    /** Enough to know how long the header is. */
    static final int PREFIX_BYTES = 8;

    static final int MIN_BYTES = 44;
    static final int MAX_BYTES = MIN_BYTES + 63 + Names.MAX_LENGTH;

    private static final int NAMES_OFFSET = 40;

    public SegmentHeader {
        Objects.requireNonNull(id, "id");
        Names.tenant(tenant);
        Names.name(stream);
    }

    ByteBuffer encode() {
        byte[] tenantBytes = tenant.getBytes(StandardCharsets.UTF_8);
        byte[] streamBytes = stream.getBytes(StandardCharsets.UTF_8);
        int length = MIN_BYTES + tenantBytes.length + streamBytes.length;
        ByteBuffer header = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        header.putInt(MAGIC).putInt(length).put((byte) VERSION).put((byte) 0);
        header.putShort((short) tenantBytes.length)
                .putShort((short) streamBytes.length)
                .putShort((short) 0);
        header.putInt(id.stream()).putInt(0).putLong(id.base()).putLong(openedAtMillis);
        header.put(tenantBytes).put(streamBytes);
        return header.putInt(Checksum.crc32c(header, 0, length - Integer.BYTES)).flip();
    }

    /** How long the header is that begins so. */
    static int length(ByteBuffer prefix, String file) throws CorruptSegmentException {
        if (prefix.getInt(0) != MAGIC) {
            throw new CorruptSegmentException(file, 0, "magic " + hex(MAGIC), hex(prefix.getInt(0)));
        }
        int length = prefix.getInt(4);
        if (length < MIN_BYTES || length > MAX_BYTES) {
            throw new CorruptSegmentException(
                    file, 4, "header of " + MIN_BYTES + " to " + MAX_BYTES + " bytes", Integer.toString(length));
        }
        return length;
    }

    /** @param header exactly the header, little endian */
    static SegmentHeader decode(ByteBuffer header, String file) throws IOException {
        int length = header.limit();
        int stored = header.getInt(length - Integer.BYTES);
        int computed = Checksum.crc32c(header, 0, length - Integer.BYTES);
        if (stored != computed) {
            throw new CorruptSegmentException(
                    file, length - Integer.BYTES, "header CRC32C " + hex(stored), hex(computed));
        }
        if (header.get(8) != VERSION) {
            throw new UnsupportedFormatException(file + ": segment format " + header.get(8) + "; expected " + VERSION);
        }
        int tenantLength = Short.toUnsignedInt(header.getShort(10));
        int streamLength = Short.toUnsignedInt(header.getShort(12));
        if (MIN_BYTES + tenantLength + streamLength != length) {
            throw new CorruptSegmentException(
                    file, 10, "names of " + (length - MIN_BYTES) + " bytes", tenantLength + " and " + streamLength);
        }
        try {
            return new SegmentHeader(
                    new SegmentId(header.getInt(16), header.getLong(24)),
                    text(header, NAMES_OFFSET, tenantLength),
                    text(header, NAMES_OFFSET + tenantLength, streamLength),
                    header.getLong(32));
        } catch (IllegalArgumentException e) {
            throw new CorruptSegmentException(file, 0, "a segment's header", e.getMessage());
        }
    }

    private static String text(ByteBuffer from, int offset, int length) {
        byte[] bytes = new byte[length];
        from.get(offset, bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    static String hex(int value) {
        return String.format("%08x", value);
    }
}
