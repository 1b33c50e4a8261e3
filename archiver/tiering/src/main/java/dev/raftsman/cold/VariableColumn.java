package dev.raftsman.cold;

import dev.raftsman.block.Block;

/** Writes the variables of one column in their order; see {@link Variables}. */
final class VariableColumn {
    private static final byte[] LOWER_DIGITS = pairs("0123456789abcdef");
    private static final byte[] UPPER_DIGITS = pairs("0123456789ABCDEF");
    private static final byte[] DECIMAL_PAIRS = decimalPairs();

    private final int type;
    private final byte[] bytes;
    private int at;
    private final int width;
    private final NumberColumn numbers;
    private final int[] ends;

    private VariableColumn(int type, byte[] bytes, int at, int width, NumberColumn numbers, int[] ends) {
        this.type = type;
        this.bytes = bytes;
        this.at = at;
        this.width = width;
        this.numbers = numbers;
        this.ends = ends;
    }

    private static byte[] pairs(String digits) {
        byte[] pairs = new byte[512];
        for (int i = 0; i < 256; i++) {
            pairs[i * 2] = (byte) digits.charAt(i >> 4);
            pairs[i * 2 + 1] = (byte) digits.charAt(i & 15);
        }
        return pairs;
    }

    private static byte[] decimalPairs() {
        byte[] pairs = new byte[200];
        for (int i = 0; i < 100; i++) {
            pairs[i * 2] = (byte) ('0' + i / 10);
            pairs[i * 2 + 1] = (byte) ('0' + i % 10);
        }
        return pairs;
    }

    static VariableColumn constant(byte[] bytes, int at, int length) {
        return new VariableColumn(Variables.CONST, bytes, at, length, null, null);
    }

    /** @param width 0 for no leading zeros */
    static VariableColumn digits(int width, NumberColumn numbers) {
        return new VariableColumn(width == 0 ? Variables.NATURAL : Variables.DECIMAL, null, 0, width, numbers, null);
    }

    static VariableColumn hex(boolean upper, int width, byte[] bytes, int at) {
        return new VariableColumn(upper ? Variables.UPPER : Variables.HEX, bytes, at, width, null, null);
    }

    static VariableColumn fixed(int width, byte[] bytes, int at) {
        return new VariableColumn(Variables.FIXED, bytes, at, width, null, null);
    }

    static VariableColumn text(NumberColumn lengths, byte[] bytes, int at) {
        return new VariableColumn(Variables.TEXT, bytes, at, 0, lengths, null);
    }

    /** @param values are read to their end */
    static VariableColumn choice(VariableColumn values, int count, NumberColumn which) {
        byte[] all = new byte[Math.max(64, count * 8)];
        int[] ends = new int[count + 1];
        for (int i = 0; i < count; i++) {
            int most = values.nextLength();
            if (most > Block.MAX_INFLATED_BYTES - ends[i]) {
                throw new DamageException("values of more than " + Block.MAX_INFLATED_BYTES + " bytes");
            }
            if (all.length - ends[i] < most) {
                all = java.util.Arrays.copyOf(all, Math.max(all.length * 2, ends[i] + most));
            }
            ends[i + 1] = values.put(all, ends[i]);
        }
        return new VariableColumn(Variables.CHOICE, all, 0, 0, which, ends);
    }

    /** Bytes that the next value takes at most. */
    private int nextLength() {
        return switch (type) {
            case Variables.NATURAL -> 20;
            case Variables.TEXT -> (int) numbers.peek();
            default -> width;
        };
    }

    /** Writes the next value. @return where it ends */
    int put(byte[] out, int to) {
        switch (type) {
            case Variables.CONST -> {
                return copy(at, width, out, to);
            }
            case Variables.NATURAL -> {
                return natural(numbers.next(), out, to);
            }
            case Variables.DECIMAL -> {
                decimal(numbers.next(), width, out, to);
                return to + width;
            }
            case Variables.HEX -> {
                return hex(LOWER_DIGITS, out, to);
            }
            case Variables.UPPER -> {
                return hex(UPPER_DIGITS, out, to);
            }
            case Variables.FIXED -> {
                int from = at;
                at += width;
                return copy(from, width, out, to);
            }
            case Variables.TEXT -> {
                int length = (int) numbers.next();
                int from = at;
                at += length;
                return copy(from, length, out, to);
            }
            default -> {
                long id = numbers.next();
                if (id < 0 || id >= ends.length - 1) {
                    throw new DamageException("choice " + id + " of " + (ends.length - 1));
                }
                int from = ends[(int) id];
                return copy(from, ends[(int) id + 1] - from, out, to);
            }
        }
    }

    private int copy(int from, int length, byte[] out, int to) {
        if (length > 16) {
            System.arraycopy(bytes, from, out, to, length);
        } else {
            for (int i = 0; i < length; i++) {
                out[to + i] = bytes[from + i];
            }
        }
        return to + length;
    }

    private int hex(byte[] digits, byte[] out, int to) {
        int end = to + width;
        int i = to;
        for (; i < end - 1; i += 2) {
            int pair = (bytes[at++] & 0xFF) * 2;
            out[i] = digits[pair];
            out[i + 1] = digits[pair + 1];
        }
        if (i < end) {
            out[i] = digits[(bytes[at++] & 0xFF) * 2];
        }
        return end;
    }

    private static int natural(long value, byte[] out, int to) {
        if (value < 0) {
            throw new DamageException("number " + value + "; expected no sign");
        }
        int width = 1;
        for (long power = 10; value >= power; power *= 10) {
            width++;
            if (width == 19) {
                break;
            }
        }
        decimal(value, width, out, to);
        return to + width;
    }

    private static void decimal(long value, int width, byte[] out, int to) {
        int at = to + width;
        long rest = value;
        while (at - to >= 2) {
            long hundreds = rest / 100;
            int pair = (int) (rest - hundreds * 100) * 2;
            at -= 2;
            out[at] = DECIMAL_PAIRS[pair];
            out[at + 1] = DECIMAL_PAIRS[pair + 1];
            rest = hundreds;
        }
        if (at > to) {
            out[to] = (byte) ('0' + rest % 10);
        }
    }
}
