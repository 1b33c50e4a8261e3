package dev.raftsman.standalone;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * What a process has used, from {@code /proc}.
 *
 * @param userSeconds CPU time of all its threads since it started, outside of the kernel
 * @param systemSeconds the same inside of the kernel
 * @param peakBytes the greatest resident set it ever had
 */
record ProcessFigures(double userSeconds, double systemSeconds, long peakBytes) {
    /** The kernel reports to user space in hundredths of a second on every architecture Java runs on. */
    private static final double TICKS_PER_SECOND = 100.0;

    static final ProcessFigures NONE = new ProcessFigures(0, 0, 0);

    /** Figures of a living process; {@link #NONE} for one that is gone. */
    static ProcessFigures of(long pid) {
        Path proc = Path.of("/proc", Long.toString(pid));
        try {
            String stat = Files.readString(proc.resolve("stat"));
            // The name in parentheses may hold anything; fields are counted from its end, where "state" is the third.
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            long peakBytes = 0;
            for (String line : Files.readAllLines(proc.resolve("status"))) {
                if (line.startsWith("VmHWM:")) {
                    peakBytes = Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
                }
            }
            return new ProcessFigures(
                    Long.parseLong(fields[11]) / TICKS_PER_SECOND,
                    Long.parseLong(fields[12]) / TICKS_PER_SECOND,
                    peakBytes);
        } catch (IOException | RuntimeException gone) {
            return NONE;
        }
    }

    /** CPU time of processes that this one started, of those they started, and so on, as far as they have ended. */
    static double endedChildrenSeconds() {
        try {
            String stat = Files.readString(Path.of("/proc/self/stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return (Long.parseLong(fields[13]) + Long.parseLong(fields[14])) / TICKS_PER_SECOND;
        } catch (IOException | RuntimeException unknown) {
            return 0;
        }
    }

    /** CPU time of all processes of the machine since it started, in seconds; 0 if nobody says. */
    static double machineCpuSeconds() {
        try {
            String[] fields = Files.readAllLines(Path.of("/proc/stat")).get(0).split(" +");
            // cpu user nice system idle iowait irq softirq ...
            long busy = 0;
            for (int i : new int[] {1, 2, 3, 6, 7}) {
                busy += Long.parseLong(fields[i]);
            }
            return busy / TICKS_PER_SECOND;
        } catch (IOException | RuntimeException unknown) {
            return 0;
        }
    }

    /** Open descriptors of a living process; 0 for one that is gone. */
    static int descriptors(long pid) {
        try (Stream<Path> open = Files.list(Path.of("/proc", Long.toString(pid), "fd"))) {
            return (int) open.count();
        } catch (IOException gone) {
            return 0;
        }
    }

    double cpuSeconds() {
        return userSeconds + systemSeconds;
    }

    ProcessFigures since(ProcessFigures earlier) {
        return new ProcessFigures(userSeconds - earlier.userSeconds, systemSeconds - earlier.systemSeconds, peakBytes);
    }
}
