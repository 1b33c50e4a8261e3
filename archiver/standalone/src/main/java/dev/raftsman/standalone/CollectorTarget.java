package dev.raftsman.standalone;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.EpochView;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.load.CollectorLoad;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Three of our collectors, started by the launcher as anybody would start them. */
final class CollectorTarget implements BenchTarget {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final int NODES = 3;

    private final ClusterFiles files;
    private final LocalCluster cluster;
    private final LoadChild load;

    /** @param dir of its own */
    CollectorTarget(Path dir, ClusterBench.Settings settings) {
        this.files = new ClusterFiles(dir, NODES);
        files.writeCollectors("64MiB", "1h");
        this.cluster = new LocalCluster(files);
        LoadChild started = null;
        try {
            cluster.startCollectors();
            cluster.awaitCollectors(LIMIT);
            cluster.awaitLeader(LIMIT);
            started =
                    startLoad(files, settings.file(), settings.producers(), settings.linger(), settings.windowBytes());
            started.await("ready", LIMIT);
        } catch (RuntimeException e) {
            if (started != null) {
                started.close();
            }
            cluster.close();
            throw e;
        }
        this.load = started;
    }

    /** A process that loads the founders of a cluster; to be awaited to say {@code ready}. */
    static LoadChild startLoad(ClusterFiles files, Path file, int producers, Duration linger, long windowBytes) {
        List<String> arguments = new ArrayList<>(List.of(
                file.toAbsolutePath().toString(),
                ClusterFiles.TENANT,
                Integer.toString(producers),
                Long.toString(linger.toMillis()),
                Long.toString(windowBytes)));
        IntStream.rangeClosed(1, files.nodes()).mapToObj(files::ingest).forEach(arguments::add);
        return LoadChild.start(
                Path.of(System.getProperty("raftsman.lib", ""), "*").toString(),
                CollectorLoad.class.getName(),
                arguments,
                files.log("load"));
    }

    @Override
    public List<Long> nodes() {
        return IntStream.rangeClosed(1, NODES)
                .mapToObj(node -> cluster.collector(node).pid())
                .toList();
    }

    @Override
    public LoadChild load() {
        return load;
    }

    @Override
    public void requireAlive() {
        cluster.requireAlive(
                IntStream.rangeClosed(1, NODES).mapToObj(ClusterFiles::node).toArray(String[]::new));
    }

    @Override
    public List<Long> storedBytes() throws IOException {
        cluster.awaitApplied(LIMIT);
        List<Long> bytes = new ArrayList<>();
        for (int node = 1; node <= NODES; node++) {
            bytes.add(files.segmentBytes(node));
        }
        return bytes;
    }

    @Override
    public List<String> problems(Moment total) throws IOException {
        CatalogView catalog = cluster.catalog();
        List<String> problems = new ArrayList<>();
        long events = catalog.epochs().stream().mapToLong(EpochView::events).sum();
        long sequences =
                catalog.epochs().stream().mapToLong(epoch -> epoch.last() + 1).sum();
        long raw = catalog.segments().stream().mapToLong(SegmentView::rawBytes).sum();
        if (events != total.count("events") || sequences != events) {
            problems.add("%,d events acknowledged, %,d stored with %,d sequences"
                    .formatted(total.count("events"), events, sequences));
        }
        if (raw != total.count("rawBytes")) {
            problems.add("%,d bytes acknowledged, %,d stored".formatted(total.count("rawBytes"), raw));
        }
        if (storedBytes().stream().distinct().count() > 1) {
            problems.add("segments of " + storedBytes() + " bytes");
        }
        return problems;
    }

    @Override
    public void close() {
        load.close();
        cluster.close();
    }
}
