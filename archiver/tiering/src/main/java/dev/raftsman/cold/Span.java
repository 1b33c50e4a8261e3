package dev.raftsman.cold;

/** A piece of text as one number: offset in the upper half, length in the lower. */
final class Span {
    private Span() {}

    static long of(int offset, int length) {
        return (long) offset << 32 | length;
    }

    static int offset(long span) {
        return (int) (span >>> 32);
    }

    static int length(long span) {
        return (int) span;
    }

    static int end(long span) {
        return offset(span) + length(span);
    }

    static boolean same(byte[] text, long a, long b) {
        return length(a) == length(b) && Templates.same(text, offset(a), text, offset(b), length(a));
    }
}
