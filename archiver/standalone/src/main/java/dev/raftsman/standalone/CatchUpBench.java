package dev.raftsman.standalone;

import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * A new node joins three that hold much already and take more: how fast it gets what they have, and what that does to
 * acknowledgements meanwhile. All are processes of their own on this machine.
 */
public final class CatchUpBench {
    private static final Duration LIMIT = Duration.ofMinutes(20);
    private static final int FOUNDERS = 3;
    private static final int NEWCOMER = 4;
    private static final int PRODUCERS = 4;
    private static final Duration LINGER = Duration.ofMillis(5);
    private static final long WINDOW_BYTES = 4L << 20;
    private static final int RAW_PER_STORED = 8;

    /** One alone may hold a snapshot, or a pause of the machine, as those do that are compared with it. */
    private static final int UNDISTURBED_WINDOWS = 6;

    /** What the new node's log says of the rate at which it got segments. */
    private static final Pattern FETCHED = Pattern.compile("snapshot fetched: .*MB/s=([0-9.]+)");

    private static final double MIB = 1L << 20;

    /**
     * @param file lines to send, again and again
     * @param dir for data; made if missing
     * @param bytes of segments on each node before the new one comes
     * @param rate events a second that are acknowledged meanwhile
     * @param window how long acknowledgements are measured at a time
     * @param command as a person would type it
     */
    public record Settings(Path file, Path dir, long bytes, int rate, Duration window, String command) {}

    private final Settings settings;
    private final PrintStream out;
    private final Progress progress = Progress.toStandardError();
    private final ClusterFiles files;
    private final LocalCluster cluster;

    private CatchUpBench(Settings settings, PrintStream out) {
        this.settings = settings;
        this.out = out;
        this.files = new ClusterFiles(settings.dir(), FOUNDERS, 1);
        this.cluster = new LocalCluster(files);
    }

    /** Runs it and prints the figures. @return whether the new node ended with the same segments */
    public static boolean run(Settings settings, PrintStream out) throws IOException {
        CatchUpBench bench = new CatchUpBench(settings, out);
        bench.cluster.stoppedWithUs();
        try {
            return bench.run();
        } finally {
            bench.progress.clear();
            bench.cluster.close();
        }
    }

    private boolean run() throws IOException {
        Map<String, Object> machine = BenchMachine.describe(settings.command());
        machine.forEach((key, value) -> out.println(key + ": " + value));
        files.writeCollectors("64MiB", "1h");
        cluster.startCollectors();
        cluster.awaitCollectors(LIMIT);
        cluster.awaitLeader(LIMIT);
        try (LoadChild load = CollectorTarget.startLoad(files, settings.file(), PRODUCERS, LINGER, WINDOW_BYTES)) {
            load.await("ready", LIMIT);
            fill(load);
            window(load, settings.window()); // What filling has left to do.
            List<Moment> undisturbed = new ArrayList<>();
            for (int i = 0; i < UNDISTURBED_WINDOWS; i++) {
                undisturbed.add(window(load, Duration.ZERO));
            }
            List<Long> before = memory(FOUNDERS);
            ChildProcess add = join();
            long beganNanos = System.nanoTime();
            List<Moment> meanwhile = new ArrayList<>();
            while (add.isAlive()) {
                meanwhile.add(window(load, Duration.ZERO));
            }
            double seconds = (double) (endNanos - beganNanos) / TimeUnit.SECONDS.toNanos(1);
            if (add.exitCode() != 0) {
                throw new StandaloneException("the node was not added: " + add.lastWords());
            }
            long fetched = (long) cluster.metrics(files.http(NEWCOMER)).sum("raftsman_collector_fetched_bytes_total");
            List<Long> after = memory(NEWCOMER);
            print(seconds, fetched, undisturbed, meanwhile, before, after);
        }
        return sameEverywhere();
    }

    private volatile long endNanos;

    private void fill(LoadChild load) throws IOException {
        for (long missing = settings.bytes(); missing > 0; missing = settings.bytes() - files.segmentBytes(1)) {
            progress.now("filling, missing " + Bytes.text(missing));
            long raw = Math.max(64L << 20, Math.min(missing, 256L << 20) * RAW_PER_STORED);
            load.ask(0, Duration.ZERO, raw, Duration.ofMillis(100));
            awaitLoad(load);
        }
    }

