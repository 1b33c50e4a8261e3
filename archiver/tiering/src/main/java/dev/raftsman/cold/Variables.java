package dev.raftsman.cold;

import dev.raftsman.search.TokenSet;
import java.util.Arrays;

/**
 * Writes one column of variables, mostly runs of letters and digits, in the way that is shortest for what they are. What
 * they are is looked at once; every way gives the same bytes back, leading zeros included. One thread.
 *
 * <pre>
 * META: u8 type, then
 *   0 CONST    varint length;                      TEXT: the bytes
 *   1 NATURAL  numbers: decimal, no leading zero
 *   2 DECIMAL  u8 width; numbers: decimal, all of this many digits
 *   3 HEX      u8 width; column: hexadecimal digits in lower case, all of this width, two a byte, the first one high
 *   4 UPPER    the same in upper case
 *   5 FIXED    varint width; column: text, all of this width
 *   6 TEXT     numbers: lengths; column: text
 *   7 CHOICE   varint count; a column of the distinct values; numbers: which of them
 *   8 DIGITS   numbers: decimal, of any width; {@link Digits}
 *   9 FOLLOWS  u8 which column: of 7 and 9 of this template the n-th back, 0 itself; varint count; a column of the distinct
 *              values, in the order in which they come; numbers: codes as {@link Companions} has them
 * </pre>
 */
final class Variables {
    static final int CONST = 0;
    static final int NATURAL = 1;
    static final int DECIMAL = 2;
    static final int HEX = 3;
    static final int UPPER = 4;
    static final int FIXED = 5;
    static final int TEXT = 6;
    static final int CHOICE = 7;
    static final int DIGITS = 8;
    static final int FOLLOWS = 9;

    static final int MAX_HEX_WIDTH = 255;
    static final int MAX_CHOICES = 1 << 16;

    private static final int MIN_FOR_CHOICE = 12;

    private final Numbers numbers = new Numbers();
    private final Companions companions = new Companions();
    private int[] table = new int[1 << 12];
    private long[] distinct = new long[1 << 10];
    private long[] distinctHashes = new long[1 << 10];
    private long[] values = new long[1 << 10];
    private long[] ids = new long[1 << 10];
    private long[] codes = new long[1 << 10];
    private TokenSet tokens;

    // What the last look at a column saw.
    private int kinds;
    private int minLength;
    private int maxLength;
    private boolean leadingZero;
    private boolean alike;
    private long textBytes;

    Numbers numbers() {
        return numbers;
    }

    /** @param set takes the words worth looking for */
    void collect(TokenSet set) {
        tokens = set;
    }

    /**
     * @param spans where the values lie: offset in the upper half, length in the lower
     * @param count at least 1
     */
    void write(byte[] text, long[] spans, int count, Lanes lanes) {
        look(text, spans, count);
        Lane meta = lanes.get(Lanes.META);
        if (alike) {
            constant(text, spans[0], meta, lanes.get(Lanes.TEXT));
            return;
        }
        boolean digits = kinds == Words.DIGIT && maxLength <= Digits.MAX;
        int choices = count < MIN_FOR_CHOICE || digits && maxLength < 3 ? 0 : choices(text, spans, count, digits);
        if (choices == 0 || !choice(text, choices, count, lanes)) {
            writeLooked(text, spans, count, lanes);
        }
    }

    /** Whether most values are there more than once. */
    boolean repeats(byte[] text, long[] spans, int count) {
        look(text, spans, count);
        return choices(text, spans, count, kinds == Words.DIGIT && maxLength <= Digits.MAX) > 0;
    }

    /** The columns that follow are of another template. */
    void beginTemplate() {
        companions.clear();
    }

