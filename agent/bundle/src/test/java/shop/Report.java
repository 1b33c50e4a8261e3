package shop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** What a sample application tells the test about itself, beside what it prints. */
final class Report {
    private static final long LIMIT_MILLIS = 20_000;

    private Report() {}

    /** The last thing a sample does: writes down all threads, the names of the system properties, and when that was. */
    static void write(Path file, String awaited) throws IOException {
        List<String> lines = await(awaited);
        System.getProperties().stringPropertyNames().forEach(name -> lines.add("property " + name));
        lines.add("end " + Instant.now());
        Files.write(file, lines);
    }

    /**
     * Waits until a thread of this name is there, unless it is empty.
     *
     * @return all threads
     */
    static List<String> await(String name) {
        long deadline = System.currentTimeMillis() + LIMIT_MILLIS;
        List<String> seen = threads();
        while (!name.isEmpty()
                && seen.stream().noneMatch(line -> line.contains(name))
                && System.currentTimeMillis() < deadline) {
            LockSupport.parkNanos(5_000_000);
            seen = threads();
        }
        return seen;
    }

    private static List<String> threads() {
        List<String> lines = new ArrayList<>();
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            lines.add((thread.isDaemon() ? "daemon " : "thread ") + thread.getName());
        }
        return lines;
    }
}
