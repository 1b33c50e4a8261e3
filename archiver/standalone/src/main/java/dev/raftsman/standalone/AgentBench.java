package dev.raftsman.standalone;

import dev.raftsman.standalone.ShippingWatch.Reading;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * What an agent costs its host: real processes, a file fed again and again into one agent, to one collector and to three.
 *
 * <pre>
 *  starts      an agent with nothing behind it and one small file, from starting the process to the block's acknowledgement
 *  fresh       an agent that has nothing to do
 *  cold        its first bytes
 *  steady      after a warm-up
 *  afterLoad   the same agent, left alone
 *  duplicates  stored events, as the collectors count them, minus those in the file times how often it was fed
 * </pre>
 */
public final class AgentBench {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final double GIB = 1L << 30;
    private static final String START_STREAM = "start";
    private static final int START_LINES = 100;
    /** What the agent may read in the warm-up, so that copies for it lie ready. */
    private static final long WARM_UP_BYTES_PER_SECOND = 150_000_000L;

    private static final long START_POLL_NANOS = 5_000_000;

    /**
     * @param file what to ship, at least some MiB
     * @param dir for data; made if missing, empty again afterwards but for configuration and logs
     * @param collectors how many, one number for each run
     * @param starts how often the start is measured; 0 leaves it out
     * @param idle how long the agent is left alone for the idle figures; zero leaves them out
     * @param coldBytes how much counts as cold, from the first byte on
     * @param warmUp what runs between cold and steady
     * @param steadyBytes how much counts as steady; 0 leaves warm-up and steady out
     * @param command as it was given, for the report
     * @param json where the figures go, too, or null
     */
    public record Settings(
            Path file,
            Path dir,
            List<Integer> collectors,
            int starts,
            Duration idle,
            long coldBytes,
            Duration warmUp,
            long steadyBytes,
            String command,
            Path json) {
        public Settings {
            collectors = List.copyOf(collectors);
        }
    }

    private final Settings settings;
    private final BenchReport report;
    private final Progress progress = Progress.toStandardError();
    private boolean duplicates;

    private AgentBench(Settings settings, PrintStream out) {
        this.settings = settings;
        this.report = new BenchReport(out);
    }

    /** Runs it and prints the figures. @return whether every event was stored once */
    public static boolean run(Settings settings, PrintStream out) throws IOException {
        AgentBench bench = new AgentBench(settings, out);
        bench.report.machine(BenchMachine.describe(settings.command()));
        for (int collectors : settings.collectors()) {
            bench.run(collectors);
        }
        bench.report.writeJson(settings.json());
        return !bench.duplicates;
    }

    private void run(int collectors) throws IOException {
        report.section("collectors-" + collectors, collectors == 1 ? "one collector:" : collectors + " collectors:");
        Path dir = settings.dir().toAbsolutePath().resolve("collectors-" + collectors);
        CopiedFeed feed = new CopiedFeed(settings.file(), dir.resolve("feed"));
        ClusterFiles files = new ClusterFiles(dir, collectors);
        files.writeCollectors("64MiB", "1h");
        try (LocalCluster cluster = new LocalCluster(files).stoppedWithUs(dir)) {
            cluster.startCollectors();
            cluster.awaitCollectors(LIMIT);
            cluster.awaitLeader(LIMIT);
            if (settings.starts() > 0) {
                measureStarts(cluster, dir.resolve("start"));
            }
            files.writeAgent(Map.of(CopiedFeed.STREAM, feed.pattern()), "1GiB");
            ChildProcess agent = cluster.startAgent();
            cluster.awaitAgent(LIMIT);
            if (!settings.idle().isZero()) {
                report.idle("fresh", IdleFigures.of(agent, settings.idle(), progress), "idle, fresh");
            }
            load(cluster, feed);
            if (!settings.idle().isZero()) {
                report.idle("afterLoad", IdleFigures.of(agent, settings.idle(), progress), "idle, after the load");
            }
            compare(cluster, feed);
        }
        Directories.delete(dir.resolve("feed"));
        Directories.delete(files.agentData());
        for (int node = 1; node <= collectors; node++) {
            Directories.delete(files.nodeData(node));
        }
    }

    // --- start

    private void measureStarts(LocalCluster cluster, Path inputs) throws IOException {
        cluster.files().writeAgent(Map.of(START_STREAM, inputs.resolve("*.log")), "1GiB");
        List<Double> seconds = new ArrayList<>();
        for (int i = 0; i < settings.starts(); i++) {
            progress.now("start " + (i + 1) + " of " + settings.starts());
            Directories.delete(cluster.files().agentData());
            Directories.delete(inputs);
            Files.createDirectories(inputs);
            Files.writeString(
                    inputs.resolve("a.log"), "one of few lines\n".repeat(START_LINES), StandardCharsets.UTF_8);
            seconds.add(startOnce(cluster));
        }
        progress.clear();
        Latencies starts = Latencies.of(seconds.stream().mapToDouble(Double::doubleValue));
        report.line(
                "startSeconds",
                starts.figures(),
                "start to first line",
                "%.2f s, of %d from %.2f to %.2f s"
                        .formatted(starts.median(), starts.count(), starts.least(), starts.greatest()));
    }

