package dev.raftsman.standalone;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;

/**
 * What many files cost: one agent watches them, some of them grow by a line every second. Real processes, one collector.
 *
 * <p>The files lie in directories of {@value #FILES_A_DIRECTORY}, each an input with a stream of its own, as directories of
 * applications would be.
 */
public final class FilesBench {
    private static final Duration LIMIT = Duration.ofSeconds(120);
    private static final int FILES_A_DIRECTORY = 100;
    private static final int LINES_AT_FIRST = 3;
    private static final long PROBE_POLL_NANOS = 10_000_000;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    /**
     * @param files how many are watched
     * @param active how many of them grow
     * @param time how long CPU is measured, with and without growth each
     * @param probes lines written into idle files, to see when they are acknowledged
     * @param dir for data; made if missing
     * @param command as it was given, for the report
     * @param json where the figures go, too, or null
     */
    public record Settings(int files, int active, Duration time, int probes, Path dir, String command, Path json) {
        public Settings {
            if (files < 2 * FILES_A_DIRECTORY || active < 0 || active > files - FILES_A_DIRECTORY) {
                throw new StandaloneException(files + " files, " + active + " active; expected " + 2 * FILES_A_DIRECTORY
                        + " files or more, and " + FILES_A_DIRECTORY + " of them idle");
            }
        }
    }

    private final Settings settings;
    private final BenchReport report;
    private final Progress progress = Progress.toStandardError();
    private final Path feed;
    private long written;

    private FilesBench(Settings settings, PrintStream out) {
        this.settings = settings;
        this.report = new BenchReport(out);
        this.feed = settings.dir().toAbsolutePath().resolve("feed");
    }

    /** Runs it and prints the figures. @return whether every line was stored once */
    public static boolean run(Settings settings, PrintStream out) throws IOException {
        return new FilesBench(settings, out).run();
    }

    private boolean run() throws IOException {
        report.machine(BenchMachine.describe(settings.command()));
        report.section(
                "files", "%,d files watched, %,d of them active:".formatted(settings.files(), settings.active()));
        for (int i = 0; i < settings.files(); i++) {
            append(i, "a line of the beginning\n".repeat(LINES_AT_FIRST));
            written += LINES_AT_FIRST;
        }
        ClusterFiles files = new ClusterFiles(settings.dir(), 1);
        files.writeCollectors("64MiB", "1h");
        files.writeAgent(inputs(), "1GiB");
        boolean same;
        try (LocalCluster cluster = new LocalCluster(files).stoppedWithUs(feed)) {
            cluster.startCollectors();
            cluster.awaitCollectors(LIMIT);
            cluster.awaitLeader(LIMIT);
            long startNanos = System.nanoTime();
            ChildProcess agent = cluster.startAgent();
            awaitAcknowledged(cluster);
            double seconds = (System.nanoTime() - startNanos) / 1e9;
            report.line("allReadSeconds", seconds, "start to all acknowledged", "%.1f s".formatted(seconds));
            idle("idle", "nothing grows", agent, () -> {});
            probe(cluster, "idleToAcknowledgedSeconds", "a line in an idle file");
            long[] round = new long[1];
            long growthStart = System.nanoTime();
            idle("active", "some grow", agent, () -> grow(growthStart, round));
            awaitAcknowledged(cluster);
            long stored = streams().stream()
                    .mapToLong(stream -> storedEvents(cluster, stream))
                    .sum();
            same = stored == written;
            report.line(
                    "events",
                    Map.of("offered", written, "stored", stored, "duplicates", stored - written),
                    "duplicates",
                    "%,d: offered %,d, stored %,d".formatted(stored - written, written, stored));
        }
        report.writeJson(settings.json());
        return same;
    }

    private static long storedEvents(LocalCluster cluster, String stream) {
        try {
            return Demo.storedEvents(cluster.catalog(), stream);
        } catch (IOException e) {
            throw new StandaloneException("the collector does not say what it has: " + e.getMessage(), e);
        }
    }

    // --- files

    private String stream(int file) {
        return "d%04d".formatted(file / FILES_A_DIRECTORY);
    }

    private List<String> streams() {
        List<String> streams = new ArrayList<>();
        for (int i = 0; i < settings.files(); i += FILES_A_DIRECTORY) {
            streams.add(stream(i));
        }
        return streams;
    }

    private Map<String, Path> inputs() {
        Map<String, Path> inputs = new TreeMap<>();
        for (String stream : streams()) {
            inputs.put(stream, feed.resolve(stream).resolve("*.log"));
        }
        return inputs;
    }

