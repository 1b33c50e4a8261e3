package dev.raftsman.block;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** Bytes that grow: one column while its block is built. Cleared, not freed, between blocks. */
final class Column {
    private byte[] bytes = new byte[256];
    private int length;

    void clear() {
        length = 0;
    }

    int length() {
        return length;
    }

    byte[] bytes() {
        return bytes;
    }

    void u8(int value) {
        room(1);
        bytes[length++] = (byte) value;
    }

    void i64(long value) {
        room(8);
        for (int i = 0; i < 8; i++) {
            bytes[length++] = (byte) (value >>> 8 * i);
        }
    }

    /** LEB128: seven bits a byte, the lowest first. */
    void varint(long value) {
        room(10);
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            bytes[length++] = (byte) (rest & 0x7F | 0x80);
            rest >>>= 7;
        }
        bytes[length++] = (byte) rest;
    }

    void zigzag(long value) {
        varint(value << 1 ^ value >> 63);
    }

    void append(ByteBuffer from, int offset, int count) {
        room(count);
        from.get(offset, bytes, length, count);
        length += count;
    }

    void append(byte[] from, int offset, int count) {
        room(count);
        System.arraycopy(from, offset, bytes, length, count);
        length += count;
    }

    private void room(int more) {
        if (bytes.length - length < more) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
        }
    }

    void copyTo(ByteBuffer target) {
        target.put(bytes, 0, length);
    }
}
