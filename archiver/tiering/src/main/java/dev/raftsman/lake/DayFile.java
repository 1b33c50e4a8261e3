package dev.raftsman.lake;

import java.nio.file.Path;
import java.time.LocalDate;
import java.util.Optional;

/**
 * A finished file with the events of one segment of one day, not yet in the table.
 *
 * @param day in UTC; empty for what lies beyond the days that a segment may have files of
 * @param bytes of the file
 * @param minMicros least time of a row, since 1970
 */
record DayFile(
        Optional<LocalDate> day, Path file, String sha256, long bytes, long rows, long minMicros, long maxMicros) {}
