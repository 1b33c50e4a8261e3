package dev.raftsman.wal;

import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * Our own frame inside each excerpt of the queue, drawn in the package page: the queue itself has no checksum. The
 * checksum of the header begins with the incarnation, so that a frame copied from elsewhere, or written into a log
 * message by somebody, is never taken for one of this directory. Not thread-safe.
 */
final class ExcerptFrame {
    static final int MAGIC = 0x31585752; // "RWX1"
    static final int VERSION = 1;

    static final int MAGIC_OFFSET = 0;
    static final int LENGTH_OFFSET = 4;
    static final int HEADER_CRC_OFFSET = 8;
    static final int BODY_CRC_OFFSET = 12;
    static final int POSITION_OFFSET = 16;
    static final int PREVIOUS_OFFSET = 24;
    static final int FIRST_SEQUENCE_OFFSET = 32;
    static final int LOSS_COUNT_OFFSET = 40;
    static final int COUNT_OFFSET = 48;
    static final int EXTRA_LENGTH_OFFSET = 52;
    static final int VERSION_OFFSET = 56;
    static final int KIND_OFFSET = 57;
    static final int LOSS_REASON_OFFSET = 58;
    static final int HEADER_BYTES = 64;

    private final CRC32C crc = new CRC32C();
    private final ByteBuffer salt = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);

    ExcerptFrame(UUID incarnation) {
        salt.putLong(0, incarnation.getMostSignificantBits()).putLong(8, incarnation.getLeastSignificantBits());
    }

    int crcOf(ByteBuffer bytes, int offset, int length) {
        crc.reset();
        crc.update(bytes.duplicate().limit(offset + length).position(offset));
        return (int) crc.getValue();
    }

    /** The header must be complete but for its own checksum. */
    int headerCrc(ByteBuffer header, int headerOffset, ByteBuffer extra, int extraOffset, int extraLength) {
        crc.reset();
        crc.update(salt.duplicate());
        crc.update(header.duplicate().limit(headerOffset + HEADER_BYTES).position(headerOffset + BODY_CRC_OFFSET));
        if (extraLength > 0) {
            crc.update(extra.duplicate().limit(extraOffset + extraLength).position(extraOffset));
        }
        return (int) crc.getValue();
    }

    /** Fills the header but for its checksum. */
    static void encode(
            ByteBuffer header,
            ExcerptKind kind,
            long position,
            long previous,
            long firstSequence,
            int count,
            Loss loss,
            int extraLength,
            int bodyLength,
            int bodyCrc) {
        header.putInt(MAGIC_OFFSET, MAGIC);
        header.putInt(LENGTH_OFFSET, HEADER_BYTES + extraLength + bodyLength);
        header.putInt(BODY_CRC_OFFSET, bodyCrc);
        header.putLong(POSITION_OFFSET, position);
        header.putLong(PREVIOUS_OFFSET, previous);
        header.putLong(FIRST_SEQUENCE_OFFSET, firstSequence);
        header.putLong(LOSS_COUNT_OFFSET, loss.count());
        header.putInt(COUNT_OFFSET, count);
        header.putInt(EXTRA_LENGTH_OFFSET, extraLength);
        header.put(VERSION_OFFSET, (byte) VERSION);
        header.put(KIND_OFFSET, kind.code());
        header.put(LOSS_REASON_OFFSET, loss.reason().code());
    }

    /**
     * Whether a header and its extra part lie here, whole and of this incarnation. The length is not part of that, the
     * body may be damaged.
     *
     * @param available bytes in the buffer from offset on
     */
    boolean soundHeader(ByteBuffer bytes, int offset, int available) {
        if (available < HEADER_BYTES || bytes.getInt(offset + MAGIC_OFFSET) != MAGIC) {
            return false;
        }
        int extraLength = bytes.getInt(offset + EXTRA_LENGTH_OFFSET);
        return extraLength >= 0
                && extraLength <= available - HEADER_BYTES
                && bytes.getInt(offset + HEADER_CRC_OFFSET)
                        == headerCrc(bytes, offset, bytes, offset + HEADER_BYTES, extraLength)
                && bytes.getInt(offset + COUNT_OFFSET) >= 0;
    }

    /** Loads the header and the extra part of a frame behind a word of the queue. @return bytes loaded of the frame */
    static int loadHeader(FileWindow window, long at) throws IOException {
        int available = window.load(at, FileWindow.WORD_BYTES + HEADER_BYTES) - FileWindow.WORD_BYTES;
        if (available < HEADER_BYTES) {
            return available;
        }
        int start = window.indexOf(at) + FileWindow.WORD_BYTES;
        int extraLength = window.bytes().getInt(start + EXTRA_LENGTH_OFFSET);
        boolean ours = window.bytes().getInt(start + MAGIC_OFFSET) == MAGIC;
        if (!ours || extraLength < 0 || extraLength > FileWindow.MAX_DOCUMENT_BYTES - HEADER_BYTES) {
            return available;
        }
        return window.load(at, FileWindow.WORD_BYTES + HEADER_BYTES + extraLength) - FileWindow.WORD_BYTES;
    }

    /**
     * The length of a frame with a sound header. Its own length has no checksum but the body's, and says the same as the
     * queue's word before it: if only one of the two is damaged, nothing is lost.
     *
     * @return the length with which the body matches its checksum, loaded as a whole; -1 if there is none
     */
    int soundLength(FileWindow window, long at) throws IOException {
        int start = window.indexOf(at) + FileWindow.WORD_BYTES;
        int own = window.bytes().getInt(start + LENGTH_OFFSET);
        int word = window.bytes().getInt(start - FileWindow.WORD_BYTES);
        int other = (word & ~FileWindow.LENGTH_MASK) == 0 ? word : own;
        int shorter = Math.min(own, other); // first: a damaged one may be very long
        int longer = Math.max(own, other);
        if (bodyMatches(window, at, shorter)) {
            return shorter;
        }
        return longer != shorter && bodyMatches(window, at, longer) ? longer : -1;
    }

    private boolean bodyMatches(FileWindow window, long at, int length) throws IOException {
        int start = window.indexOf(at) + FileWindow.WORD_BYTES;
        int bodyOffset = HEADER_BYTES + window.bytes().getInt(start + EXTRA_LENGTH_OFFSET);
        if (length < bodyOffset
                || length > FileWindow.MAX_DOCUMENT_BYTES
                || window.load(at, FileWindow.WORD_BYTES + length) < FileWindow.WORD_BYTES + length) {
            return false;
        }
        start = window.indexOf(at) + FileWindow.WORD_BYTES;
        ByteBuffer bytes = window.bytes();
        return crcOf(bytes, start + bodyOffset, length - bodyOffset) == bytes.getInt(start + BODY_CRC_OFFSET);
    }

    static Loss loss(ByteBuffer bytes, int offset) {
        long count = bytes.getLong(offset + LOSS_COUNT_OFFSET);
        return count == 0 ? Loss.NONE : new Loss(LossReason.ofCode(bytes.get(offset + LOSS_REASON_OFFSET)), count);
    }
}
