package dev.raftsman.event;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Reads a batch of compact rows, as {@link RowWriter} wrote them, together with the names the batch defines, both drawn in
 * the package page: gives each back as the plain row that {@link EventRow} shows. One thread; nothing is allocated once
 * its buffers have grown.
 */
public final class CompactRows {
    static final int TIMESTAMP_OFFSET = 4;
    static final int LEVEL_OFFSET = 12;
    static final int FLAGS_OFFSET = 13;
    static final int ATTRIBUTE_COUNT_OFFSET = 14;
    static final int LOGGER_OFFSET = 16;
    static final int THREAD_OFFSET = 18;
    static final int PATTERN_OFFSET = 20;

    /** Bytes before the first text. */
    static final int HEADER_BYTES = 22;

    static final int TRUNCATED = 1;
    static final int PATTERN = 2;
    static final int THROWABLE = 4;

    static final String PLACEHOLDER = "{}";

    /** Before the text of a definition: its number and its length, two bytes each. */
    static final int DEFINITION_BYTES = 4;

    private ByteBuffer names;
    private final int[] nameOffsets = new int[NameTable.LIMIT];
    private final int[] nameLengths = new int[NameTable.LIMIT];
    private final int[] definedIn = new int[NameTable.LIMIT];
    private int batch;

    private ByteBuffer rows;
    private int at;
    private int end;

    private byte[] plain = new byte[4096];
    private int length;
    private ByteBuffer view = ByteBuffer.wrap(plain).order(ByteOrder.LITTLE_ENDIAN);

    /** A text: where the reader of texts has found it last. */
    private ByteBuffer textIn;

    private int textAt;
    private int textLength;

    /**
     * Begins a batch.
     *
     * @param definitions little endian, from position to limit; must stay as it is until the next batch
     * @throws IllegalArgumentException if they are not sound
     */
    public void begin(ByteBuffer definitions) {
        batch++;
        names = definitions;
        int offset = definitions.position();
        while (offset < definitions.limit()) {
            int id = definitions.limit() - offset < DEFINITION_BYTES ? -1 : u16(definitions, offset);
            int bytes = id < 0 ? 0 : u16(definitions, offset + Short.BYTES);
            offset += DEFINITION_BYTES;
            if (id <= NameTable.NONE || id >= NameTable.LIMIT || bytes > definitions.limit() - offset) {
                throw new IllegalArgumentException("names of a batch: number " + id + " with " + bytes
                        + " bytes at offset " + (offset - DEFINITION_BYTES) + " of " + definitions.limit());
            }
            nameOffsets[id] = offset;
            nameLengths[id] = bytes;
            definedIn[id] = batch;
            offset += bytes;
        }
    }

    /** The last row that was expanded: little endian, from 0 to {@link #length}; valid until the next one. */
    public ByteBuffer row() {
        return view;
    }

    /** Bytes of the last row that was expanded, in its plain form. */
    public int length() {
        return length;
    }

    /**
     * Expands one row.
     *
     * @param rows little endian
     * @param offset where the row begins
     * @param limit no byte at or after this offset belongs to it
     * @return the offset behind it
     * @throws IllegalArgumentException if there is no sound row
     */
    public int expand(ByteBuffer rows, int offset, int limit) {
        this.rows = rows;
        int rowLength = limit - offset < HEADER_BYTES ? -1 : rows.getInt(offset);
        int attributes = rowLength < HEADER_BYTES || rowLength > limit - offset
                ? -1
                : u16(rows, offset + ATTRIBUTE_COUNT_OFFSET);
        end = offset + rowLength - attributes * Short.BYTES;
        at = offset + HEADER_BYTES;
        if (attributes < 0 || end < at) {
            throw unsound(offset, "length " + rowLength + " with " + (limit - offset) + " bytes left");
        }
        int keys = end;
        int flags = rows.get(offset + FLAGS_OFFSET);
        length = EventRow.HEADER_BYTES;
        reserve(0);
        name(u16(rows, offset + LOGGER_OFFSET));
        int logger = copy();
        name(u16(rows, offset + THREAD_OFFSET));
        int thread = copy();
        int message = (flags & PATTERN) == 0 ? message() : message(u16(rows, offset + PATTERN_OFFSET));
        int throwable = 0;
        if ((flags & THROWABLE) != 0) {
            text();
            throwable = copy();
        }
        for (int i = 0; i < attributes; i++) {
            attribute(u16(rows, keys + i * Short.BYTES));
        }
        if (at != end) {
            throw unsound(offset, "its parts end at " + at + ", not at " + end);
        }
        view.putInt(0, length);
        view.putLong(EventRow.TIMESTAMP_OFFSET, rows.getLong(offset + TIMESTAMP_OFFSET));
        view.put(EventRow.LEVEL_OFFSET, rows.get(offset + LEVEL_OFFSET));
        view.put(EventRow.FLAGS_OFFSET, (byte) ((flags & TRUNCATED) == 0 ? 0 : EventRow.TRUNCATED));
        view.putShort(EventRow.ATTRIBUTE_COUNT_OFFSET, (short) attributes);
        view.putShort(EventRow.LOGGER_LENGTH_OFFSET, (short) logger);
        view.putShort(EventRow.THREAD_LENGTH_OFFSET, (short) thread);
        view.putInt(EventRow.MESSAGE_LENGTH_OFFSET, message);
        view.putInt(EventRow.THROWABLE_LENGTH_OFFSET, throwable);
        return offset + rowLength;
    }

