package dev.raftsman.search;

import java.util.Arrays;

/**
 * Which words a piece of text may hold: a Bloom filter over its runs of letters and digits, of eight bits a word and four
 * probes. A word that is there is never denied; of words that are not there, one in {@code 1 / }{@link
 * #falsePositiveRate} is not denied. Words of less than three letters, numbers of less than eight digits, and words of
 * which there were too many are not in it: of these it denies nothing. Immutable.
 *
 * <pre>
 * varint words; 0: nothing is denied, no bits follow
 * the bits: {@code words} bytes, the lowest bit of a byte first; probe i is at (a + i * b) mod (8 * words), a and b the
 * halves of the word's hash, b odd, taken without sign
 * </pre>
 */
public final class TokenFilter {
    static final int PROBES = 4;

    /** A filter of more than this part of its text would cost more than it saves. */
    static final int MOST_OF_BLOCK = 16;

    /** Denies nothing. */
    public static final TokenFilter NONE = new TokenFilter(new byte[0]);

    private final byte[] bits;

    private TokenFilter(byte[] bits) {
        this.bits = bits;
    }

    /** @param blockBytes of the text that the words are of */
    public static TokenFilter of(TokenSet words, int blockBytes) {
        if (!words.whole() || words.count() == 0 || words.count() > blockBytes / MOST_OF_BLOCK) {
            return NONE;
        }
        byte[] bits = new byte[words.count()];
        for (long hash : words.table()) {
            if (hash != 0) {
                for (int i = 0; i < PROBES; i++) {
                    int at = probe(hash, i, bits.length);
                    bits[at >>> 3] |= (byte) (1 << (at & 7));
                }
            }
        }
        return new TokenFilter(bits);
    }

    private static int probe(long hash, int probe, int bytes) {
        long a = hash >>> 32;
        long b = hash & 0xFFFFFFFFL | 1;
        return (int) ((a + probe * b) % (bytes * 8L));
    }

    /** False if the word is surely not there as a whole run of letters and digits. */
    public boolean mayContain(byte[] word) {
        long hash = TokenSet.hash(word, 0, word.length);
        if (hash == 0 || bits.length == 0) {
            return true;
        }
        for (byte b : word) {
            if (WordBytes.KINDS[b & 0xFF] <= 0) {
                return true; // Not one word.
            }
        }
        for (int i = 0; i < PROBES; i++) {
            int at = probe(hash, i, bits.length);
            if ((bits[at >>> 3] & 1 << (at & 7)) == 0) {
                return false;
            }
        }
        return true;
    }

    /** How many of the words that are not there it does not deny, by the bits that are set; 1 if it denies nothing. */
    public double falsePositiveRate() {
        int set = 0;
        for (byte b : bits) {
            set += Integer.bitCount(b & 0xFF);
        }
        return bits.length == 0 ? 1 : Math.pow(set / (bits.length * 8.0), PROBES);
    }

    /** Bytes of its bits. */
    public int bytes() {
        return bits.length;
    }

    /** The bits as they are stored; none if it denies nothing. The caller may keep them. */
    public byte[] bits() {
        return bits.clone();
    }

    /** @param bits as {@link #bits()} gave them, of {@code from} to {@code to} */
    public static TokenFilter ofBits(byte[] bits, int from, int to) {
        return from == to ? NONE : new TokenFilter(Arrays.copyOfRange(bits, from, to));
    }
}
