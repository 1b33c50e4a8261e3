package dev.raftsman.process;

import java.time.DateTimeException;
import java.time.LocalDate;

/** RFC 3339 with up to nine digits of a second, as container runtimes write it: {@code 2016-10-06T00:17:09.669794202Z}. */
final class Timestamp {
    static final long NONE = Long.MIN_VALUE;

    private static final int SECONDS_END = 19;
    private static final long NANOS = 1_000_000_000L;

    private Timestamp() {}

    /** @return nanoseconds since 1970, or {@link #NONE} if this is no such time from 1678 to 2261 */
    static long parse(byte[] bytes, int from, int to) {
        if (to - from < SECONDS_END + 1
                || bytes[from + 4] != '-'
                || bytes[from + 7] != '-'
                || bytes[from + 10] != 'T'
                || bytes[from + 13] != ':'
                || bytes[from + 16] != ':') {
            return NONE;
        }
        int year = digits(bytes, from, 4);
        int month = digits(bytes, from + 5, 2);
        int day = digits(bytes, from + 8, 2);
        int hour = digits(bytes, from + 11, 2);
        int minute = digits(bytes, from + 14, 2);
        int second = digits(bytes, from + 17, 2);
        if (year < 1678 || year > 2261 || month < 0 || day < 0 || hour < 0 || minute < 0 || second < 0) {
            return NONE;
        }
        if (hour > 23 || minute > 59 || second > 60) {
            return NONE;
        }
        int at = from + SECONDS_END;
        int fraction = 0;
        if (bytes[at] == '.') {
            at++;
            int scale = (int) NANOS;
            while (at < to && bytes[at] >= '0' && bytes[at] <= '9') {
                scale /= 10;
                fraction += scale * (bytes[at] - '0');
                at++;
            }
        }
        int offsetSeconds = offset(bytes, at, to);
        if (offsetSeconds == Integer.MIN_VALUE) {
            return NONE;
        }
        try {
            long days = LocalDate.of(year, month, day).toEpochDay();
            long seconds = days * 86_400 + hour * 3_600L + minute * 60L + second - offsetSeconds;
            return seconds * NANOS + fraction;
        } catch (DateTimeException noSuchDay) {
            return NONE;
        }
    }

    private static int offset(byte[] bytes, int at, int to) {
        if (to - at == 1 && bytes[at] == 'Z') {
            return 0;
        }
        if (to - at == 6 && (bytes[at] == '+' || bytes[at] == '-') && bytes[at + 3] == ':') {
            int hours = digits(bytes, at + 1, 2);
            int minutes = digits(bytes, at + 4, 2);
            if (hours >= 0 && hours <= 18 && minutes >= 0 && minutes <= 59) {
                int seconds = hours * 3_600 + minutes * 60;
                return bytes[at] == '-' ? -seconds : seconds;
            }
        }
        return Integer.MIN_VALUE;
    }

    /** @return the number, or -1 if these are no digits */
    private static int digits(byte[] bytes, int from, int count) {
        int value = 0;
        for (int i = from; i < from + count; i++) {
            if (bytes[i] < '0' || bytes[i] > '9') {
                return -1;
            }
            value = value * 10 + bytes[i] - '0';
        }
        return value;
    }
}
