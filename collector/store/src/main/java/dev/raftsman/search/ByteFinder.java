package dev.raftsman.search;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Finds bytes in bytes, eight places at a time: two bytes of what is looked for, the two that logs have least, are compared
 * with the text at their distance, and only where both are there the rest is. So the text is passed at the speed of memory
 * as long as it holds no such pair. Immutable, for any thread.
 */
final class ByteFinder {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGH_BITS = 0x8080808080808080L;

    /** Of bytes in logs, the most frequent first; all others are rarer. */
    private static final String FREQUENT =
            " 0etaoinsr12l3c5d4:.-86h7u9mp=/gfbyv,w\"[]_k()AETISRDCNOLPxjMFUBG;Hqz'<>{}WVYK@|%+#*&X$ZQJ\t!?~^\\`";

    /** For each byte, how often it is: 0 for those that are not in the table. */
    private static final int[] RANKS = ranks();

    private final byte[] wanted;
    private final boolean ignoringCase;
    private final int rare;
    private final int rarer;
    private final long rareBytes;
    private final long rareFold;
    private final long rarerBytes;
    private final long rarerFold;

    /**
     * @param wanted at least one byte
     * @param ignoringCase of the letters of ASCII
     */
    ByteFinder(byte[] wanted, boolean ignoringCase) {
        if (wanted.length == 0) {
            throw new IllegalArgumentException("nothing is looked for");
        }
        this.wanted = wanted.clone();
        this.ignoringCase = ignoringCase;
        if (ignoringCase) {
            for (int i = 0; i < wanted.length; i++) {
                this.wanted[i] = lower(wanted[i]);
            }
        }
        int first = rarest(-1);
        int second = wanted.length == 1 ? first : rarest(first);
        this.rare = Math.min(first, second);
        this.rarer = Math.max(first, second);
        this.rareBytes = ONES * (this.wanted[rare] & 0xFFL);
        this.rareFold = fold(this.wanted[rare]);
        this.rarerBytes = ONES * (this.wanted[rarer] & 0xFFL);
        this.rarerFold = fold(this.wanted[rarer]);
    }

    private static int[] ranks() {
        int[] ranks = new int[256];
        for (int i = 0; i < FREQUENT.length(); i++) {
            ranks[FREQUENT.charAt(i)] = FREQUENT.length() - i;
        }
        return ranks;
    }

    private int rarest(int besides) {
        int best = -1;
        for (int i = 0; i < wanted.length; i++) {
            boolean better = best < 0 || rank(wanted[i]) < rank(wanted[best]);
            best = i != besides && better ? i : best;
        }
        return best;
    }

    private int rank(byte b) {
        int rank = RANKS[b & 0xFF];
        boolean letter = b >= 'a' && b <= 'z';
        return ignoringCase && letter ? Math.max(rank, RANKS[b - 'a' + 'A']) : rank;
    }

    /** The bit that makes letters small; only where a letter is looked for. Others that it meets are sorted out later. */
    private long fold(byte b) {
        return ignoringCase && b >= 'a' && b <= 'z' ? ONES * 0x20 : 0;
    }

    private static byte lower(byte b) {
        return b >= 'A' && b <= 'Z' ? (byte) (b + 0x20) : b;
    }

    int length() {
        return wanted.length;
    }

    /** @return where it begins next, in {@code [from, to)} as a whole; -1 if it is not there */
    int next(byte[] text, int from, int to) {
        int last = to - wanted.length;
        int at = from;
        for (; at <= last - 7; at += 8) {
            long a = ((long) LONGS.get(text, at + rare) | rareFold) ^ rareBytes;
            long b = ((long) LONGS.get(text, at + rarer) | rarerFold) ^ rarerBytes;
            long zeros = zeroBytes(a | b);
            while (zeros != 0) {
                int candidate = at + (Long.numberOfTrailingZeros(zeros) >>> 3);
                if (isAt(text, candidate)) {
                    return candidate;
                }
                zeros &= zeros - 1;
            }
        }
        for (; at <= last; at++) {
            if (isAt(text, at)) {
                return at;
            }
        }
        return -1;
    }

    /** Marks every zero byte, and perhaps some byte above one, which the comparison sorts out. */
    private static long zeroBytes(long word) {
        return word - ONES & ~word & HIGH_BITS;
    }

    private boolean isAt(byte[] text, int at) {
        for (int i = 0; i < wanted.length; i++) {
            byte b = text[at + i];
            if ((ignoringCase ? lower(b) : b) != wanted[i]) {
                return false;
            }
        }
        return true;
    }
}