    private void append(int file, String text) {
        Path path = feed.resolve(stream(file)).resolve("%05d.log".formatted(file));
        try {
            Files.createDirectories(path.getParent());
            Files.writeString(path, text, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new StandaloneException("cannot write " + path + ": " + e.getMessage(), e);
        }
    }

    /** A line for each active file and second, evenly spread. */
    private void grow(long startNanos, long[] lines) {
        double due = (System.nanoTime() - startNanos) / (double) NANOS_PER_SECOND * settings.active();
        while (lines[0] < due) {
            append((int) (lines[0] % settings.active()), "a line that came later, number " + lines[0] + "\n");
            lines[0]++;
            written++;
        }
    }

    // --- measuring

    private void idle(String key, String title, ChildProcess agent, Runnable meanwhile) {
        long settled = System.nanoTime() + settings.time().toNanos() / 3;
        await(agent, title, settled, meanwhile);
        ProcessFigures before = ProcessFigures.of(agent.pid());
        long fromNanos = System.nanoTime();
        await(agent, title, fromNanos + settings.time().toNanos(), meanwhile);
        ProcessFigures used = ProcessFigures.of(agent.pid()).since(before);
        double seconds = (System.nanoTime() - fromNanos) / 1e9;
        int descriptors = ProcessFigures.descriptors(agent.pid());
        MemoryFigures memory = MemoryFigures.of(agent.pid());
        Map<String, Object> figures = BenchReport.figures(memory);
        figures.put("cpuShare", used.cpuSeconds() / seconds);
        figures.put("cpuUserShare", used.userSeconds() / seconds);
        figures.put("cpuOverSeconds", seconds);
        figures.put("descriptors", descriptors);
        figures.put("highWaterBytes", used.peakBytes());
        progress.clear();
        report.line(
                key,
                figures,
                title,
                "%.2f %% of a core (%.2f user + %.2f system) over %.0f s; %s; peak %s; %,d descriptors"
                        .formatted(
                                100 * used.cpuSeconds() / seconds,
                                100 * used.userSeconds() / seconds,
                                100 * used.systemSeconds() / seconds,
                                seconds,
                                BenchReport.text(memory),
                                Bytes.text(used.peakBytes()),
                                descriptors));
    }

    private void await(ChildProcess agent, String title, long untilNanos, Runnable meanwhile) {
        while (System.nanoTime() - untilNanos < 0) {
            meanwhile.run();
            if (!agent.isAlive()) {
                throw new StandaloneException(
                        "the agent ended; its log " + agent.log() + " ends with:\n" + agent.lastWords());
            }
            progress.now("%s: %d s to go".formatted(title, (untilNanos - System.nanoTime()) / NANOS_PER_SECOND));
            pause();
        }
    }

    private static void pause() {
        LockSupport.parkNanos(PROBE_POLL_NANOS);
        if (Thread.currentThread().isInterrupted()) {
            throw new StandaloneException("interrupted");
        }
    }

    private void awaitAcknowledged(LocalCluster cluster) {
        String http = cluster.files().agentHttp();
        LocalCluster.await("all lines to be acknowledged", LIMIT, () -> {
            cluster.requireAlive(LocalCluster.AGENT);
            long acknowledged = cluster.metrics(http).total("raftsman_agent_acked_events_total");
            progress.now("%,d of %,d lines acknowledged".formatted(acknowledged, written));
            return acknowledged >= written;
        });
        progress.clear();
    }

    /** One line at a time into an idle file, each time another one, at times that do not follow the agent's own beat. */
    private void probe(LocalCluster cluster, String key, String title) {
        List<Double> seconds = new ArrayList<>();
        int idleFiles = settings.files() - settings.active();
        String http = cluster.files().agentHttp();
        for (int i = 0; i < settings.probes(); i++) {
            progress.now("%s: %d of %d".formatted(title, i + 1, settings.probes()));
            int file = settings.active() + (int) ((i * 7_919L) % idleFiles);
            String label = "stream=\"" + stream(file) + "\"";
            long before = cluster.metrics(http).total("raftsman_agent_acked_events_total", label);
            await(cluster.child(LocalCluster.AGENT), title, System.nanoTime() + 37_000_000L * (1 + i % 11), () -> {});
            append(file, "a line after a long time\n");
            written++;
            long fromNanos = System.nanoTime();
            while (cluster.metrics(http).total("raftsman_agent_acked_events_total", label) == before) {
                cluster.requireAlive(LocalCluster.AGENT);
                if (System.nanoTime() - fromNanos > LIMIT.toNanos()) {
                    throw new StandaloneException(
                            "a line in an idle file was not acknowledged in " + LIMIT.toSeconds() + " s");
                }
                pause();
            }
            seconds.add((System.nanoTime() - fromNanos) / 1e9);
        }
        progress.clear();
        Latencies latencies = Latencies.of(seconds.stream().mapToDouble(Double::doubleValue));
        Map<String, Object> figures = new LinkedHashMap<>(latencies.figures());
        report.line(
                key,
                figures,
                title,
                "acknowledged after %.2f s (p50), %.2f s (p99), %.2f s (greatest of %d)"
                        .formatted(
                                latencies.median(), latencies.quantile(0.99), latencies.greatest(), latencies.count()));
    }
}