    /** The leader says when it has acknowledged: to ask the agent would be to load its pages while it starts. */
    private double startOnce(LocalCluster cluster) {
        String leader = cluster.files().http(cluster.awaitLeader(LIMIT));
        long before = acceptedBlocks(cluster, leader);
        long startNanos = System.nanoTime();
        ChildProcess agent = cluster.startAgent();
        while (acceptedBlocks(cluster, leader) == before) {
            cluster.requireAlive(LocalCluster.AGENT);
            if (System.nanoTime() - startNanos > LIMIT.toNanos()) {
                throw new StandaloneException(
                        "the agent's first line was not acknowledged in " + LIMIT.toSeconds() + " s");
            }
            LockSupport.parkNanos(START_POLL_NANOS);
        }
        double seconds = (System.nanoTime() - startNanos) / 1e9;
        String http = cluster.files().agentHttp();
        LocalCluster.await(
                "the agent to know of it",
                LIMIT,
                () -> cluster.metrics(http).total("raftsman_agent_acked_events_total") == START_LINES);
        agent.stop();
        return seconds;
    }

    private static long acceptedBlocks(LocalCluster cluster, String leader) {
        return cluster.metrics(leader).total("raftsman_collector_blocks_total", "verdict=\"accepted\"");
    }

    // --- load

    private void load(LocalCluster cluster, CopiedFeed feed) throws IOException {
        boolean steady = settings.steadyBytes() > 0;
        feed.stage(
                settings.coldBytes()
                        + (steady
                                ? settings.steadyBytes() + settings.warmUp().toSeconds() * WARM_UP_BYTES_PER_SECOND
                                : 0),
                progress);
        ShippingWatch watch = new ShippingWatch(cluster, feed, progress);
        Reading start = watch.read();
        Reading cold = watch.shipUntil("cold", start.events() + feed.events(settings.coldBytes()), Long.MAX_VALUE);
        phase("cold", "cold, first " + Bytes.text(settings.coldBytes()), feed, watch, start, cold);
        if (steady) {
            long warm = System.nanoTime() + settings.warmUp().toNanos();
            Reading from = watch.shipUntil("warming up", Long.MAX_VALUE, warm);
            watch.takeMemory();
            Reading to = watch.shipUntil("steady", from.events() + feed.events(settings.steadyBytes()), Long.MAX_VALUE);
            phase("steady", "steady, " + Bytes.text(settings.steadyBytes()), feed, watch, from, to);
        }
        watch.drain();
    }

    private void phase(String key, String title, CopiedFeed feed, ShippingWatch watch, Reading from, Reading to) {
        double seconds = to.secondsSince(from);
        long events = to.events() - from.events();
        double bytes = feed.bytes(events);
        ProcessFigures used = to.usedSince(from, LocalCluster.AGENT);
        double userPerGib = used.userSeconds() / (bytes / GIB);
        double systemPerGib = used.systemSeconds() / (bytes / GIB);
        double collectorsPerGib = to.processes().keySet().stream()
                        .filter(name -> !name.equals(LocalCluster.AGENT))
                        .mapToDouble(name -> to.usedSince(from, name).cpuSeconds())
                        .sum()
                / (bytes / GIB);
        MemorySamples memory = watch.takeMemory();
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("seconds", seconds);
        figures.put("events", events);
        figures.put("bytes", bytes);
        figures.put("megabytesPerSecond", bytes / 1e6 / seconds);
        figures.put("linesPerSecond", events / seconds);
        figures.put("agentUserSecondsPerGib", userPerGib);
        figures.put("agentSystemSecondsPerGib", systemPerGib);
        figures.put("collectorsCpuSecondsPerGib", collectorsPerGib);
        figures.put("ackP50Millis", to.ackMillis("0.5"));
        figures.put("ackP99Millis", to.ackMillis("0.99"));
        figures.put("memoryMedian", BenchReport.figures(memory.median()));
        figures.put("memoryPeak", BenchReport.figures(memory.peak()));
        figures.put("highWaterBytes", used.peakBytes());
        report.line(
                key,
                figures,
                title,
                "%.1f MB/s, %,.0f lines/s; agent %.2f CPU-s/GiB = %.2f user + %.2f system; ack p50 %.0f ms, p99 %.0f ms; collectors %.2f CPU-s/GiB"
                        .formatted(
                                bytes / 1e6 / seconds,
                                events / seconds,
                                userPerGib + systemPerGib,
                                userPerGib,
                                systemPerGib,
                                to.ackMillis("0.5"),
                                to.ackMillis("0.99"),
                                collectorsPerGib));
        report.memory(key + "Median", memory.median(), "  memory, median");
        report.memory(key + "Peak", memory.peak(), "  memory, peak");
    }

    private void compare(LocalCluster cluster, CopiedFeed feed) throws IOException {
        long stored = Demo.storedEvents(cluster.catalog(), CopiedFeed.STREAM);
        long offered = feed.fedEvents();
        duplicates |= stored != offered;
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("offered", offered);
        figures.put("stored", stored);
        figures.put("duplicates", stored - offered);
        report.line(
                "events",
                figures,
                "duplicates",
                "%,d: offered %,d, stored %,d".formatted(stored - offered, offered, stored));
    }
}
