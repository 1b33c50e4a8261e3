package dev.raftsman.event;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Reads one row where it lies: a flyweight over a caller's buffer, drawn in the package page. Not thread-safe; holds no
 * bytes of its own, so what it shows is valid only while the buffer is unchanged.
 */
public final class EventRow {
    static final int TIMESTAMP_OFFSET = 4;
    static final int LEVEL_OFFSET = 12;
    static final int FLAGS_OFFSET = 13;
    static final int ATTRIBUTE_COUNT_OFFSET = 14;
    static final int LOGGER_LENGTH_OFFSET = 16;
    static final int THREAD_LENGTH_OFFSET = 18;
    static final int MESSAGE_LENGTH_OFFSET = 20;
    static final int THROWABLE_LENGTH_OFFSET = 24;

    /** Bytes before the first text. */
    public static final int HEADER_BYTES = 28;

    /** Flag: the message is not the whole of what was logged. */
    public static final int TRUNCATED = 1;

    private ByteBuffer buffer;
    private int offset;
    private int length;

    /** Called for each attribute: offsets and lengths in the buffer of this row. */
    @FunctionalInterface
    public interface AttributeVisitor {
        void attribute(int keyOffset, int keyLength, int valueOffset, int valueLength);
    }

    /**
     * Lays this flyweight over a row.
     *
     * @param buffer little endian; positions are not touched
     * @param offset where the row begins
     * @param limit no byte at or after this offset belongs to the row
     * @return this
     * @throws IllegalArgumentException if the lengths in the row do not fit into each other; every length is checked
     *     here, so that later reads stay inside
     */
    public EventRow wrap(ByteBuffer buffer, int offset, int limit) {
        if (buffer.order() != ByteOrder.LITTLE_ENDIAN) {
            throw new IllegalArgumentException("buffer is not little endian");
        }
        if (limit - offset < HEADER_BYTES) {
            throw new IllegalArgumentException("row at offset " + offset + ": " + (limit - offset)
                    + " bytes left; expected at least " + HEADER_BYTES);
        }
        int rowLength = buffer.getInt(offset);
        if (rowLength < HEADER_BYTES || rowLength > limit - offset) {
            throw new IllegalArgumentException("row at offset " + offset + ": length " + rowLength + "; expected "
                    + HEADER_BYTES + " to " + (limit - offset));
        }
        this.buffer = buffer;
        this.offset = offset;
        this.length = rowLength;
        checkLengths();
        return this;
    }

    private void checkLengths() {
        if (level() < 0 || level() > Level.UNPARSED.code()) {
            throw new IllegalArgumentException("row at offset " + offset + ": level code " + level());
        }
        boolean sound = messageLength() >= 0 && throwableLength() >= 0;
        long at = HEADER_BYTES + loggerLength() + (long) threadLength() + messageLength() + throwableLength();
        for (int i = attributeCount(); i > 0 && sound; i--) {
            sound = at + 6 <= length;
            if (sound) {
                int keyLength = Short.toUnsignedInt(buffer.getShort(offset + (int) at));
                int valueLength = buffer.getInt(offset + (int) at + 2);
                sound = valueLength >= 0;
                at += 6 + keyLength + (long) valueLength;
            }
        }
        if (!sound || at != length) {
            throw new IllegalArgumentException(
                    "row at offset " + offset + ": its parts do not add up to its length " + length);
        }
    }

    public int offset() {
        return offset;
    }

    /** Bytes of the whole row. */
    public int length() {
        return length;
    }

    public ByteBuffer buffer() {
        return buffer;
    }

    public long timestampNanos() {
        return buffer.getLong(offset + TIMESTAMP_OFFSET);
    }

    public byte level() {
        return buffer.get(offset + LEVEL_OFFSET);
    }

    public int flags() {
        return Byte.toUnsignedInt(buffer.get(offset + FLAGS_OFFSET));
    }

    public boolean truncated() {
        return (flags() & TRUNCATED) != 0;
    }

    public int attributeCount() {
        return Short.toUnsignedInt(buffer.getShort(offset + ATTRIBUTE_COUNT_OFFSET));
    }

    public int loggerOffset() {
        return offset + HEADER_BYTES;
    }

    public int loggerLength() {
        return Short.toUnsignedInt(buffer.getShort(offset + LOGGER_LENGTH_OFFSET));
    }

    public int threadOffset() {
        return loggerOffset() + loggerLength();
    }

    public int threadLength() {
        return Short.toUnsignedInt(buffer.getShort(offset + THREAD_LENGTH_OFFSET));
    }

    public int messageOffset() {
        return threadOffset() + threadLength();
    }

    public int messageLength() {
        return buffer.getInt(offset + MESSAGE_LENGTH_OFFSET);
    }

    public int throwableOffset() {
        return messageOffset() + messageLength();
    }

    /** 0 = the event has no throwable. */
    public int throwableLength() {
        return buffer.getInt(offset + THROWABLE_LENGTH_OFFSET);
    }

    public void forEachAttribute(AttributeVisitor visitor) {
        int at = throwableOffset() + throwableLength();
        for (int i = attributeCount(); i > 0; i--) {
            int keyLength = Short.toUnsignedInt(buffer.getShort(at));
            int valueLength = buffer.getInt(at + 2);
            visitor.attribute(at + 6, keyLength, at + 6 + keyLength, valueLength);
            at += 6 + keyLength + valueLength;
        }
    }

    public String logger() {
        return text(loggerOffset(), loggerLength());
    }

    public String thread() {
        return text(threadOffset(), threadLength());
    }

    public String message() {
        return text(messageOffset(), messageLength());
    }

    /** Empty if there is none. */
    public String throwable() {
        return text(throwableOffset(), throwableLength());
    }

    /** Copies a piece of the row out as text; malformed UTF-8 becomes the replacement character. */
    public String text(int from, int bytes) {
        byte[] copy = new byte[bytes];
        buffer.get(from, copy);
        return new String(copy, StandardCharsets.UTF_8);
    }
}
