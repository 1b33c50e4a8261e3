package dev.raftsman.standalone;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * How fast, and at what cost, a file goes through one agent process into three collector processes, fsynced by a majority.
 * Nothing else runs: no archiver. The file is read again and again, each time as a new file of the same stream, written and
 * forced before it is needed so that making it is not part of what is measured.
 *
 * <p>Progress is what the agent says is acknowledged. Times are the wall clock's, CPU is what the kernel charged to each
 * process, memory the greatest resident set it ever had.
 */
public final class PipelineBench {
    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration STALL_LIMIT = Duration.ofSeconds(60);
    private static final long POLL_NANOS = 100_000_000;
    private static final double GIB = 1L << 30;
    private static final int NODES = 3;
    private static final String STREAM = "bench";
    /** Copies that lie ready for the agent beyond what it has acknowledged. */
    private static final int AHEAD = 2;

    /**
     * @param file what to ship, at least some MiB
     * @param dir for data; made if missing
     * @param coldBytes how much counts as cold, from the first byte on
     * @param warmUp what runs between cold and steady
     * @param steadyBytes how much counts as steady; 0 leaves warm-up and steady out
     */
    public record Settings(Path file, Path dir, long coldBytes, Duration warmUp, long steadyBytes) {}

    /** One moment: what was acknowledged and what it had cost. */
    private record Reading(long nanos, long events, Map<String, ProcessFigures> processes, MetricsPage agent) {}

    private final Settings settings;
    private final PrintStream out;
    private final Progress progress = Progress.toStandardError();
    private final Offered copy;
    private final Path feed;
    private int fed;

    private PipelineBench(Settings settings, PrintStream out) throws IOException {
        this.settings = settings;
        this.out = out;
        this.copy = Offered.ofFile(STREAM, settings.file());
        this.feed = settings.dir().toAbsolutePath().resolve("feed");
        if (copy.events() == 0) {
            throw new StandaloneException(settings.file() + " is empty");
        }
    }

    /** Runs it and prints the figures. */
    public static void run(Settings settings, PrintStream out) throws IOException {
        new PipelineBench(settings, out).run();
    }

    private void run() throws IOException {
        Files.createDirectories(feed);
        double mean = (double) copy.bytes() / copy.events();
        out.printf(
                "file %s: %,d lines, mean %.1f bytes, %.2f GiB%n",
                settings.file(), copy.events(), mean, copy.bytes() / GIB);
        long stage = settings.coldBytes()
                + (settings.steadyBytes() == 0
                        ? 0
                        : settings.steadyBytes() + settings.warmUp().toSeconds() * 110_000_000L);
        for (int i = 0; i <= stage / copy.bytes(); i++) {
            progress.now("writing copies of the file: " + i + " of " + (1 + stage / copy.bytes()));
            stage(i);
        }
        ClusterFiles files = new ClusterFiles(settings.dir(), NODES);
        files.writeCollectors("64MiB", "1h");
        files.writeAgent(Map.of(STREAM, feed.resolve("*.log")), "1GiB");
        try (LocalCluster cluster = new LocalCluster(files)) {
            Thread hook = new Thread(cluster::close, "bench-stop");
            Runtime.getRuntime().addShutdownHook(hook);
            cluster.startCollectors();
            cluster.awaitCollectors(START_LIMIT);
            cluster.startAgent();
            LocalCluster.await("the agent", START_LIMIT, () -> cluster.ready(files.agentHttp()));
            Reading start = read(cluster);
            Reading cold = shipUntil(cluster, "cold", start.events() + lines(settings.coldBytes()), Long.MAX_VALUE);
            print("cold (first " + Bytes.text(settings.coldBytes()) + ")", start, cold);
            if (settings.steadyBytes() > 0) {
                long warm = System.nanoTime() + settings.warmUp().toNanos();
                Reading from = shipUntil(cluster, "warming up", Long.MAX_VALUE, warm);
                Reading to =
                        shipUntil(cluster, "steady", from.events() + lines(settings.steadyBytes()), Long.MAX_VALUE);
                print(
                        "steady (" + Bytes.text(settings.steadyBytes()) + " after "
                                + settings.warmUp().toSeconds() + " s)",
                        from,
                        to);
            }
            Runtime.getRuntime().removeShutdownHook(hook);
        }
    }