    private int message() {
        text();
        return copy();
    }

    private int message(int pattern) {
        name(pattern);
        ByteBuffer in = textIn;
        int from = textAt;
        int patternEnd = from + textLength;
        if (at >= end) {
            throw unsound(at, "no arguments");
        }
        int arguments = Byte.toUnsignedInt(rows.get(at++));
        int before = length;
        for (int i = 0; i < arguments; i++) {
            text();
            int hole = hole(in, from, patternEnd);
            if (hole >= 0) {
                int argumentAt = textAt;
                int argumentLength = textLength;
                append(in, from, hole - from);
                append(rows, argumentAt, argumentLength);
                from = hole + PLACEHOLDER.length();
            }
        }
        append(in, from, patternEnd - from);
        return length - before;
    }

    private static int hole(ByteBuffer pattern, int from, int limit) {
        for (int i = from; i < limit - 1; i++) {
            if (pattern.get(i) == '{' && pattern.get(i + 1) == '}') {
                return i;
            }
        }
        return -1;
    }

    private void attribute(int key) {
        int head = length;
        reserve(Short.BYTES + Integer.BYTES);
        length += Short.BYTES + Integer.BYTES;
        name(key);
        int keyLength = copy();
        text();
        int valueLength = copy();
        view.putShort(head, (short) keyLength);
        view.putInt(head + Short.BYTES, valueLength);
    }

    /** Finds the text of a number, or the one that follows in the row. */
    private void name(int id) {
        if (id == NameTable.NONE) {
            text();
        } else if (id < NameTable.LIMIT && definedIn[id] == batch) {
            textIn = names;
            textAt = nameOffsets[id];
            textLength = nameLengths[id];
        } else {
            throw unsound(at, "name " + id + " is not defined");
        }
    }

    /** Finds the text that follows in the row. */
    private void text() {
        int bytes = 0;
        int shift = 0;
        int b;
        do {
            if (at >= end || shift > 28) {
                throw unsound(at, "a text's length is missing");
            }
            b = rows.get(at++);
            bytes |= (b & 0x7F) << shift;
            shift += 7;
        } while (b < 0);
        if (bytes < 0 || bytes > end - at) {
            throw unsound(at, "a text of " + bytes + " bytes with " + (end - at) + " left");
        }
        textIn = rows;
        textAt = at;
        textLength = bytes;
        at += bytes;
    }

    private int copy() {
        append(textIn, textAt, textLength);
        return textLength;
    }

    private void append(ByteBuffer from, int offset, int count) {
        reserve(count);
        from.get(offset, plain, length, count);
        length += count;
    }

    private void reserve(int more) {
        if (plain.length - length < more) {
            plain = Arrays.copyOf(plain, Math.max(plain.length * 2, length + more));
            view = ByteBuffer.wrap(plain).order(ByteOrder.LITTLE_ENDIAN);
        }
    }

    private static int u16(ByteBuffer buffer, int offset) {
        return Short.toUnsignedInt(buffer.getShort(offset));
    }

    private static IllegalArgumentException unsound(int offset, String why) {
        return new IllegalArgumentException("row at offset " + offset + ": " + why);
    }
}
