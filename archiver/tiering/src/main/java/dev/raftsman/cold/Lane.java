package dev.raftsman.cold;

import java.util.Arrays;

/** Bytes that grow: one lane of a cold block while it is built. Cleared, not freed, between blocks. */
final class Lane {
    byte[] bytes;
    int length;

    /** Not only numbers. */
    boolean text;

    Lane(int room) {
        bytes = new byte[room];
    }

    void clear() {
        length = 0;
    }

    /** Makes room and moves the end. @return where the room begins */
    int take(int count) {
        int from = length;
        if (bytes.length - from < count) {
            grow(count);
        }
        length = from + count;
        return from;
    }

    private void grow(int more) {
        bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, Math.addExact(length, more)));
    }

    void u8(int value) {
        int at = take(1); // Which may change the array.
        bytes[at] = (byte) value;
    }

    /** LEB128: seven bits a byte, the lowest first. */
    void varint(long value) {
        int at = take(10);
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            bytes[at++] = (byte) (rest & 0x7F | 0x80);
            rest >>>= 7;
        }
        bytes[at++] = (byte) rest;
        length = at;
    }

    void zigzag(long value) {
        varint(value << 1 ^ value >> 63);
    }

    void append(byte[] from, int offset, int count) {
        int at = take(count);
        System.arraycopy(from, offset, bytes, at, count);
    }
}
