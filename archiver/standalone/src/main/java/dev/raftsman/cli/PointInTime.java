package dev.raftsman.cli;

import dev.raftsman.config.Units;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import picocli.CommandLine;

/** A time on the command line: a duration ago, or an ISO 8601 time, in UTC unless it says otherwise. */
final class PointInTime implements CommandLine.ITypeConverter<Instant> {
    private static final String EXPECTED =
            "expected a duration ago such as 2h, or a time such as 2026-11-30T03:00:00Z, 2026-11-30T03:00 or 2026-11-30 (UTC)";

    private final Clock clock;

    PointInTime() {
        this(Clock.systemUTC());
    }

    PointInTime(Clock clock) {
        this.clock = clock;
    }

    @Override
    public Instant convert(String text) {
        try {
            return clock.instant().minus(Units.duration(text));
        } catch (IllegalArgumentException noDuration) {
            return absolute(text);
        } catch (DateTimeException | ArithmeticException tooLong) {
            throw wrong(text);
        }
    }

    private static Instant absolute(String text) {
        try {
            if (text.indexOf('T') < 0) {
                return LocalDate.parse(text).atStartOfDay().toInstant(ZoneOffset.UTC);
            }
            boolean zoned =
                    text.endsWith("Z") || text.substring(text.indexOf('T')).matches(".*[+-].*");
            return zoned
                    ? OffsetDateTime.parse(text).toInstant()
                    : LocalDateTime.parse(text).toInstant(ZoneOffset.UTC);
        } catch (DateTimeParseException e) {
            throw wrong(text);
        }
    }

    private static CommandLine.TypeConversionException wrong(String text) {
        return new CommandLine.TypeConversionException("'" + text + "' is no time; " + EXPECTED);
    }
}
