package dev.raftsman.cold;

import dev.raftsman.block.Block;
import dev.raftsman.search.TokenSet;
import java.util.Arrays;

/**
 * The twelve columns of the records of events in one cold block: the texts go to the encoder of text piece by piece, the
 * times become one column of numbers, the others lie behind those of other records. One thread.
 */
final class EventColumns {
    static final int COUNT = 12;

    /** Before the columns, how long each is. */
    static final int LENGTHS_BYTES = COUNT * Integer.BYTES;

    static final int TIMES = 0;
    static final int LENGTHS = 10;
    static final int TEXTS = 11;

    private final TextEncoder text;
    private final Lanes lanes;
    private final TokenSet tokens;
    private int[] starts = new int[16];
    private int[] counts = new int[16];
    private int records;
    private long[] times = new long[1 << 10];

    /** @param tokens takes the words of all columns, or null */
    EventColumns(TextEncoder text, Lanes lanes, TokenSet tokens) {
        this.text = text;
        this.lanes = lanes;
        this.tokens = tokens;
    }

    void clear() {
        records = 0;
    }

    /** Whether the columns of events lie as they should; what does not is stored as it is. */
    static boolean fit(byte[] plain, int from, int end, int count) {
        if (end - from < LENGTHS_BYTES) {
            return false;
        }
        long total = LENGTHS_BYTES;
        long lengthsAt = 0;
        for (int i = 0; i < COUNT; i++) {
            int length = length(plain, from, i);
            if (length < 0) {
                return false;
            }
            if (i == LENGTHS) {
                lengthsAt = from + total;
            }
            total += length;
        }
        if (total != end - from) {
            return false;
        }
        LaneReader pieces = new LaneReader(plain, (int) lengthsAt, (int) lengthsAt + length(plain, from, LENGTHS));
        try {
            long texts = 0;
            for (int i = 0; i < 2L * count; i++) {
                texts += pieces.varint(Block.MAX_INFLATED_BYTES);
            }
            return pieces.at == pieces.end && texts == length(plain, from, TEXTS);
        } catch (DamageException e) {
            return false;
        }
    }

    private static int length(byte[] plain, int from, int column) {
        int at = from + column * Integer.BYTES;
        return plain[at] & 0xFF | (plain[at + 1] & 0xFF) << 8 | (plain[at + 2] & 0xFF) << 16 | plain[at + 3] << 24;
    }

    /**
     * Takes a record in, all but its times.
     *
     * @param from where its columns begin, which {@link #fit}
     */
    void add(byte[] plain, int from, int count) {
        if (records == starts.length) {
            starts = Arrays.copyOf(starts, records * 2);
            counts = Arrays.copyOf(counts, records * 2);
        }
        starts[records] = from;
        counts[records++] = count;
        int at = from + LENGTHS_BYTES;
        int lengthsAt = 0;
        for (int i = 0; i < TEXTS; i++) {
            int length = length(plain, from, i);
            if (i != TIMES) {
                lanes.get(Lanes.EVENTS + i).append(plain, at, length);
                if (tokens != null) {
                    tokens.addWords(plain, at, length);
                }
            }
            if (i == LENGTHS) {
                lengthsAt = at;
            }
            at += length;
        }
        LaneReader pieces = new LaneReader(plain, lengthsAt, at);
        while (pieces.at < pieces.end) {
            int length = pieces.varint(Block.MAX_INFLATED_BYTES);
            text.add(plain, at, at + length);
            at += length;
        }
    }

    /** Writes the lengths of the columns and the times of all records. */
    void write(byte[] plain, Numbers numbers) {
        if (records == 0) {
            return;
        }
        Lane meta = lanes.get(Lanes.META);
        long[] lengths = new long[records];
        for (int column = 0; column < COUNT; column++) {
            for (int i = 0; i < records; i++) {
                lengths[i] = length(plain, starts[i], column);
            }
            numbers.write(lengths, records, meta, lanes);
        }
        int count = readTimes(plain);
        meta.u8(count > 0 ? 1 : 0);
        if (count > 0) {
            numbers.write(times, count, meta, lanes);
        } else {
            for (int i = 0; i < records; i++) {
                lanes.get(Lanes.EVENTS + TIMES)
                        .append(plain, starts[i] + LENGTHS_BYTES, length(plain, starts[i], TIMES));
            }
        }
    }

    /** @return how many times there are; 0 if some are not written as the shortest numbers */
    private int readTimes(byte[] plain) {
        int found = 0;
        for (int i = 0; i < records; i++) {
            if (times.length < found + counts[i]) {
                times = Arrays.copyOf(times, Math.max(found + counts[i], times.length * 2));
            }
            int start = starts[i] + LENGTHS_BYTES;
            LaneReader in = new LaneReader(plain, start, start + length(plain, starts[i], TIMES));
            try {
                long time = i64(plain, in.skip(Long.BYTES));
                times[found++] = time;
                for (int event = 1; event < counts[i]; event++) {
                    int before = in.at;
                    long zigzag = in.varint();
                    if (in.at - before != varintBytes(zigzag)) {
                        return 0;
                    }
                    time += zigzag >>> 1 ^ -(zigzag & 1);
                    times[found++] = time;
                }
            } catch (DamageException e) {
                return 0;
            }
            if (in.at != in.end) {
                return 0;
            }
        }
        return found;
    }

    static long i64(byte[] bytes, int at) {
        long value = 0;
        for (int i = 7; i >= 0; i--) {
            value = value << 8 | bytes[at + i] & 0xFF;
        }
        return value;
    }

    private static int varintBytes(long value) {
        return Math.max(1, (70 - Long.numberOfLeadingZeros(value)) / 7);
    }
}