    /** Writes the column as choices. @return false, and nothing is written, if its values had better be given */
    private boolean choice(byte[] text, int choices, int count, Lanes lanes) {
        if (codes.length < count) {
            codes = new long[ids.length];
        }
        double valueBits = kinds == Words.DIGIT ? 3.4 : (kinds & Words.NOT_HEX) == 0 ? 4 : 5;
        double named = companions.bits(ids, count, choices);
        int follows = companions.best(ids, count, codes);
        double followed = companions.bits(codes, count, choices + Companions.VALUES);
        boolean following = followed < named * 0.9;
        double chosen = Math.min(named, followed) + choices * valueBits * textBytes / count + 32;
        if (chosen > textBytes * valueBits * 0.9) {
            return false;
        }
        Lane meta = lanes.get(Lanes.META);
        if (following) {
            meta.u8(FOLLOWS);
            meta.u8(follows);
        } else {
            meta.u8(CHOICE);
        }
        meta.varint(choices);
        writePlainly(text, distinct, choices, lanes);
        numbers.write(following ? codes : ids, count, meta, lanes);
        companions.add(ids, count, choices);
        return true;
    }

    private void constant(byte[] text, long span, Lane meta, Lane to) {
        meta.u8(CONST);
        meta.varint(span & 0xFFFFFFFFL);
        to.append(text, (int) (span >>> 32), (int) span);
        token(text, span);
    }

    private void writePlainly(byte[] text, long[] spans, int count, Lanes lanes) {
        look(text, spans, count);
        if (alike) {
            constant(text, spans[0], lanes.get(Lanes.META), lanes.get(Lanes.TEXT));
        } else {
            writeLooked(text, spans, count, lanes);
        }
    }

    private void writeLooked(byte[] text, long[] spans, int count, Lanes lanes) {
        Lane meta = lanes.get(Lanes.META);
        boolean fixed = minLength == maxLength;
        if (kinds == Words.DIGIT && maxLength <= Digits.MAX) {
            if (fixed) {
                meta.u8(DECIMAL);
                meta.u8(maxLength);
            } else if (leadingZero) {
                meta.u8(DIGITS);
                for (int i = 0; i < count; i++) {
                    values[i] = Digits.number(values[i], (int) spans[i]);
                }
            } else {
                meta.u8(NATURAL);
            }
            numbers.write(values, count, meta, lanes);
            if (tokens != null && maxLength >= TokenSet.MIN_DIGITS) {
                tokens(text, spans, count);
            }
            return;
        }
        if (tokens != null) {
            tokens(text, spans, count);
        }
        boolean lower = (kinds & ~(Words.DIGIT | Words.LOWER_HEX)) == 0;
        boolean upper = (kinds & ~(Words.DIGIT | Words.UPPER_HEX)) == 0;
        if (fixed && (lower || upper) && maxLength <= MAX_HEX_WIDTH) {
            meta.u8(lower ? HEX : UPPER);
            meta.u8(maxLength);
            hex(text, spans, count, lanes);
        } else if (fixed) {
            meta.u8(FIXED);
            meta.varint(maxLength);
            text(text, spans, count, lanes);
        } else {
            meta.u8(TEXT);
            for (int i = 0; i < count; i++) {
                values[i] = (int) spans[i];
            }
            numbers.write(values, count, meta, lanes);
            text(text, spans, count, lanes);
        }
    }

    /** One look at all values. */
    private void look(byte[] text, long[] spans, int count) {
        if (values.length < count) {
            values = new long[Math.max(count, values.length * 2)];
        }
        byte[] kindOf = Words.COLUMN_KINDS;
        int seen = 0;
        int min = Integer.MAX_VALUE;
        int max = 0;
        int zero = 0;
        long bytes = 0;
        int firstOffset = (int) (spans[0] >>> 32);
        int firstLength = (int) spans[0];
        boolean same = true;
        for (int i = 0; i < count; i++) {
            int at = (int) (spans[i] >>> 32);
            int length = (int) spans[i];
            min = Math.min(min, length);
            max = Math.max(max, length);
            bytes += length;
            if (length > 1 && text[at] == '0') {
                zero = 1;
            }
            long number = 0;
            for (int end = at + length; at < end; at++) {
                byte b = text[at];
                seen |= kindOf[b & 0xFF];
                number = number * 10 + (b - '0');
            }
            values[i] = number;
            if (same && i > 0) {
                same = length == firstLength
                        && (length <= Digits.MAX && seen == Words.DIGIT
                                ? number == values[0]
                                : Templates.same(text, at - length, text, firstOffset, length));
            }
        }
        kinds = seen;
        minLength = min;
        maxLength = max;
        leadingZero = zero == 1;
        alike = same;
        textBytes = bytes;
    }

