package dev.raftsman.cold;

import java.util.Arrays;

/**
 * The columns of choices in one template, and what one tells of the next: a client's address mostly of its browser, a path of
 * its size. A choice can then be written as a code:
 *
 * <pre>
 *   0     the value that stood here when the other column last had the value it has now; the next new one if it never had
 *   1     the next new one, in the order of the distinct values
 *   2 + n value n
 * </pre>
 *
 * One thread.
 */
final class Companions {
    /** So many columns back are tried. */
    private static final int MAX = 8;

    /** The other column is this one, one line before. */
    static final int SELF = 0;

    static final int PREDICTED = 0;
    static final int NEW = 1;
    static final int VALUES = 2;

    private static final int SAMPLE = 1 << 12;

    private static final double LN_2 = StrictMath.log(2);

    private final int[][] ids = new int[MAX][0];
    private final int[] choices = new int[MAX];
    private int count;
    private int[] last = new int[1 << 10];
    private int[] tally = new int[1 << 10];

    void clear() {
        count = 0;
    }

    /** Takes a column in, for those that follow. */
    void add(long[] column, int lines, int choicesOfIt) {
        int at = count++ % MAX;
        if (ids[at].length < lines) {
            ids[at] = new int[Math.max(lines, ids[at].length * 2)];
        }
        for (int i = 0; i < lines; i++) {
            ids[at][i] = (int) column[i];
        }
        choices[at] = choicesOfIt;
    }

    private int slot(int back) {
        return (count - back) % MAX;
    }

    /** @return which column back tells most, or {@link #SELF}; the codes that it gives are written, too */
    int best(long[] column, int lines, long[] codes) {
        int best = SELF;
        int fewest = Integer.MAX_VALUE;
        int sample = Math.min(lines, SAMPLE);
        for (int back = SELF; back <= Math.min(count, MAX); back++) {
            int missed = encode(back, column, sample, codes);
            if (missed < fewest) {
                fewest = missed;
                best = back;
            }
        }
        encode(best, column, lines, codes);
        return best;
    }

    /** @return how many are neither as expected nor new */
    private int encode(int back, long[] column, int lines, long[] codes) {
        int[] other = back == SELF ? null : ids[slot(back)];
        clearLast(back == SELF ? 1 : choices[slot(back)]);
        int fresh = 0;
        int missed = 0;
        for (int i = 0; i < lines; i++) {
            int at = other == null ? 0 : other[i];
            int id = (int) column[i];
            int expected = last[at] == 0 ? fresh : last[at] - 1;
            boolean isNew = id == fresh;
            codes[i] = id == expected ? PREDICTED : isNew ? NEW : id + VALUES;
            missed += codes[i] >= VALUES ? 1 : 0;
            fresh += isNew ? 1 : 0;
            last[at] = id + 1;
        }
        return missed;
    }

    private void clearLast(int size) {
        if (last.length < size) {
            last = new int[Math.max(size, last.length * 2)];
        }
        Arrays.fill(last, 0, size, 0);
    }

    /** Bits that numbers below a limit take at least, each by how often it is there. */
    double bits(long[] numbers, int lines, int limit) {
        if (tally.length < limit) {
            tally = new int[Math.max(limit, tally.length * 2)];
        }
        Arrays.fill(tally, 0, limit, 0);
        for (int i = 0; i < lines; i++) {
            tally[(int) numbers[i]]++;
        }
        double nats = 0;
        for (int i = 0; i < limit; i++) {
            if (tally[i] > 0) {
                nats += tally[i] * StrictMath.log((double) lines / tally[i]); // The same on every machine.
            }
        }
        return nats / LN_2;
    }
}
