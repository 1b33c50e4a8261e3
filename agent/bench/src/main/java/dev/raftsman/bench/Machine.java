package dev.raftsman.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;

/** Where and when: without it a figure says nothing. */
final class Machine {
    private Machine() {}

    static Map<String, String> describe(Path directory) throws IOException {
        Map<String, String> machine = new LinkedHashMap<>();
        machine.put("cpu", processor() + ", " + Runtime.getRuntime().availableProcessors() + " cores");
        machine.put("kernel", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        machine.put("file system", Files.getFileStore(directory).type() + " at " + directory);
        machine.put(
                "jdk",
                System.getProperty("java.runtime.version") + " " + System.getProperty("java.vm.name") + ", "
                        + System.getProperty("java.vendor"));
        machine.put(
                "date",
                OffsetDateTime.now(ZoneOffset.UTC)
                        .truncatedTo(ChronoUnit.SECONDS)
                        .toString());
        return machine;
    }

    private static String processor() throws IOException {
        Path file = Path.of("/proc/cpuinfo");
        if (Files.isReadable(file)) {
            for (String line : Files.readAllLines(file)) {
                if (line.startsWith("model name")) {
                    return line.substring(line.indexOf(':') + 1).strip();
                }
            }
        }
        return System.getProperty("os.arch");
    }

    /** Processes that ran or waited to, over the last minute: above the number of cores the machine was not ours alone. */
    static String load() throws IOException {
        Path file = Path.of("/proc/loadavg");
        return Files.isReadable(file) ? Files.readString(file).split(" ")[0] : "unknown";
    }
}
