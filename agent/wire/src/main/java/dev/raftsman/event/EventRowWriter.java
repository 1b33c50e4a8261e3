package dev.raftsman.event;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Encodes one row into a caller's buffer: {@link #begin}, then {@link #logger}, {@link #thread}, {@link #message},
 * {@link #throwable} and {@link #attribute} in this order (each but begin may be left out), then {@link #end}. Nothing
 * is allocated. What does not fit is not written and remembered: {@link #end} then returns {@link #OVERFLOW} and the
 * caller goes the slow way with a larger buffer. Not thread-safe.
 */
public final class EventRowWriter {
    /** The row did not fit into the buffer; nothing in it may be used. */
    public static final int OVERFLOW = -1;

    private static final int MAX_SHORT_TEXT_BYTES = 0xFFFF;

    private ByteBuffer buffer;
    private int start;
    private int limit;
    private int at;
    private int attributes;
    private int flags;
    private boolean overflow;

    /**
     * @param buffer little endian; positions are not touched
     * @param offset where the row goes
     * @param limit the first offset that is not the row's
     */
    public EventRowWriter begin(ByteBuffer buffer, int offset, int limit, Level level, long timestampNanos) {
        assert buffer.order() == ByteOrder.LITTLE_ENDIAN;
        this.buffer = buffer;
        this.start = offset;
        this.limit = limit;
        this.at = offset + EventRow.HEADER_BYTES;
        this.attributes = 0;
        this.flags = 0;
        this.overflow = at > limit;
        if (!overflow) {
            buffer.putLong(start + EventRow.TIMESTAMP_OFFSET, timestampNanos);
            buffer.put(start + EventRow.LEVEL_OFFSET, level.code());
            buffer.putInt(start + EventRow.LOGGER_LENGTH_OFFSET, 0); // and the thread's
            buffer.putInt(start + EventRow.MESSAGE_LENGTH_OFFSET, 0);
            buffer.putInt(start + EventRow.THROWABLE_LENGTH_OFFSET, 0);
        }
        return this;
    }

    public EventRowWriter logger(CharSequence name) {
        int length = text(name, MAX_SHORT_TEXT_BYTES);
        if (!overflow) {
            buffer.putShort(start + EventRow.LOGGER_LENGTH_OFFSET, (short) length);
        }
        return this;
    }

    public EventRowWriter thread(CharSequence name) {
        int length = text(name, MAX_SHORT_TEXT_BYTES);
        if (!overflow) {
            buffer.putShort(start + EventRow.THREAD_LENGTH_OFFSET, (short) length);
        }
        return this;
    }

    public EventRowWriter message(CharSequence text) {
        int length = text(text, Integer.MAX_VALUE);
        if (!overflow) {
            buffer.putInt(start + EventRow.MESSAGE_LENGTH_OFFSET, length);
        }
        return this;
    }

    public EventRowWriter throwable(CharSequence text) {
        int length = text(text, Integer.MAX_VALUE);
        if (!overflow) {
            buffer.putInt(start + EventRow.THROWABLE_LENGTH_OFFSET, length);
        }
        return this;
    }

    /** The text of the event was cut: a reader shows so. */
    public EventRowWriter truncated() {
        flags |= EventRow.TRUNCATED;
        return this;
    }

    public EventRowWriter attribute(CharSequence key, CharSequence value) {
        if (attributes == MAX_SHORT_TEXT_BYTES) {
            return truncated();
        }
        int head = at;
        if (limit - at < 6) {
            overflow = true;
        }
        if (overflow) {
            return this;
        }
        at += 6;
        int keyLength = text(key, MAX_SHORT_TEXT_BYTES);
        int valueLength = text(value, Integer.MAX_VALUE);
        if (!overflow) {
            buffer.putShort(head, (short) keyLength);
            buffer.putInt(head + 2, valueLength);
            attributes++;
        }
        return this;
    }

    /** @return the row's length in bytes, or {@link #OVERFLOW} */
    public int end() {
        if (overflow) {
            return OVERFLOW;
        }
        int length = at - start;
        buffer.putInt(start, length);
        buffer.put(start + EventRow.FLAGS_OFFSET, (byte) flags);
        buffer.putShort(start + EventRow.ATTRIBUTE_COUNT_OFFSET, (short) attributes);
        return length;
    }

    /** Encodes UTF-8; a lone surrogate becomes {@code ?}. Text beyond {@code maxBytes} is cut at a character. */
    private int text(CharSequence text, int maxBytes) {
        if (overflow || text == null) {
            return 0;
        }
        int from = at;
        int end = maxBytes > limit - from ? limit : from + maxBytes;
        boolean cutAllowed = maxBytes != Integer.MAX_VALUE && maxBytes <= limit - from;
        int chars = text.length();
        for (int i = 0; i < chars; i++) {
            char c = text.charAt(i);
            int need = c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
            int codePoint = c;
            if (Character.isSurrogate(c)) {
                if (Character.isHighSurrogate(c) && i + 1 < chars && Character.isLowSurrogate(text.charAt(i + 1))) {
                    codePoint = Character.toCodePoint(c, text.charAt(++i));
                    need = 4;
                } else {
                    codePoint = '?';
                    need = 1;
                }
            }
            if (end - at < need) {
                if (cutAllowed) {
                    flags |= EventRow.TRUNCATED;
                } else {
                    overflow = true;
                }
                return at - from;
            }
            put(codePoint, need);
        }
        return at - from;
    }

    private void put(int codePoint, int bytes) {
        switch (bytes) {
            case 1 -> buffer.put(at, (byte) codePoint);
            case 2 -> {
                buffer.put(at, (byte) (0xC0 | codePoint >> 6));
                buffer.put(at + 1, (byte) (0x80 | codePoint & 0x3F));
            }
            case 3 -> {
                buffer.put(at, (byte) (0xE0 | codePoint >> 12));
                buffer.put(at + 1, (byte) (0x80 | codePoint >> 6 & 0x3F));
                buffer.put(at + 2, (byte) (0x80 | codePoint & 0x3F));
            }
            default -> {
                buffer.put(at, (byte) (0xF0 | codePoint >> 18));
                buffer.put(at + 1, (byte) (0x80 | codePoint >> 12 & 0x3F));
                buffer.put(at + 2, (byte) (0x80 | codePoint >> 6 & 0x3F));
                buffer.put(at + 3, (byte) (0x80 | codePoint & 0x3F));
            }
        }
        at += bytes;
    }
}
