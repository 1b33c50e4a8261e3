package dev.raftsman.standalone;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.EpochState;
import dev.raftsman.catalog.EpochView;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.cli.ExitCodes;
import dev.raftsman.config.ConfigException;
import dev.raftsman.policy.RetentionFile;
import dev.raftsman.policy.RetentionPlan;
import dev.raftsman.policy.RetentionPolicies;
import dev.raftsman.policy.Target;
import dev.raftsman.restore.ColdArchive;
import dev.raftsman.restore.SegmentSource;
import dev.raftsman.restore.StreamReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.locks.LockSupport;

/**
 * The whole path in one command: starts every process, gives it events, waits until all of them are archived or truncated as
 * the policies say, reads the archive back alone, and compares.
 *
 * <p>One thread; the processes do the work.
 */
public final class Demo {
    private static final Duration START_LIMIT = Duration.ofSeconds(120);
    private static final Duration STALL_LIMIT = Duration.ofSeconds(30);
    private static final long POLL_NANOS = 30_000_000;
    /** The share of the events after which chaos strikes: early, so that plenty is in flight. */
    private static final double KILL_AT = 0.02;

    private static final Duration DEAD_FOR = Duration.ofSeconds(3);
    private static final String SEGMENT_SIZE = "4MiB";
    private static final int NODES = 3;

    /**
     * @param dir where everything goes; made if missing, must be empty
     * @param chaos whether the leader is killed on the way
     */
    public record Settings(Path dir, boolean chaos) {}

    private final Settings settings;
    private final DemoSource source;
    private final PrintStream out;
    private final Progress progress;
    private final long startNanos = System.nanoTime();

    private LocalCluster cluster;
    private RetentionPolicies policies;
    private Ingested ingested;

    /** What the policies meant to do once everything was sealed, and the catalog this was decided on. */
    private RetentionPlan plan;

    private CatalogView planned;

    /** When everything was stored, and how long it took from the first event on. */
    private record Ingested(List<Offered> offered, double seconds, MetricsPage agent, long raftLogBytes) {}

    private Demo(Settings settings, DemoSource source, PrintStream out, Progress progress) {
        this.settings = settings;
        this.source = source;
        this.out = out;
        this.progress = progress;
    }

    /** The demo on files that are there, one stream each. Returns an exit code. */
    public static int onFiles(Settings settings, List<Path> files, PrintStream out) throws IOException {
        return new Demo(settings, new DemoSource.LogFiles(files), out, Progress.toStandardError()).run();
    }

    /** The demo on the sample application. Returns an exit code. */
    public static int onSample(Settings settings, long events, long seed, PrintStream out) throws IOException {
        return new Demo(settings, new DemoSource.SampleApp(events, seed), out, Progress.toStandardError()).run();
    }

    private int run() throws IOException {
        requireEmpty(settings.dir());
        Files.createDirectories(settings.dir());
        ClusterFiles files = new ClusterFiles(settings.dir(), NODES);
        files.writeCollectors(SEGMENT_SIZE, "1h");
        files.writeAgent(source.inputs(), "1GiB");
        files.writeArchiver("500ms", source.retention(files.objects()));
        policies = policies(files.conf("retention"));
        progress.say("raftsman demo: data, configuration and logs in " + files.dir());
        try (LocalCluster running = new LocalCluster(files)) {
            cluster = running;
            Thread hook = new Thread(running::close, "demo-stop");
            Runtime.getRuntime().addShutdownHook(hook);
            try {
                ingest();
                CatalogView settled = settle();
                progress.clear();
                DemoSummary summary = report(settled);
                summary.mismatches().forEach(mismatch -> out.println("MISMATCH " + mismatch));
                out.println(summary.truncationLine());
                out.println(summary.lastLine());
                return summary.allEqual() ? ExitCodes.OK : ExitCodes.MISMATCH;
            } finally {
                progress.clear();
                Runtime.getRuntime().removeShutdownHook(hook);
            }
        }
    }

    private DemoSummary report(CatalogView settled) throws IOException {
        List<SegmentSource> targets = new ArrayList<>();
        for (Target target : policies.targets().values()) {
            targets.add(new ColdArchive(target.name(), target.open()));
        }
        try (ArchiveContents archive = ArchiveContents.open(policies);
                StreamReader cold = StreamReader.open(targets)) {
            DemoReport report = new DemoReport(policies, ingested.offered(), settled, archive);
            report.printFigures(out, ingested.seconds(), ingested.agent(), ingested.raftLogBytes());
            return report.compare(plan, planned, cold);
        }
    }

    private static RetentionPolicies policies(Path file) throws IOException {
        try {
            return RetentionFile.read(file);
        } catch (ConfigException e) {
            throw new IllegalStateException("the demo's own retention file", e);
        }
    }

    private static void requireEmpty(Path dir) throws IOException {
        if (Files.exists(dir)) {
            try (var entries = Files.list(dir)) {
                if (entries.findAny().isPresent()) {
                    throw new StandaloneException(dir + " is not empty; the demo needs a directory of its own");
                }
            }
        }
    }

    // --- from the first event to the last one stored