    private long lines(long bytes) {
        return (long) ((double) bytes / copy.bytes() * copy.events());
    }

    /** Writes copy number {@code i} where the agent does not look yet. */
    private Path stage(int i) throws IOException {
        Path staged = feed.resolve("%06d.staged".formatted(i));
        if (!Files.exists(staged)) {
            try (FileChannel from = FileChannel.open(settings.file());
                    FileChannel to =
                            FileChannel.open(staged, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                long size = from.size();
                for (long at = 0; at < size; ) {
                    at += from.transferTo(at, size - at, to);
                }
                to.force(false);
            }
        }
        return staged;
    }

    private Reading shipUntil(LocalCluster cluster, String phase, long events, long deadlineNanos) throws IOException {
        long moved = System.nanoTime();
        long before = -1;
        while (true) {
            Reading reading = read(cluster);
            if (reading.events() >= events || reading.nanos() >= deadlineNanos) {
                progress.clear();
                return reading;
            }
            if (reading.events() != before) {
                before = reading.events();
                moved = reading.nanos();
            } else if (reading.nanos() - moved > STALL_LIMIT.toNanos()) {
                throw new StandaloneException("nothing was acknowledged for " + STALL_LIMIT.toSeconds() + " s");
            }
            while (fed < reading.events() / copy.events() + AHEAD) {
                Files.move(stage(fed), feed.resolve("%06d.log".formatted(fed)));
                fed++;
            }
            cluster.requireAlive(LocalCluster.AGENT);
            progress.now("%s: %.2f GiB acknowledged"
                    .formatted(phase, reading.events() / (double) copy.events() * copy.bytes() / GIB));
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    private static Reading read(LocalCluster cluster) {
        MetricsPage agent = cluster.metrics(cluster.files().agentHttp());
        Map<String, ProcessFigures> processes = new LinkedHashMap<>();
        for (ChildProcess child : cluster.children()) {
            processes.put(child.name(), ProcessFigures.of(child.pid()));
        }
        return new Reading(System.nanoTime(), agent.total("raftsman_agent_acked_events_total"), processes, agent);
    }

    private void print(String title, Reading from, Reading to) {
        double seconds = (to.nanos() - from.nanos()) / 1e9;
        long events = to.events() - from.events();
        double bytes = (double) events / copy.events() * copy.bytes();
        out.printf(
                "%s: %.1f MB/s raw, %,.0f lines/s, %.1f s; ack p50 %.1f ms, p99 %.1f ms; wire %.1f MB%n",
                title,
                bytes / 1e6 / seconds,
                events / seconds,
                seconds,
                1e3 * to.agent().sum("raftsman_agent_ack_seconds", "quantile=\"0.5\""),
                1e3 * to.agent().sum("raftsman_agent_ack_seconds", "quantile=\"0.99\""),
                (to.agent().sum("raftsman_agent_wire_bytes_total")
                                - from.agent().sum("raftsman_agent_wire_bytes_total"))
                        / 1e6);
        double sum = 0;
        for (Map.Entry<String, ProcessFigures> process : to.processes().entrySet()) {
            ProcessFigures used =
                    process.getValue().since(from.processes().getOrDefault(process.getKey(), ProcessFigures.NONE));
            sum += used.cpuSeconds();
            out.printf(
                    "  %-12s %6.2f CPU-s/GiB   peak RSS %s%n",
                    process.getKey(), used.cpuSeconds() / (bytes / GIB), Bytes.text(used.peakBytes()));
        }
        out.printf("  %-12s %6.2f CPU-s/GiB%n", "all", sum / (bytes / GIB));
        out.flush();
    }
}
