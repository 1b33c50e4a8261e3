package dev.raftsman.appender;

/** Instants as nanoseconds since 1970; the few that do not fit, before 1677 and after 2262, become the nearest that does. */
public final class EpochNanos {
    private static final long NANOS = 1_000_000_000;
    private static final long MILLI_NANOS = 1_000_000;
    private static final long LAST_SECOND = Long.MAX_VALUE / NANOS - 1;

    private EpochNanos() {}

    public static boolean fits(long epochSecond) {
        return epochSecond <= LAST_SECOND && epochSecond >= -LAST_SECOND;
    }

    public static long of(long epochSecond, int nanoOfSecond) {
        if (fits(epochSecond)) {
            return epochSecond * NANOS + nanoOfSecond;
        }
        return epochSecond < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
    }

    public static long ofMillis(long epochMillis) {
        return of(Math.floorDiv(epochMillis, 1000), (int) (Math.floorMod(epochMillis, 1000L) * MILLI_NANOS));
    }
}
