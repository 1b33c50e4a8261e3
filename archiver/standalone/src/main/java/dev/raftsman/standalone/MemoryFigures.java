package dev.raftsman.standalone;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What of a process is in memory now, from {@code /proc/PID/smaps_rollup}.
 *
 * @param anonymousBytes its own: heap, stacks, what it changed of mapped files
 * @param fileBytes pages of mapped files, such as libraries and archives of classes, which other processes may share
 */
record MemoryFigures(long anonymousBytes, long fileBytes) {
    static final MemoryFigures NONE = new MemoryFigures(0, 0);

    /** Figures of a living process; {@link #NONE} for one that is gone or not ours to look into. */
    static MemoryFigures of(long pid) {
        long rss = 0;
        long anonymous = 0;
        try {
            for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "smaps_rollup"))) {
                if (line.startsWith("Rss:")) {
                    rss = bytes(line);
                } else if (line.startsWith("Anonymous:")) {
                    anonymous = bytes(line);
                }
            }
        } catch (IOException gone) {
            return NONE;
        }
        return new MemoryFigures(anonymous, rss - anonymous);
    }

    private static long bytes(String line) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
    }

    long residentBytes() {
        return anonymousBytes + fileBytes;
    }
}
