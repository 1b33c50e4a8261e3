package dev.raftsman.block;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * What is true of every event of a block, such as the host or the pod it comes from: written once a block instead of once
 * an event. Immutable, in the order of the keys.
 */
public final class Labels {
    /** Most bytes that labels may take, encoded. */
    public static final int MAX_BYTES = 8 << 10;

    public static final Labels NONE = new Labels(Map.of());

    private final Map<String, String> values;
    private final byte[] encoded;

    private Labels(Map<String, String> values) {
        this.values = Collections.unmodifiableMap(new TreeMap<>(values));
        this.encoded = encode();
    }

    /** @throws IllegalArgumentException if a key is empty, or if they are longer than {@link #MAX_BYTES} */
    public static Labels of(Map<String, String> values) {
        if (values.isEmpty()) {
            return NONE;
        }
        if (values.containsKey("")) {
            throw new IllegalArgumentException("label without a name");
        }
        Labels labels = new Labels(values);
        if (labels.bytes() > MAX_BYTES) {
            throw new IllegalArgumentException(
                    "labels of " + labels.bytes() + " bytes; expected at most " + MAX_BYTES + " in all");
        }
        return labels;
    }

    /** These and others; where both have a key, the other's value counts. */
    public Labels with(Labels others) {
        if (others.isEmpty()) {
            return this;
        }
        Map<String, String> all = new TreeMap<>(values);
        all.putAll(others.values);
        return of(all);
    }

    public boolean isEmpty() {
        return values.isEmpty();
    }

    public Map<String, String> asMap() {
        return values;
    }

    private byte[] encode() {
        if (values.isEmpty()) {
            return new byte[0];
        }
        Column column = new Column();
        column.varint(values.size());
        values.forEach((key, value) -> {
            text(column, key);
            text(column, value);
        });
        ByteBuffer whole = ByteBuffer.allocate(Short.BYTES + column.length()).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        whole.putShort((short) column.length());
        column.copyTo(whole);
        return whole.array();
    }

    private static void text(Column column, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        column.varint(bytes.length);
        column.append(bytes, 0, bytes.length);
    }

    /** Bytes they take at the beginning of a block's columns, the length before them included; 0 if there are none. */
    public int bytes() {
        return encoded.length;
    }

    /** Writes them where the columns begin. The buffer's position does not matter and is not moved. */
    void put(ByteBuffer columns, int offset) {
        columns.put(offset, encoded);
    }

    /**
     * @param columns little endian, from the first byte of the columns on
     * @throws CorruptBlockException if there are no labels
     */
    static Labels read(ByteBuffer columns) {
        int end = end(columns);
        ByteBuffer in = columns.slice(Short.BYTES, end - Short.BYTES);
        try {
            Map<String, String> values = new TreeMap<>();
            for (int left = varint(in); left > 0; left--) {
                values.put(text(in), text(in));
            }
            if (in.hasRemaining()) {
                throw new CorruptBlockException("block: " + in.remaining() + " bytes behind the labels");
            }
            return new Labels(values);
        } catch (java.nio.BufferUnderflowException | IndexOutOfBoundsException e) {
            throw new CorruptBlockException("block: labels do not fit together", e);
        }
    }

    /** Where labels end and the columns go on. */
    static int end(ByteBuffer columns) {
        int end = columns.limit() < Short.BYTES ? -1 : Short.BYTES + Short.toUnsignedInt(columns.getShort(0));
        if (end < 0 || end > columns.limit() || end > MAX_BYTES) {
            throw new CorruptBlockException("block: labels up to byte " + end + " of " + columns.limit());
        }
        return end;
    }

    private static int varint(ByteBuffer in) {
        int value = 0;
        for (int shift = 0; shift < 28; shift += 7) {
            byte b = in.get();
            value |= (b & 0x7F) << shift;
            if (b >= 0) {
                return value;
            }
        }
        throw new CorruptBlockException("block: number too long in the labels");
    }

    private static String text(ByteBuffer in) {
        int length = varint(in);
        if (length > in.remaining()) {
            throw new CorruptBlockException("block: label of " + length + " bytes");
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Labels labels && labels.values.equals(values);
    }

    @Override
    public int hashCode() {
        return values.hashCode();
    }

    @Override
    public String toString() {
        return values.toString();
    }
}
