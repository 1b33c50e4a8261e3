package dev.raftsman.standalone;

import dev.raftsman.standalone.ShippingWatch.Reading;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

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
    private static final double GIB = 1L << 30;
    private static final int NODES = 3;

    /**
     * @param file what to ship, at least some MiB
     * @param dir for data; made if missing
     * @param coldBytes how much counts as cold, from the first byte on
     * @param warmUp what runs between cold and steady
     * @param steadyBytes how much counts as steady; 0 leaves warm-up and steady out
     */
    public record Settings(Path file, Path dir, long coldBytes, Duration warmUp, long steadyBytes) {}

    private final Settings settings;
    private final PrintStream out;
    private final Progress progress = Progress.toStandardError();
    private final CopiedFeed feed;

    private PipelineBench(Settings settings, PrintStream out) throws IOException {
        this.settings = settings;
        this.out = out;
        this.feed = new CopiedFeed(settings.file(), settings.dir().resolve("feed"));
    }

    /** Runs it and prints the figures. */
    public static void run(Settings settings, PrintStream out) throws IOException {
        new PipelineBench(settings, out).run();
    }

    private void run() throws IOException {
        Offered copy = feed.copy();
        double mean = (double) copy.bytes() / copy.events();
        out.printf(
                "file %s: %,d lines, mean %.1f bytes, %.2f GiB%n",
                settings.file(), copy.events(), mean, copy.bytes() / GIB);
        feed.stage(
                settings.coldBytes()
                        + (settings.steadyBytes() == 0
                                ? 0
                                : settings.steadyBytes() + settings.warmUp().toSeconds() * 110_000_000L),
                progress);
        ClusterFiles files = new ClusterFiles(settings.dir(), NODES);
        files.writeCollectors("64MiB", "1h");
        files.writeAgent(Map.of(CopiedFeed.STREAM, feed.pattern()), "1GiB");
        try (LocalCluster cluster = new LocalCluster(files).stoppedWithUs()) {
            cluster.startCollectors();
            cluster.awaitCollectors(START_LIMIT);
            cluster.startAgent();
            LocalCluster.await("the agent", START_LIMIT, () -> cluster.ready(files.agentHttp()));
            ShippingWatch watch = new ShippingWatch(cluster, feed, progress);
            Reading start = watch.read();
            Reading cold = watch.shipUntil("cold", start.events() + feed.events(settings.coldBytes()), Long.MAX_VALUE);
            print("cold (first " + Bytes.text(settings.coldBytes()) + ")", start, cold);
            if (settings.steadyBytes() > 0) {
                long warm = System.nanoTime() + settings.warmUp().toNanos();
                Reading from = watch.shipUntil("warming up", Long.MAX_VALUE, warm);
                Reading to =
                        watch.shipUntil("steady", from.events() + feed.events(settings.steadyBytes()), Long.MAX_VALUE);
                print(
                        "steady (" + Bytes.text(settings.steadyBytes()) + " after "
                                + settings.warmUp().toSeconds() + " s)",
                        from,
                        to);
            }
        }
    }

    private void print(String title, Reading from, Reading to) {
        double seconds = to.secondsSince(from);
        long events = to.events() - from.events();
        double bytes = feed.bytes(events);
        out.printf(
                "%s: %.1f MB/s raw, %,.0f lines/s, %.1f s; ack p50 %.1f ms, p99 %.1f ms; wire %.1f MB%n",
                title,
                bytes / 1e6 / seconds,
                events / seconds,
                seconds,
                to.ackMillis("0.5"),
                to.ackMillis("0.99"),
                (to.agent().sum("raftsman_agent_wire_bytes_total")
                                - from.agent().sum("raftsman_agent_wire_bytes_total"))
                        / 1e6);
        double sum = 0;
        for (String process : to.processes().keySet()) {
            ProcessFigures used = to.usedSince(from, process);
            sum += used.cpuSeconds();
            out.printf(
                    "  %-12s %6.2f CPU-s/GiB   peak RSS %s%n",
                    process, used.cpuSeconds() / (bytes / GIB), Bytes.text(used.peakBytes()));
        }
        out.printf("  %-12s %6.2f CPU-s/GiB%n", "all", sum / (bytes / GIB));
        out.flush();
    }
}
