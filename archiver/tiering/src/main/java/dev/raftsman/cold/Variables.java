package dev.raftsman.cold;

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

    /** Digits that surely fit in a long. */
    static final int MAX_DIGITS = 18;

    static final int MAX_HEX_WIDTH = 255;
    static final int MAX_CHOICES = 1 << 12;

    private static final int MIN_FOR_CHOICE = 12;
    private static final int TABLE = MAX_CHOICES * 4;

    private final Numbers numbers = new Numbers();
    private final int[] table = new int[TABLE];
    private final long[] distinct = new long[MAX_CHOICES];
    private final long[] distinctHashes = new long[MAX_CHOICES];
    private long[] values = new long[1 << 10];
    private long[] ids = new long[1 << 10];
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
        boolean digits = kinds == Words.DIGIT && maxLength <= MAX_DIGITS;
        boolean decimal = digits && (minLength == maxLength || !leadingZero);
        int choices = count < MIN_FOR_CHOICE || decimal && maxLength < 3 ? 0 : choices(text, spans, count, decimal);
        if (choices > 0) {
            meta.u8(CHOICE);
            meta.varint(choices);
            writePlainly(text, distinct, choices, lanes);
            numbers.write(ids, count, meta, lanes);
        } else {
            writeLooked(text, spans, count, lanes);
        }
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
        if (kinds == Words.DIGIT && maxLength <= MAX_DIGITS && (fixed || !leadingZero)) {
            if (fixed) {
                meta.u8(DECIMAL);
                meta.u8(maxLength);
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
                        && (length <= MAX_DIGITS && seen == Words.DIGIT
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
     * Numbers the distinct values in {@link #ids}, if they are so few that naming one is shorter than giving it.
     *
     * @return how many there are; 0 if the values had better be given themselves
     */
    private int choices(byte[] text, long[] spans, int count, boolean decimal) {
        if (ids.length < count) {
            ids = new long[Math.max(count, ids.length * 2)];
        }
        int most = Math.min(MAX_CHOICES, count / 2);
        int size = Integer.highestOneBit(Math.max(16, most * 2)) * 2;
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
                if (distinctHashes[id - 1] == hash && same(text, span, distinct[id - 1])) {
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
        double valueBits = decimal ? 3.4 : (kinds & Words.NOT_HEX) == 0 ? 4 : 5;
        double given = textBytes * valueBits;
        double chosen = count * bits(found) + found * valueBits * textBytes / count + 32;
        return chosen < given * 0.9 ? found : 0;
    }

    private static double bits(int choices) {
        return StrictMath.log(choices) / StrictMath.log(2) + 0.1; // The same on every machine.
    }

    private static boolean same(byte[] text, long a, long b) {
        int length = (int) a;
        int atA = (int) (a >>> 32);
        int atB = (int) (b >>> 32);
        return length == (int) b && Templates.same(text, atA, text, atB, length);
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
