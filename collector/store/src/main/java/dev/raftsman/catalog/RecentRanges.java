package dev.raftsman.catalog;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The last blocks accepted of an epoch, to tell a block that comes again from another one under the same sequences. The
 * limit is part of the replicated behaviour: a block that came before the last {@value #LIMIT} is taken for the same.
 */
final class RecentRanges {
    /** One block remembered. */
    record Range(long first, int count, int crc) {}

    static final int LIMIT = 64;

    private static final int INITIAL = 4;

    private Range[] ranges = new Range[INITIAL];
    private int size;
    private int next;

    void add(Range range) {
        if (next == ranges.length && ranges.length < LIMIT) {
            ranges = Arrays.copyOf(ranges, ranges.length * 2);
        }
        next = next == ranges.length ? 0 : next;
        ranges[next++] = range;
        size = Math.min(size + 1, ranges.length);
    }

    /** Whether a block with exactly these sequences is remembered with other bytes. */
    boolean conflicts(long first, int count, int crc) {
        for (int i = 0; i < size; i++) {
            Range range = ranges[i];
            if (range.first == first && range.count == count) {
                return range.crc != crc;
            }
        }
        return false;
    }

    /** Oldest first. */
    List<Range> inOrder() {
        List<Range> inOrder = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            inOrder.add(ranges[size < ranges.length ? i : (next + i) % size]);
        }
        return inOrder;
    }
}
