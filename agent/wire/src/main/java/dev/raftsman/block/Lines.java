package dev.raftsman.block;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Finds newlines eight bytes at a time. The test for a zero byte is the exact one (Warren, Hacker's Delight, 6-1): the
 * shorter form can also mark the byte after a true match.
 */
public final class Lines {
    private static final long NEWLINES = 0x0A0A0A0A0A0A0A0AL;
    private static final long LOW_BITS = 0x7F7F7F7F7F7F7F7FL;

    private Lines() {}

    private static long newlineBits(long word) {
        long x = word ^ NEWLINES;
        return ~((x & LOW_BITS) + LOW_BITS | x | LOW_BITS);
    }

    /** How many newlines lie in {@code [from, to)}. The buffer's position, limit and order do not matter. */
    public static int count(ByteBuffer bytes, int from, int to) {
        ByteBuffer little = bytes.order() == ByteOrder.LITTLE_ENDIAN
                ? bytes
                : bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        int count = 0;
        int at = from;
        for (; at <= to - 8; at += 8) {
            count += Long.bitCount(newlineBits(little.getLong(at)));
        }
        for (; at < to; at++) {
            count += little.get(at) == '\n' ? 1 : 0;
        }
        return count;
    }

    /** The offset of the first newline in {@code [from, to)}, or {@code to} if there is none. */
    public static int next(ByteBuffer bytes, int from, int to) {
        ByteBuffer little = bytes.order() == ByteOrder.LITTLE_ENDIAN
                ? bytes
                : bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        int at = from;
        for (; at <= to - 8; at += 8) {
            long bits = newlineBits(little.getLong(at));
            if (bits != 0) {
                return at + (Long.numberOfTrailingZeros(bits) >>> 3);
            }
        }
        while (at < to && little.get(at) != '\n') {
            at++;
        }
        return at;
    }

    /** The offset after the last newline in {@code [from, to)}, or {@code from} if there is none. */
    public static int endOfLast(ByteBuffer bytes, int from, int to) {
        int at = to;
        while (at > from && bytes.get(at - 1) != '\n') {
            at--;
        }
        return at;
    }
}