    private Moment window(LoadChild load, Duration lead) {
        load.ask(settings.rate(), lead, 0, settings.window());
        return awaitLoad(load);
    }

    private Moment awaitLoad(LoadChild load) {
        load.await("begun", LIMIT);
        load.await("ended", LIMIT);
        return load.await("drained", LIMIT);
    }

    /** Starts the new node and asks for it to be added, which is answered once it has everything. */
    private ChildProcess join() {
        progress.now("a new node comes");
        String name = ClusterFiles.node(NEWCOMER);
        cluster.startCollector(NEWCOMER);
        LocalCluster.await(
                name + " to wait",
                LIMIT,
                () -> cluster.status(NEWCOMER)
                        .map(status -> status.path("waiting").asText().contains("newcomer"))
                        .orElse(false));
        List<String> command = List.of(
                LocalCluster.launcher(),
                "cluster",
                "add",
                name,
                "--raft",
                files.raft(NEWCOMER),
                "--cluster",
                String.join(",", files.https()));
        ChildProcess add = ChildProcess.start("add", command, Map.of(), files.log("add"), null);
        add.onExit(() -> endNanos = System.nanoTime());
        return cluster.adopt(add);
    }

    private List<Long> memory(int nodes) {
        return IntStream.rangeClosed(1, nodes)
                .mapToObj(
                        node -> MemoryFigures.of(cluster.collector(node).pid()).residentBytes())
                .toList();
    }

    private void print(
            double seconds,
            long fetched,
            List<Moment> undisturbed,
            List<Moment> meanwhile,
            List<Long> before,
            List<Long> after)
            throws IOException {
        out.printf(
                "caught up with %s in %.1f s, joining included: %.0f MB/s; the segments came at %s MB/s%n",
                Bytes.text(fetched), seconds, fetched / 1e6 / seconds, fetchRate());
        out.printf(
                "ack p50 / p99 at %,d events/s, medians of windows of %d s:%n",
                settings.rate(), settings.window().toSeconds());
        printAcks("undisturbed", undisturbed);
        printAcks("meanwhile", meanwhile);
        out.println("RSS of the nodes in MiB: before " + mib(before) + ", after " + mib(after));
        out.flush();
    }

    private void printAcks(String when, List<Moment> windows) {
        out.printf(
                "  %-11s  %.1f / %.1f ms, greatest %.1f / %.1f ms, of %d%n",
                when,
                1e3 * of(windows, "ack.p50").median(),
                1e3 * of(windows, "ack.p99").median(),
                1e3 * of(windows, "ack.p50").greatest(),
                1e3 * of(windows, "ack.p99").greatest(),
                windows.size());
    }

    private String fetchRate() throws IOException {
        Matcher said = FETCHED.matcher(Files.readString(files.log(ClusterFiles.node(NEWCOMER))));
        String rate = "?";
        while (said.find()) {
            rate = said.group(1);
        }
        return rate;
    }

    private static Latencies of(List<Moment> moments, String figure) {
        return Latencies.of(moments.stream().flatMapToDouble(moment -> DoubleStream.of(moment.figure(figure))));
    }

    private static String mib(List<Long> bytes) {
        return bytes.stream().map(each -> "%.0f".formatted(each / MIB)).toList().toString();
    }

    private boolean sameEverywhere() throws IOException {
        cluster.members().add(NEWCOMER);
        cluster.awaitApplied(LIMIT);
        int segments = 0;
        for (SegmentView segment : cluster.catalog().segments()) {
            if (segment.state() == SegmentState.SEALED) {
                progress.now("comparing segments");
                segments++;
                String has = cluster.segmentSha256(NEWCOMER, segment);
                if (!has.equals(segment.sha256())) {
                    out.println("BROKEN: segment " + segment.id() + " of the new node is " + has);
                    return false;
                }
            }
        }
        out.println("the new node's sealed segments are those of the others: " + segments);
        return true;
    }
}