    private void ingest() throws IOException {
        cluster.startCollectors();
        cluster.startAgent();
        source.start(cluster);
        cluster.startArchiver();
        LocalCluster.await("a leader", START_LIMIT, () -> {
            cluster.requireAlive(
                    "collector-1", "collector-2", "collector-3", LocalCluster.AGENT, LocalCluster.ARCHIVER);
            progress.now(elapsed() + "starting three collectors, an agent and an archiver");
            return cluster.leader().isPresent();
        });
        Chaos chaos = settings.chaos() ? new Chaos() : null;
        long firstNanos = 0;
        long stored = -1;
        long movedNanos = System.nanoTime();
        while (true) {
            Optional<List<Offered>> offered = source.offered(cluster);
            CatalogView catalog = cluster.catalog();
            long now = catalog.epochs().stream().mapToLong(EpochView::events).sum();
            if (now != stored) {
                // The first was stored somewhere between the two looks; the earlier one gives no rate that was not
                // there.
                firstNanos = stored <= 0 ? movedNanos : firstNanos;
                movedNanos = System.nanoTime();
                stored = now;
            }
            long expected = source.expectedEvents();
            progress.now(progressLine(stored, expected, catalog));
            if (chaos != null) {
                chaos.step(stored, expected);
            }
            boolean all = offered.isPresent()
                    && offered.get().stream().allMatch(o -> storedEvents(catalog, o.stream()) >= o.events())
                    && (source.inputs().size() > 0
                            || catalog.epochs().stream().allMatch(e -> e.state() != EpochState.OPEN));
            boolean stalled = System.nanoTime() - movedNanos > STALL_LIMIT.toNanos();
            if (all && (chaos == null || chaos.isOver()) || stalled) {
                if (stalled) {
                    progress.say("nothing more was stored for " + STALL_LIMIT.toSeconds()
                            + " s; going on with what there is");
                }
                double seconds = firstNanos == 0 ? 0 : (movedNanos - firstNanos) / 1e9;
                ingested = new Ingested(
                        offered.orElse(List.of()),
                        seconds,
                        cluster.metrics(cluster.files().agentHttp()),
                        raftLogBytes());
                return;
            }
            cluster.requireAlive(LocalCluster.AGENT, LocalCluster.ARCHIVER);
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    static long storedEvents(CatalogView catalog, String stream) {
        return catalog.segments().stream()
                .filter(segment -> segment.stream().equals(stream))
                .mapToLong(SegmentView::events)
                .sum();
    }

    private long raftLogBytes() {
        return cluster.files().https().stream()
                .mapToLong(http -> cluster.metrics(http).total("raftsman_collector_raft_log_bytes_total"))
                .max()
                .orElse(0);
    }

    private String progressLine(long stored, long expected, CatalogView catalog) {
        long cold = catalog.segments().stream()
                .filter(segment -> !segment.state().hot())
                .mapToLong(SegmentView::events)
                .sum();
        return "%sstored %,d of %,d events (%d %%), archived or truncated %,d, leader %s"
                .formatted(
                        elapsed(),
                        stored,
                        expected,
                        expected == 0 ? 100 : 100 * stored / expected,
                        cold,
                        cluster.leader().isPresent()
                                ? ClusterFiles.node(cluster.leader().getAsInt())
                                : "being elected");
    }

    private String elapsed() {
        return "%3d s  ".formatted((System.nanoTime() - startNanos) / 1_000_000_000L);
    }

    /** Kills the leader once, waits a while, starts it again. */
    private final class Chaos {
        private int victim;
        private long killedNanos;
        private boolean restarted;

        void step(long stored, long expected) {
            if (victim == 0) {
                OptionalInt leader = cluster.leader();
                if (stored >= expected * KILL_AT && leader.isPresent()) {
                    victim = leader.getAsInt();
                    ChildProcess process = cluster.collector(victim);
                    process.kill();
                    killedNanos = System.nanoTime();
                    progress.say("%schaos: kill -9 of the leader, %s (process %d), with %,d of %,d events stored"
                            .formatted(elapsed(), process.name(), process.pid(), stored, expected));
                }
            } else if (!restarted && System.nanoTime() - killedNanos >= DEAD_FOR.toNanos()) {
                restarted = true;
                cluster.startCollector(victim);
                progress.say("%schaos: %s started again; %s leads, %,d events stored"
                        .formatted(
                                elapsed(),
                                ClusterFiles.node(victim),
                                cluster.leader().isPresent()
                                        ? ClusterFiles.node(cluster.leader().getAsInt())
                                        : "nobody",
                                stored));
            }
        }

        boolean isOver() {
            return restarted;
        }
    }

    // --- from the last event stored to the last one archived or truncated

    /** Seals what is open and waits until no segment is hot; returns the catalog then, or at the stall. */
    private CatalogView settle() throws IOException {
        long movedNanos = System.nanoTime();
        long hot = Long.MAX_VALUE;
        while (true) {
            CatalogView catalog = cluster.catalog();
            long now = catalog.segments().stream().filter(s -> s.state().hot()).count();
            boolean open = catalog.segments().stream().anyMatch(s -> s.state() == SegmentState.OPEN && s.blocks() > 0);
            if (open) {
                cluster.execute(new Command.Seal(null, Command.EVERY_STREAM, 0));
                continue;
            }
            if (plan == null) {
                plan = RetentionPlan.of(policies, catalog, catalog.stampMillis());
                planned = catalog;
            }
            if (now == 0) {
                return catalog;
            }
            if (now < hot) {
                hot = now;
                movedNanos = System.nanoTime();
            }
            if (System.nanoTime() - movedNanos > STALL_LIMIT.toNanos()) {
                progress.say(
                        now + " segments were neither archived nor truncated within " + STALL_LIMIT.toSeconds() + " s");
                return catalog;
            }
            progress.now(elapsed() + "everything stored; " + now + " segments still to be archived or truncated");
            LockSupport.parkNanos(POLL_NANOS);
        }
    }
}
