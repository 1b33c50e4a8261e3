package dev.raftsman.policy;

/** Numbers of a reason as a person reads them. */
final class Quantity {
    private static final long SECOND = 1_000;
    private static final long MINUTE = 60 * SECOND;
    private static final long HOUR = 60 * MINUTE;
    private static final String[] UNITS = {"KiB", "MiB", "GiB", "TiB", "PiB"};

    private Quantity() {}

    /** Whole units, the greatest of which there are at least two: {@code 73h}, {@code 90m}, {@code 42s}, {@code 120ms}. */
    static String age(long millis) {
        if (millis >= 2 * HOUR || millis != 0 && millis % HOUR == 0) {
            return millis / HOUR + "h";
        }
        if (millis >= 2 * MINUTE) {
            return millis / MINUTE + "m";
        }
        return millis >= 2 * SECOND || millis % SECOND == 0 ? millis / SECOND + "s" : millis + "ms";
    }

    /** One digit after the point from KiB on: {@code 20.0GiB}, {@code 512B}. */
    static String bytes(long bytes) {
        if (bytes < 1024) {
            return bytes + "B";
        }
        double value = bytes;
        int unit = -1;
        while (value >= 1024 && unit < UNITS.length - 1) {
            value /= 1024;
            unit++;
        }
        return String.format(java.util.Locale.ROOT, "%.1f%s", value, UNITS[unit]);
    }
}
