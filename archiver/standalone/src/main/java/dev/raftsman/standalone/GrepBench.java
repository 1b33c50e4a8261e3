package dev.raftsman.standalone;

import dev.raftsman.catalog.ArchiveView;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.function.ToLongFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * How fast {@code raftsman grep} finds a rare word, a part of it, and a common word, in streams on three collectors and then in
 * the archive, beside {@code zstd -dc | grep} (or {@code rg}) over the same lines compressed by {@code zstd} at its usual level. Each
 * search is a process of its own, the two in turn; what they print is compared byte for byte. All files are in the page cache.
 *
 * <p>CPU is that of the processes that search and, for ours, of the collectors meanwhile; the wall clock includes the start of
 * the JVM.
 */
public final class GrepBench {
    private static final Duration LIMIT = Duration.ofMinutes(15);
    private static final Duration SEARCH_LIMIT = Duration.ofMinutes(5);
    private static final int NODES = 3;
    private static final String SEAL_AGE = "20s";
    private static final double GIB = 1L << 30;
    private static final Pattern BLOCKS = Pattern.compile("read (\\d+) of (\\d+) blocks");

    /**
     * @param source directory with files of lines
     * @param streams how many they are parted into
     * @param rare a word to look for, or null for another in each round, the rarest of those in the middle of the streams
     * @param common another word
     * @param retention policies that archive all at once, or null for a directory
     * @param rounds how often each search is measured, after one that is not
     * @param dir for data; made if missing
     * @param command as it was given, for the report
     * @param json where the figures go, too, or null
     */
    public record Settings(
            Path source,
            int streams,
            String rare,
            String common,
            Path retention,
            int rounds,
            Path dir,
            String command,
            Path json) {}

    /**
     * What is looked for.
     *
     * @param options that ours and grep's have alike
     * @param words one after the other, in turn
     */
    private record Search(String key, String title, List<String> options, List<String> words) {
        List<String> arguments(int round) {
            List<String> arguments = new ArrayList<>(options);
            arguments.add(words.get(round % words.size()));
            return arguments;
        }
    }

    private final Settings settings;
    private final BenchReport report;
    private final Progress progress = Progress.toStandardError();
    private final ClusterFiles files;
    private final LocalCluster cluster;
    private final GrepFeed feed;
    private boolean same = true;

    private GrepBench(Settings settings, PrintStream out) {
        this.settings = settings;
        this.report = new BenchReport(out);
        this.files = new ClusterFiles(settings.dir(), NODES);
        this.cluster = new LocalCluster(files);
        this.feed = new GrepFeed(settings.source(), settings.streams(), files.dir());
    }

    /** Runs it and prints the figures. @return whether both found the same each time */
    public static boolean run(Settings settings, PrintStream out) throws IOException {
        GrepBench bench = new GrepBench(settings, out);
        bench.cluster.stoppedWithUs(bench.feed.directory());
        try {
            bench.run();
        } finally {
            bench.progress.clear();
            bench.cluster.close();
        }
        bench.report.writeJson(settings.json());
        return bench.same;
    }

    private void run() throws IOException {
        report.machine(BenchMachine.describe(settings.command()));
        progress.say("parting the files into streams, and compressing them for the peer");
        feed.write();
        List<String> rare = settings.rare() == null ? feed.rarest(settings.rounds() + 1) : List.of(settings.rare());
        List<String> parts = rare.stream().map(GrepBench::inner).toList();
        List<Search> searches = List.of(
                new Search("rare", "a rare word, in turn " + String.join(", ", rare), List.of("-w"), rare),
                new Search("part", "a part of it, " + String.join(", ", parts), List.of(), parts),
                new Search("common", "the word " + settings.common(), List.of("-w"), List.of(settings.common())));
        ingest();
        awaitWords();
        measure("hot", "hot, on three collectors", searches, List.of());
        archive();
        measure(
                "cold",
                settings.retention() == null ? "cold, in a directory" : "cold, by " + settings.retention(),
                searches,
                List.of("--policy", files.conf("retention").toString()));
    }

    private static String inner(String word) {
        return word.substring(1, word.length() - 1);
    }

    // --- the streams

