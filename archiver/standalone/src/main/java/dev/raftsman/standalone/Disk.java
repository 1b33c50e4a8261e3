package dev.raftsman.standalone;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The disk that a directory is on, by the kernel's own account of it. What processes are charged with says less: a large
 * page in the cache counts whole each time a few bytes of it are changed.
 *
 * @param device {@code major minor}, as in {@code /proc/diskstats}
 */
record Disk(String device) {
    private static final int MINOR_LOW_BITS = 8;
    private static final int SECTOR_BYTES = 512;

    /** @param path must be there */
    static Disk of(Path path) throws IOException {
        long number = (Long) Files.getAttribute(path, "unix:dev");
        long major = number >>> MINOR_LOW_BITS & 0xfff;
        long minor = number & 0xff | number >>> 12 & 0xffffff00L;
        return new Disk(major + " " + minor);
    }

    /** Bytes written since the machine started, by whomever; 0 if nobody counts them, as of a file system in memory. */
    long writtenBytes() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/diskstats"))) {
                String[] fields = line.strip().split(" +");
                if ((fields[0] + " " + fields[1]).equals(device)) {
                    return Long.parseLong(fields[9]) * SECTOR_BYTES;
                }
            }
            return 0;
        } catch (IOException | RuntimeException unknown) {
            return 0;
        }
    }
}