    /**
     * Numbers the distinct values in {@link #ids} in the order in which they come, if they are half as many at most.
     *
     * @return how many there are; 0 for more
     */
    private int choices(byte[] text, long[] spans, int count, boolean decimal) {
        if (ids.length < count) {
            ids = new long[Math.max(count, ids.length * 2)];
        }
        int most = Math.min(MAX_CHOICES, count / 2);
        int size = Integer.highestOneBit(Math.max(16, most * 2)) * 2;
        reserve(most, size);
        int mask = size - 1;
        Arrays.fill(table, 0, size, 0);
        int found = 0;
        int checkAt = Math.min(count, 256);
        for (int i = 0; i < count; i++) {
            long span = spans[i];
            int offset = (int) (span >>> 32);
            int length = (int) span;
            long hash = decimal ? (values[i] + length) * 0x9E3779B97F4A7C15L : Templates.hash(text, offset, length);
            int at = (int) (hash >>> 40) & mask;
            int id;
            while ((id = table[at]) != 0) {
                if (distinctHashes[id - 1] == hash && Span.same(text, span, distinct[id - 1])) {
                    break;
                }
                at = at + 1 & mask;
            }
            if (id == 0) {
                if (found == most || i < checkAt && found * 4 > checkAt * 3) {
                    return 0;
                }
                distinct[found] = span;
                distinctHashes[found] = hash;
                table[at] = id = ++found;
            }
            ids[i] = id - 1L;
        }
        return found;
    }

    private void reserve(int choices, int size) {
        if (table.length < size) {
            table = new int[size];
        }
        if (distinct.length < choices) {
            distinct = new long[Math.max(choices, distinct.length * 2)];
            distinctHashes = new long[distinct.length];
        }
    }

    private void hex(byte[] text, long[] spans, int count, Lanes lanes) {
        int width = maxLength;
        int each = (width + 1) / 2;
        Lane lane = lanes.forColumn(count * each);
        int to = lane.take(count * each);
        byte[] bytes = lane.bytes;
        for (int i = 0; i < count; i++) {
            int at = (int) (spans[i] >>> 32);
            int end = at + width - 1;
            for (; at < end; at += 2) {
                bytes[to++] = (byte) (nibble(text[at]) << 4 | nibble(text[at + 1]));
            }
            if (at == end) {
                bytes[to++] = (byte) (nibble(text[at]) << 4);
            }
        }
    }

    private static int nibble(byte b) {
        return (b & 0x0F) + (b >> 6) * 9;
    }

    private void text(byte[] text, long[] spans, int count, Lanes lanes) {
        int total = (int) textBytes;
        Lane lane = lanes.forText(total, (kinds & (Words.NOT_HEX | Words.NO_WORD)) != 0);
        int to = lane.take(total);
        byte[] bytes = lane.bytes;
        for (int i = 0; i < count; i++) {
            int length = (int) spans[i];
            System.arraycopy(text, (int) (spans[i] >>> 32), bytes, to, length);
            to += length;
        }
    }

    private void tokens(byte[] text, long[] spans, int count) {
        for (int i = 0; i < count; i++) {
            token(text, spans[i]);
        }
    }

    private void token(byte[] text, long span) {
        if (tokens != null) {
            if ((kinds & Words.NO_WORD) == 0) {
                tokens.add(text, (int) (span >>> 32), (int) span);
            } else {
                tokens.addWords(text, (int) (span >>> 32), (int) span);
            }
        }
    }
}