    private void ingest() throws IOException {
        files.writeCollectors("64MiB", SEAL_AGE);
        files.writeAgent(feed.inputs(), "1GiB");
        cluster.startCollectors();
        cluster.awaitCollectors(LIMIT);
        cluster.awaitLeader(LIMIT);
        ChildProcess agent = cluster.startAgent();
        LocalCluster.await("all lines to be acknowledged", LIMIT, () -> {
            cluster.requireAlive(LocalCluster.AGENT);
            long acknowledged = cluster.metrics(files.agentHttp()).total("raftsman_agent_acked_events_total");
            progress.now("%,d of %,d lines acknowledged".formatted(acknowledged, feed.lines()));
            return acknowledged >= feed.lines();
        });
        agent.stop();
        await("all segments to be sealed", catalog -> count(catalog, SegmentState.OPEN));
        CatalogView catalog = cluster.catalog();
        report.section("input", "input");
        report.line(
                "rawBytes",
                feed.rawBytes(),
                "lines",
                "%,d in %d streams, %.2f GiB; %s in %d segments, %s with zstd -3"
                        .formatted(
                                feed.lines(),
                                settings.streams(),
                                feed.rawBytes() / GIB,
                                Bytes.text(sum(catalog.segments(), SegmentView::bytes)),
                                catalog.segments().size(),
                                Bytes.text(feed.compressedBytes())));
    }

    /** Each segment's are made by one of the members; some, perhaps, while lines still came in. */
    private void awaitWords() throws IOException {
        int segments = cluster.catalog().segments().size();
        long already = files.wordFiles();
        double before = collectorSeconds();
        LocalCluster.await("the words of all segments", LIMIT, () -> {
            long made = files.wordFiles();
            progress.now("words of %d of %d segments collected".formatted(made, segments));
            return made >= segments;
        });
        progress.clear();
        double seconds = collectorSeconds() - before;
        double rawGib = feed.rawBytes() / GIB * (segments - already) / segments;
        report.line(
                "wordsCpuSeconds",
                seconds,
                "words of segments",
                "%.1f CPU-s of the collectors for %d of %d, %.2f a raw GiB"
                        .formatted(seconds, segments - already, segments, seconds / Math.max(rawGib, 1e-9)));
    }

    private void archive() throws IOException {
        files.writeArchiver(
                "500ms", settings.retention() == null ? retention() : Files.readString(settings.retention()));
        ChildProcess archiver = cluster.startArchiver();
        await(
                "all segments to be archived",
                catalog -> count(catalog, SegmentState.OPEN, SegmentState.SEALED),
                LocalCluster.ARCHIVER);
        archiver.stop();
        report.section("archive", "archive");
        long bytes = cluster.catalog().segments().stream()
                .map(SegmentView::archive)
                .filter(Objects::nonNull)
                .collect(Collectors.toMap(ArchiveView::key, ArchiveView::bytes, (one, same) -> one))
                .values()
                .stream()
                .mapToLong(Long::longValue)
                .sum();
        report.line("archivedBytes", bytes, "objects", Bytes.text(bytes));
    }

    private String retention() {
        return """
                version: 1
                targets: {cold: {type: directory, path: %s}}
                policies:
                  - {name: all, match: {stream: "*"}, keepHot: {age: 0s}, then: archive, to: cold}
                """.formatted(ClusterFiles.quoted(files.objects()));
    }

    private void await(String what, ToLongFunction<CatalogView> open, String... running) {
        LocalCluster.await(what, LIMIT, () -> {
            cluster.requireAlive(running);
            try {
                long left = open.applyAsLong(cluster.catalog());
                progress.now(what + ", missing " + left);
                return left == 0;
            } catch (IOException e) {
                throw new StandaloneException("no catalog: " + e.getMessage(), e);
            }
        });
        progress.clear();
    }

    private static long count(CatalogView catalog, SegmentState... states) {
        List<SegmentState> wanted = List.of(states);
        return catalog.segments().stream()
                .filter(segment -> wanted.contains(segment.state()))
                .count();
    }

    private static <T> long sum(Collection<T> all, ToLongFunction<T> of) {
        return all.stream().mapToLong(of).sum();
    }

    // --- searching

