package dev.raftsman.search;

import java.util.Arrays;

/**
 * Which words a piece of text may hold: a Bloom filter over its runs of letters and digits, of four probes and eight bits a
 * word, or of three to eight where the room is scarce. A word that is there is never denied; of words that are not there, one
 * in 42 is not denied, with three bits a word two in seven. Words of less than three letters, numbers of less than eight
 * digits, and words of which there were too many are not in it: of these it denies nothing. Immutable.
 *
 * <pre>
 * varint bytes; 0: nothing is denied, no bits follow
 * the bits: {@code bytes} bytes, the lowest bit of a byte first; probe i is at (a + i * b) mod (8 * bytes), a and b the
 * halves of the word's hash, b odd, taken without sign
 * </pre>
 */
public final class TokenFilter {
    static final int PROBES = 4;

    /** Of one filter. */
    public static final int MAX_BYTES = 1 << 16;

    /** With fewer bits a word, most words that are not there would not be denied. */
    private static final double LEAST_BYTES_OF_WORD = 3 / 8.0;

    /** Denies nothing. */
    public static final TokenFilter NONE = new TokenFilter(new byte[0]);

    /** Denies every word that filters know. */
    static final TokenFilter DENIES_ALL = new TokenFilter(new byte[1]);

    private final byte[] bits;

    private TokenFilter(byte[] bits) {
        this.bits = bits;
    }

    /** @param mostBytes that it may have: beyond, it would cost more than it saves; {@link #MAX_BYTES} at any rate */
    public static TokenFilter of(TokenSet words, int mostBytes) {
        int bytes = Math.min(words.count(), Math.min(mostBytes, MAX_BYTES));
        if (!words.whole() || bytes < 1 || bytes < words.count() * LEAST_BYTES_OF_WORD) {
            return NONE;
        }
        byte[] bits = new byte[bytes];
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
