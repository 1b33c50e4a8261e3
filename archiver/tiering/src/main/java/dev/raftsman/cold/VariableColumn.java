package dev.raftsman.cold;

import dev.raftsman.block.Block;
import java.util.Arrays;

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
    private final Choices choices;

    private VariableColumn(int type, byte[] bytes, int at, int width, NumberColumn numbers, Choices choices) {
        this.type = type;
        this.bytes = bytes;
        this.at = at;
        this.width = width;
        this.numbers = numbers;
        this.choices = choices;
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

    /** Of any width, as {@link Digits} numbers them. */
    static VariableColumn digits(NumberColumn numbers) {
        return new VariableColumn(Variables.DIGITS, null, 0, Digits.MAX, numbers, null);
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

    static VariableColumn choice(Choices choices) {
        return new VariableColumn(Variables.CHOICE, null, 0, 0, null, choices);
    }

    /**
     * Reads all values.
     *
     * @param ends takes where each ends, from its second place on
     */
    byte[] readAll(int[] ends) {
        int count = ends.length - 1;
        byte[] all = new byte[Math.max(64, count * 8)];
        for (int i = 0; i < count; i++) {
            int most = nextLength();
            if (most > Block.MAX_INFLATED_BYTES - ends[i]) {
                throw new DamageException("values of more than " + Block.MAX_INFLATED_BYTES + " bytes");
            }
            if (all.length - ends[i] < most) {
                all = Arrays.copyOf(all, Math.max(all.length * 2, ends[i] + most));
            }
            ends[i + 1] = put(all, ends[i]);
        }
        return all;
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
            case Variables.DIGITS -> {
                return anyWidth(numbers.next(), out, to);
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
                choices.next();
                return copy(choices.bytes(), choices.offset(), choices.length(), out, to);
            }
        }
    }

    private int copy(int from, int length, byte[] out, int to) {
        return copy(bytes, from, length, out, to);
    }

    private static int copy(byte[] bytes, int from, int length, byte[] out, int to) {
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
        int width = 1;
        if (value < 0) {
            width = Digits.MAX; // Without a sign.
        } else {
            for (long power = 10; value >= power; power *= 10) {
                width++;
                if (width == Digits.MAX) {
                    break;
                }
            }
        }
        decimal(value, width, out, to);
        return to + width;
    }

    private static int anyWidth(long number, byte[] out, int to) {
        int width = Digits.length(number);
        if (width > Digits.MAX) {
            throw new DamageException("digits number " + Long.toUnsignedString(number) + "; expected fewer of them");
        }
        decimal(Digits.value(number, width), width, out, to);
        return to + width;
    }

    /** @param value without a sign; of more digits than the width, the last ones are written */
    private static void decimal(long value, int width, byte[] out, int to) {
        int at = to + width;
        long rest = value;
        if (rest < 0) {
            rest = Long.divideUnsigned(value, 10);
            out[--at] = (byte) ('0' + (value - rest * 10));
        }
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
