package dev.raftsman.search;

import java.util.Arrays;

/**
 * Distinct words of a piece of text, as hashes, for its {@link TokenFilter}. Of so many at most; beyond, it says that it is
 * not whole. One thread.
 */
public final class TokenSet {
    /** Shorter words are in nearly every block, and shorter numbers are. */
    public static final int MIN_LETTERS = 3;

    public static final int MIN_DIGITS = 8;

    private static final int FEW = 1 << 9;

    private final int max;

    /** Of twice as many places as words at least; grows with them, as most texts are short. */
    private long[] table;

    private int count;
    private boolean whole = true;

    /** @param max words, a power of two; each takes up to 16 bytes of memory */
    public TokenSet(int max) {
        this.max = max;
        this.table = new long[2 * Math.min(max, FEW)];
    }

    public void clear() {
        if (count > 0) {
            Arrays.fill(table, 0);
        }
        count = 0;
        whole = true;
    }

    public int count() {
        return count;
    }

    /** Whether every word worth it is in here. */
    boolean whole() {
        return whole;
    }

    /** The hash of a word that filters know; 0 for a word that none knows. */
    static long hash(byte[] word, int from, int length) {
        boolean digits = true;
        for (int i = from; i < from + length && digits; i++) {
            digits = WordBytes.KINDS[word[i] & 0xFF] == WordBytes.DIGIT;
        }
        if (length < (digits ? MIN_DIGITS : MIN_LETTERS)) {
            return 0;
        }
        long hash = WordBytes.hash(word, from, length);
        return hash == 0 ? 1 : hash;
    }

    public void add(byte[] text, int from, int length) {
        if (!whole) {
            return;
        }
        long hash = hash(text, from, length);
        if (hash == 0) {
            return;
        }
        int at = place(hash);
        if (table[at] == hash) {
            return;
        }
        if (count == max) {
            whole = false;
            return;
        }
        if (2 * count == table.length) {
            grow();
            at = place(hash);
        }
        table[at] = hash;
        count++;
    }

    /** Where the hash is, or would be. */
    private int place(long hash) {
        int mask = table.length - 1;
        int at = (int) (hash >>> 40) & mask;
        while (table[at] != 0 && table[at] != hash) {
            at = at + 1 & mask;
        }
        return at;
    }

    private void grow() {
        long[] words = table;
        table = new long[2 * words.length];
        for (long hash : words) {
            if (hash != 0) {
                table[place(hash)] = hash;
            }
        }
    }

    /** Every word of a text. */
    public void addWords(byte[] text, int from, int length) {
        int end = from + length;
        for (int at = from; at < end && whole; at++) {
            int start = at;
            while (at < end && WordBytes.KINDS[text[at] & 0xFF] > 0) {
                at++;
            }
            if (at > start) {
                add(text, start, at - start);
            }
        }
    }

    /** The hashes, the others being 0. */
    long[] table() {
        return table;
    }
}
