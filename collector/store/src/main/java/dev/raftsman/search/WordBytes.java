package dev.raftsman.search;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** What a word is: a run of letters and digits of ASCII; and its hash. */
public final class WordBytes {
    static final byte OTHER = 0;
    static final byte DIGIT = 1;
    static final byte LETTER = 2;

    /** What each byte is. */
    static final byte[] KINDS = kinds();

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private WordBytes() {}

    private static byte[] kinds() {
        byte[] kinds = new byte[256];
        for (int c = '0'; c <= '9'; c++) {
            kinds[c] = DIGIT;
        }
        for (int c = 'a'; c <= 'z'; c++) {
            kinds[c] = LETTER;
            kinds[c - 'a' + 'A'] = LETTER;
        }
        return kinds;
    }

    /** A hash of a few bytes, the same in every process: it is stored. */
    public static long hash(byte[] bytes, int from, int length) {
        long hash = length * 0x9E3779B97F4A7C15L;
        int at = from;
        int last = from + length - 8;
        for (; at <= last; at += 8) {
            hash = mix(hash, (long) LONGS.get(bytes, at));
        }
        long tail = 0;
        for (int i = 0; at < from + length; at++, i += 8) {
            tail |= (bytes[at] & 0xFFL) << i;
        }
        return mix(hash, tail);
    }

    private static long mix(long hash, long word) {
        long mixed = (hash ^ word) * 0xBF58476D1CE4E5B9L;
        return mixed ^ mixed >>> 29;
    }
}
