package shop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** What a sample application tells the test about itself, beside what it prints. */
final class Report {
    private static final long LIMIT_MILLIS = 20_000;

    private Report() {}

    /**
     * The last thing a sample does: waits until a thread of this name is there, if one is expected, writes down all
     * threads, the names of the system properties, and when that was.
     */
    static void write(Path file, String awaited) throws IOException, InterruptedException {
        long deadline = System.currentTimeMillis() + LIMIT_MILLIS;
        List<String> seen = threads();
        while (!awaited.isEmpty()
                && seen.stream().noneMatch(line -> line.contains(awaited))
                && System.currentTimeMillis() < deadline) {
            Thread.sleep(5);
            seen = threads();
        }
        List<String> lines = new ArrayList<>(seen);
        System.getProperties().stringPropertyNames().forEach(name -> lines.add("property " + name));
        lines.add("end " + Instant.now());
        Files.write(file, lines);
    }

    private static List<String> threads() {
        List<String> lines = new ArrayList<>();
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            lines.add((thread.isDaemon() ? "daemon " : "thread ") + thread.getName());
        }
        return lines;
    }
}
