package dev.raftsman.policy;

import java.time.Duration;
import java.time.LocalTime;
import java.util.Optional;

/**
 * The limits in the rows of {@code then: auto}.
 *
 * @param files sealed segments of one stream that the collectors keep at most
 * @param ratioPermille hot bytes of a stream in a thousandth of its archived ones that the collectors keep at most
 * @param writeAmplificationPermille bytes written and paid for in a thousandth of the bytes archived, above which the rows
 *     that are in no hurry wait
 * @param diskFreeBytes free space on a collector below which everything sealed goes
 * @param schedule the time of each day, UTC, at which everything sealed before it goes
 * @param read how long what was read stays, unless it is in a hurry; zero if that does not count
 */
public record AutoRule(
        int files,
        int ratioPermille,
        int writeAmplificationPermille,
        long diskFreeBytes,
        Optional<LocalTime> schedule,
        Duration read) {
    public static final AutoRule DEFAULT =
            new AutoRule(64, 250, 2_000, 1L << 30, Optional.empty(), Duration.ofHours(1));
}
