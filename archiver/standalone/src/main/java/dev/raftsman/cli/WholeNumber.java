package dev.raftsman.cli;

import picocli.CommandLine;

/** Counts on the command line: none of them may be negative, and nobody need know what Java calls their type. */
final class WholeNumber {
    private static final int MAX_DIGITS = 18;

    private WholeNumber() {}

    /** For every option and every verb below. */
    static void convertersInto(CommandLine line) {
        CommandLine.ITypeConverter<Integer> ints = text -> (int) parse(text, Integer.MAX_VALUE);
        CommandLine.ITypeConverter<Long> longs = text -> parse(text, Long.MAX_VALUE);
        line.registerConverter(Integer.class, ints);
        line.registerConverter(int.class, ints);
        line.registerConverter(Long.class, longs);
        line.registerConverter(long.class, longs);
    }

    private static long parse(String text, long most) {
        boolean digits =
                !text.isEmpty() && text.length() <= MAX_DIGITS && text.chars().allMatch(c -> c >= '0' && c <= '9');
        if (!digits || Long.parseLong(text) > most) {
            throw new CommandLine.TypeConversionException("'" + text + "' is no number; expected a whole one, 0 to "
                    + Math.min(most, 999_999_999_999_999_999L));
        }
        return Long.parseLong(text);
    }
}
