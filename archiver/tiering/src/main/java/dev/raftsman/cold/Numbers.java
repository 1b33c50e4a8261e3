package dev.raftsman.cold;

/**
 * A column of numbers: their distances from the least one, or from one to the next, divided by what divides all of them,
 * in as few bytes as the greatest needs, the lowest bytes of all first. Bytes of one weight lie together, since the
 * high ones compress and the low ones do not.
 *
 * <pre>
 * META: u8 width 0-8 | 16 deltas | 32 divided; zigzag base; if divided varint divisor; the bytes: lanes of columns
 * </pre>
 */
final class Numbers {
    static final int DELTAS = 16;
    static final int DIVIDED = 32;
    static final int WIDTH_MASK = 15;

    /** Dividing pays only where it saves bytes. */
    private static final int DIVIDE_FROM_BITS = 17;

    /** So that the difference of two distances has a sign. */
    private static final long MAX_DIVIDED = 1L << 62;

    private long[] distances = new long[1 << 10];

    /** Writes {@code count} numbers, at least one. */
    void write(long[] values, int count, Lane meta, Lanes lanes) {
        long min = values[0];
        long max = values[0];
        long previous = values[0];
        long deltaBits = 0;
        long deltas = 0;
        for (int i = 0; i < count; i++) {
            long value = values[i];
            min = Math.min(min, value);
            max = Math.max(max, value);
            long delta = value - previous;
            long zigzag = delta << 1 ^ delta >> 63;
            deltas |= zigzag;
            deltaBits += 64 - Long.numberOfLeadingZeros(zigzag);
            previous = value;
        }
        int rangeBits = bits(max - min);
        boolean byDelta = deltaBits * 8 < (long) rangeBits * count * 7 && rangeBits > 3;
        long base = byDelta ? values[0] : min;
        int widest = byDelta ? bits(deltas) : rangeBits;
        long divisor = widest >= DIVIDE_FROM_BITS ? divisor(values, count, base) : 1;
        if (divisor > 1) {
            widest = bits(byDelta ? greatestDelta(values, count, divisor) : Long.divideUnsigned(max - min, divisor));
        }
        int width = (widest + 7) / 8;
        meta.u8(width | (byDelta ? DELTAS : 0) | (divisor > 1 ? DIVIDED : 0));
        meta.zigzag(base);
        if (divisor > 1) {
            meta.varint(divisor);
        }
        if (width > 0) {
            planes(values, count, width, byDelta, base, divisor, lanes);
        }
    }

    private static int bits(long value) {
        return 64 - Long.numberOfLeadingZeros(value);
    }

    /** What divides all distances; 1 if the distances are so great that they must be taken without a sign. */
    private static long divisor(long[] values, int count, long base) {
        long divisor = 0;
        for (int i = 0; i < count && divisor != 1; i++) {
            long distance = values[i] - base;
            if (Math.abs(distance) > MAX_DIVIDED
                    || (values[i] < base) != (distance < 0)
                    || distance == Long.MIN_VALUE) {
                return 1;
            }
            divisor = gcd(divisor, Math.abs(distance));
        }
        return Math.max(1, divisor);
    }

    private static long gcd(long a, long b) {
        long x = a;
        long y = b;
        while (y != 0) {
            long rest = x % y;
            x = y;
            y = rest;
        }
        return x;
    }

    private static long greatestDelta(long[] values, int count, long divisor) {
        long all = 0;
        for (int i = 1; i < count; i++) {
            long delta = (values[i] - values[i - 1]) / divisor;
            all |= delta << 1 ^ delta >> 63;
        }
        return all;
    }

    private void planes(long[] values, int count, int width, boolean byDelta, long base, long divisor, Lanes lanes) {
        if (distances.length < count) {
            distances = new long[Math.max(count, distances.length * 2)];
        }
        long[] to = distances;
        long previous = base;
        for (int i = 0; i < count; i++) {
            long distance = values[i] - previous;
            if (divisor > 1) {
                distance /= divisor;
            }
            if (byDelta) {
                distance = distance << 1 ^ distance >> 63;
                previous = values[i];
            }
            to[i] = distance;
        }
        for (int plane = 0; plane < width; plane++) {
            Lane lane = lanes.forColumn(count);
            int at = lane.take(count);
            byte[] bytes = lane.bytes;
            int shift = plane * 8;
            for (int i = 0; i < count; i++) {
                bytes[at + i] = (byte) (to[i] >>> shift);
            }
        }
    }
}
