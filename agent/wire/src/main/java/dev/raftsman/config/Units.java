package dev.raftsman.config;

import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Quantities with their units, as written in a configuration. */
public final class Units {
    static final String SIZE = "a size such as 64MiB (B, KiB, MiB, GiB, TiB)";
    static final String DURATION = "a duration such as 100ms (ms, s, m, h, d, y)";

    private static final Map<String, Long> BYTES =
            Map.of("B", 1L, "KiB", 1L << 10, "MiB", 1L << 20, "GiB", 1L << 30, "TiB", 1L << 40);
    private static final Map<String, Long> MILLIS =
            Map.of("ms", 1L, "s", 1_000L, "m", 60_000L, "h", 3_600_000L, "d", 86_400_000L, "y", 365L * 86_400_000L);
    private static final Pattern QUANTITY = Pattern.compile("([0-9]{1,15}) ?([A-Za-z]+)");

    private Units() {}

    /** @throws IllegalArgumentException if the text is no size */
    public static long bytes(String text) {
        return quantity(text, BYTES, SIZE);
    }

    /** @throws IllegalArgumentException if the text is no duration */
    public static Duration duration(String text) {
        return Duration.ofMillis(quantity(text, MILLIS, DURATION));
    }

    /** The shortest exact way to write a number of bytes. */
    public static String bytes(long bytes) {
        String[] units = {"TiB", "GiB", "MiB", "KiB"};
        for (String unit : units) {
            long size = BYTES.get(unit);
            if (bytes >= size && bytes % size == 0) {
                return bytes / size + unit;
            }
        }
        return bytes + "B";
    }

    private static long quantity(String text, Map<String, Long> units, String expected) {
        Matcher matcher = QUANTITY.matcher(text);
        if (!matcher.matches() || !units.containsKey(matcher.group(2))) {
            throw new IllegalArgumentException(expected);
        }
        try {
            return Math.multiplyExact(Long.parseLong(matcher.group(1)), units.get(matcher.group(2)));
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException(expected, e);
        }
    }
}
