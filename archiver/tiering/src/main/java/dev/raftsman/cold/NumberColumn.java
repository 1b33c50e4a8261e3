package dev.raftsman.cold;

/** Reads the numbers of one column in their order; see {@link Numbers}. Never more of them than it was opened for. */
final class NumberColumn {
    private final byte[][] planes;
    private final int[] at;
    private final int width;
    private final long divisor;
    private final boolean deltas;
    private final byte[] low;
    private int index;
    private long value;

    NumberColumn(byte[][] planes, int[] at, long base, long divisor, boolean deltas) {
        this.planes = planes;
        this.at = at;
        this.width = planes.length;
        this.low = width > 0 ? planes[0] : null;
        this.value = base;
        this.divisor = divisor;
        this.deltas = deltas;
    }

    /** The same from its beginning; of one that nothing was read of. */
    NumberColumn copy() {
        return new NumberColumn(planes, at, value, divisor, deltas);
    }

    /** What {@link #next} will give. */
    long peek() {
        int indexNow = index;
        long valueNow = value;
        long next = next();
        index = indexNow;
        value = valueNow;
        return next;
    }

    long next() {
        if (width == 0) {
            return value;
        }
        long distance = low[at[0] + index] & 0xFFL;
        if (width > 1) {
            distance |= higher();
        }
        index++;
        if (!deltas) {
            return value + distance * divisor;
        }
        value += (distance >>> 1 ^ -(distance & 1)) * divisor;
        return value;
    }

    private long higher() {
        long higher = (planes[1][at[1] + index] & 0xFFL) << 8;
        for (int i = 2; i < width; i++) {
            higher |= (planes[i][at[i] + index] & 0xFFL) << i * 8;
        }
        return higher;
    }
}
