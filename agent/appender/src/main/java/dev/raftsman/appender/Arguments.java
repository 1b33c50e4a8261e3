package dev.raftsman.appender;

import dev.raftsman.event.RowWriter;

/** Arguments of a message, and the places for them in its pattern, where no code of the application is needed. */
public final class Arguments {
    /** The pattern has escapes: only its framework can put it together. */
    public static final int ESCAPED = -1;

    private Arguments() {}

    /** How many arguments a pattern with {@code {}} takes, or {@link #ESCAPED}. */
    public static int places(String pattern) {
        int places = 0;
        int length = pattern.length();
        for (int i = 0; i < length; i++) {
            char c = pattern.charAt(i);
            if (c == '\\') {
                return ESCAPED;
            }
            if (c == '{' && i + 1 < length && pattern.charAt(i + 1) == '}') {
                places++;
                i++;
            }
        }
        return places;
    }

    /** Whether this is a text or a value of the language, whose text is everywhere the same. */
    public static boolean isPlain(Object argument) {
        return argument == null
                || argument instanceof String
                || argument instanceof Integer
                || argument instanceof Long
                || argument instanceof Double
                || argument instanceof Boolean
                || argument instanceof Short
                || argument instanceof Byte
                || argument instanceof Character
                || argument instanceof Float;
    }

    /** Writes a plain argument. */
    public static void write(Object argument, RowWriter row) {
        if (argument instanceof String text) {
            row.argument(text);
        } else if (argument instanceof Integer
                || argument instanceof Long
                || argument instanceof Short
                || argument instanceof Byte) {
            row.argument(((Number) argument).longValue());
        } else if (argument instanceof Double number) {
            row.argument(number);
        } else {
            row.argument(String.valueOf(argument));
        }
    }

    /** The text of a value that is in no pattern: whatever its code does, there is one. */
    public static String text(Object value) {
        try {
            return String.valueOf(value);
        } catch (Throwable broken) {
            return "[FAILED toString(): " + broken.getClass().getName() + "]";
        }
    }
}
