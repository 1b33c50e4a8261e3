package dev.raftsman.cold;

/**
 * Runs of decimal digits as numbers, one for one, leading zeros included: shorter runs count before longer ones, and those of
 * one length by what they say. {@code 0} to {@code 9} are 0 to 9, {@code 00} to {@code 99} are 10 to 109, and so on.
 */
final class Digits {
    /** Digits that surely fit in a number of 64 bits without a sign. */
    static final int MAX = 19;

    /** By length: the number of the run of zeros, which is how many shorter runs there are. */
    private static final long[] FIRST = first();

    private Digits() {}

    private static long[] first() {
        long[] first = new long[MAX + 2];
        long power = 1;
        for (int length = 1; length <= MAX; length++) {
            power *= 10; // Of the longest, without a sign.
            first[length + 1] = first[length] + power;
        }
        return first;
    }

    /**
     * @param value of the digits, without a sign
     * @param length 1 to {@link #MAX}
     */
    static long number(long value, int length) {
        return FIRST[length] + value;
    }

    /** How long the run of that number is; more than {@link #MAX} if there is none. */
    static int length(long number) {
        int bits = Long.SIZE - Long.numberOfLeadingZeros(number);
        int length = Math.max(1, (bits - 1) * 1233 >> 12); // log10(2) of them: at most two too short.
        while (length <= MAX && Long.compareUnsigned(number, FIRST[length + 1]) >= 0) {
            length++;
        }
        return length;
    }

    /** What the digits of that number say. */
    static long value(long number, int length) {
        return number - FIRST[length];
    }
}
