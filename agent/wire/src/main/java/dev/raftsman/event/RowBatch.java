package dev.raftsman.event;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A batch of compact rows in the making: rows one after the other, and beside them a definition of each name when it first
 * comes up, so that the batch can be read without any other. One thread; nothing is allocated once its buffers have grown.
 */
public final class RowBatch {
    private final NameTable names;
    private final int targetBytes;
    private final int maxBytes;
    private final int[] definedIn = new int[NameTable.LIMIT];
    private int batch = 1;

    private ByteBuffer rows;
    private ByteBuffer definitions;
    private int rowBytes;
    private int definitionBytes;
    private int count;

    /**
     * @param targetBytes where a batch is full
     * @param maxBytes most bytes of definitions and rows together, for a batch of one large row
     */
    public RowBatch(NameTable names, int targetBytes, int maxBytes) {
        this.names = names;
        this.targetBytes = Math.min(targetBytes, maxBytes);
        this.maxBytes = maxBytes;
        this.rows = buffer(this.targetBytes);
        this.definitions = buffer(16 << 10);
    }

    private static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Copies a row in.
     *
     * @return false if it does not fit in any more; an empty batch takes every row that fits at all
     */
    public boolean add(byte[] bytes, int offset, int length) {
        int more = undefinedBytes(bytes, offset, length);
        long all = (long) rowBytes + definitionBytes + more + length;
        if (all > (count == 0 ? maxBytes : targetBytes)) {
            return false;
        }
        if (more > 0) {
            define(bytes, offset, length, more);
        }
        if (rows.capacity() - rowBytes < length) {
            rows = grown(rows, rowBytes, length);
        }
        rows.put(rowBytes, bytes, offset, length);
        rowBytes += length;
        count++;
        return true;
    }

    private int undefinedBytes(byte[] bytes, int offset, int length) {
        int more = undefined(u16(bytes, offset + CompactRows.LOGGER_OFFSET))
                + undefined(u16(bytes, offset + CompactRows.THREAD_OFFSET))
                + undefined(u16(bytes, offset + CompactRows.PATTERN_OFFSET));
        int keys = offset + length - Short.BYTES * u16(bytes, offset + CompactRows.ATTRIBUTE_COUNT_OFFSET);
        for (int at = keys; at < offset + length; at += Short.BYTES) {
            more += undefined(u16(bytes, at));
        }
        return more;
    }

    private int undefined(int id) {
        return id == NameTable.NONE || definedIn[id] == batch
                ? 0
                : CompactRows.DEFINITION_BYTES + names.text(id).length;
    }

    private void define(byte[] bytes, int offset, int length, int more) {
        if (definitions.capacity() - definitionBytes < more) {
            definitions = grown(definitions, definitionBytes, more);
        }
        define(u16(bytes, offset + CompactRows.LOGGER_OFFSET));
        define(u16(bytes, offset + CompactRows.THREAD_OFFSET));
        define(u16(bytes, offset + CompactRows.PATTERN_OFFSET));
        int keys = offset + length - Short.BYTES * u16(bytes, offset + CompactRows.ATTRIBUTE_COUNT_OFFSET);
        for (int at = keys; at < offset + length; at += Short.BYTES) {
            define(u16(bytes, at));
        }
    }

    private void define(int id) {
        if (id == NameTable.NONE || definedIn[id] == batch) {
            return;
        }
        definedIn[id] = batch;
        byte[] text = names.text(id);
        definitions.putShort(definitionBytes, (short) id);
        definitions.putShort(definitionBytes + Short.BYTES, (short) text.length);
        definitions.put(definitionBytes + CompactRows.DEFINITION_BYTES, text);
        definitionBytes += CompactRows.DEFINITION_BYTES + text.length;
    }

    private static ByteBuffer grown(ByteBuffer full, int used, int more) {
        ByteBuffer larger = buffer(Math.max(2 * full.capacity(), used + more));
        larger.put(0, full, 0, used);
        return larger;
    }

    public int count() {
        return count;
    }

    /** The names, little endian, from position to limit; valid until the batch changes. */
    public ByteBuffer definitions() {
        return definitions.limit(definitionBytes).position(0);
    }

    /** The rows, little endian, from position to limit; valid until the batch changes. */
    public ByteBuffer rows() {
        return rows.limit(rowBytes).position(0);
    }

    /** Begins the next batch. */
    public void clear() {
        rows.clear();
        definitions.clear();
        rowBytes = 0;
        definitionBytes = 0;
        count = 0;
        batch++;
    }

    private static int u16(byte[] bytes, int offset) {
        return bytes[offset] & 0xFF | (bytes[offset + 1] & 0xFF) << 8;
    }
}