    private void measure(String key, String title, List<Search> searches, List<String> where) throws IOException {
        report.section(key, title + ", " + settings.rounds() + " rounds after one, medians:");
        for (Search search : searches) {
            List<Searched> ours = new ArrayList<>();
            List<Searched> peers = new ArrayList<>();
            for (int round = 0; round <= settings.rounds(); round++) {
                progress.now("%s: %s, round %d of %d".formatted(title, search.title(), round, settings.rounds()));
                Searched our = ours(search.arguments(round), where);
                Searched peer = peer(search.arguments(round));
                if (!our.sha256().equals(peer.sha256())) {
                    same = false;
                    report.line(
                            search.key() + "Broken",
                            List.of(our.bytes(), peer.bytes()),
                            "BROKEN",
                            "%s: raftsman grep printed %,d bytes, %s %,d, and not the same"
                                    .formatted(search.title(), our.bytes(), feed.peer(), peer.bytes()));
                }
                if (round > 0) {
                    ours.add(our);
                    peers.add(peer);
                }
            }
            progress.clear();
            print(search, ours, peers);
        }
    }

    private void print(Search search, List<Searched> ours, List<Searched> peers) {
        long bytes = sum(ours, Searched::bytes) / ours.size();
        long read = sum(ours, Searched::blocksRead) / ours.size();
        long blocks = ours.get(0).blocks();
        report.line(search.key() + "Bytes", bytes, search.title(), "%,d bytes found, on average".formatted(bytes));
        line(
                search.key(),
                "  raftsman grep",
                ours,
                "; peak %s; read %,d of %,d blocks (%.1f %%)"
                        .formatted(
                                Bytes.text(ours.stream()
                                        .mapToLong(Searched::peakBytes)
                                        .max()
                                        .orElseThrow()),
                                read,
                                blocks,
                                100.0 * read / Math.max(1, blocks)));
        line(search.key() + "Peer", "  " + feed.peer(), peers, "");
        double factor = Searched.median(peers, Searched::seconds) / Searched.median(ours, Searched::seconds);
        report.line(search.key() + "Factor", factor, "  factor", "%.2f".formatted(factor));
    }

    private void line(String key, String title, List<Searched> rounds, String more) {
        double[] seconds =
                rounds.stream().mapToDouble(Searched::seconds).sorted().toArray();
        double cpu = Searched.median(rounds, Searched::cpuSeconds);
        report.line(
                key,
                rounds,
                title,
                "%.2f s (%.2f to %.2f), CPU %.2f s%s"
                        .formatted(
                                Searched.median(rounds, Searched::seconds),
                                seconds[0],
                                seconds[seconds.length - 1],
                                cpu,
                                more));
    }

    private Searched ours(List<String> arguments, List<String> where) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                LocalCluster.launcher(), "grep", "--raw", "--stats", "--cluster", String.join(",", files.https())));
        command.addAll(where);
        command.addAll(arguments);
        double before = collectorSeconds();
        Path errors = files.log("grep");
        Files.deleteIfExists(errors);
        Searched searched = Searched.run(command, files.dir().resolve("found"), errors, SEARCH_LIMIT);
        String said = Files.readString(errors);
        Matcher blocks = BLOCKS.matcher(said);
        if (!blocks.find()) {
            throw new StandaloneException("raftsman grep said: " + said.strip());
        }
        return searched.with(
                collectorSeconds() - before, Long.parseLong(blocks.group(1)), Long.parseLong(blocks.group(2)));
    }

    private Searched peer(List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                "sh",
                "-c",
                "peer=$1 files=$2; shift 2; zstd -dcq \"$files\"/*.zst | LC_ALL=C $peer -F \"$@\"",
                "peer"));
        command.add(feed.peerProgram());
        command.add(feed.compressed().toString());
        command.addAll(arguments);
        return Searched.run(command, files.dir().resolve("found"), files.log("peer"), SEARCH_LIMIT);
    }

    private double collectorSeconds() {
        double seconds = 0;
        for (int node = 1; node <= NODES; node++) {
            seconds += ProcessFigures.of(cluster.collector(node).pid()).cpuSeconds();
        }
        return seconds;
    }
}
