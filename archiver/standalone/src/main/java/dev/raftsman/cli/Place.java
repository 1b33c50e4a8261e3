package dev.raftsman.cli;

import dev.raftsman.cluster.ClusterClient;
import dev.raftsman.cluster.HostBacklog;
import dev.raftsman.config.ConfigException;
import dev.raftsman.config.Units;
import dev.raftsman.policy.RetentionFile;
import dev.raftsman.policy.RetentionPolicies;
import dev.raftsman.policy.Target;
import dev.raftsman.restore.ColdArchive;
import dev.raftsman.restore.HotCluster;
import dev.raftsman.restore.NodeDirectories;
import dev.raftsman.restore.ReadCache;
import dev.raftsman.restore.RestoredDirectory;
import dev.raftsman.restore.SegmentSource;
import dev.raftsman.restore.StreamReader;
import dev.raftsman.standalone.Directories;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Where a reading verb looks: collectors that run and the archive their policies name, or a directory that a demo or a
 * restore left.
 */
final class Place {
    @Mixin
    private ClusterOption cluster;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description =
                    "instead of a cluster: a directory that 'raftsman demo --data' kept or 'raftsman restore --into'"
                            + " made; needs no process")
    private Path data;

    @Option(
            names = "--policy",
            paramLabel = "FILE",
            description = "with --cluster: the retention file, whose targets are read too")
    private Path policy;

    @Option(
            names = "--cache-memory",
            paramLabel = "SIZE",
            converter = SizeConverter.class,
            description = "memory for what was fetched of cold objects (default: 16MiB)")
    private long cacheMemoryBytes = ReadCache.DEFAULT_MEMORY_BYTES;

    @Option(
            names = "--cache-disk",
            paramLabel = "SIZE",
            converter = SizeConverter.class,
            description = "disk for what leaves that memory, given back at the end (default: 256MiB; 0B for none)")
    private long cacheDiskBytes = ReadCache.DEFAULT_DISK_BYTES;

    @Option(
            names = "--cache-dir",
            paramLabel = "DIR",
            description = "where on the disk (default: among the temporary files)")
    private Path cacheDirectory = Path.of(System.getProperty("java.io.tmpdir"));

    /** With a unit, as in configuration files. */
    static final class SizeConverter implements CommandLine.ITypeConverter<Long> {
        @Override
        public Long convert(String text) {
            try {
                return Units.bytes(text);
            } catch (IllegalArgumentException e) {
                throw new CommandLine.TypeConversionException("'" + text + "' is no size; expected " + e.getMessage());
            }
        }
    }

    /** Opens what is there to be read: hot where collectors run or have left their directories, cold where it is known. */
    StreamReader open() throws IOException {
        if (data != null && cluster.isGiven()) {
            throw new CommandException(ExitCodes.USAGE, "--data " + data + " and --cluster: expected one of them");
        }
        List<SegmentSource> sources = new ArrayList<>();
        try {
            if (data == null) {
                sources.add(new RunningCluster(cluster.client()));
            } else if (RestoredDirectory.isAt(data)) {
                sources.add(new RestoredDirectory(data));
                return StreamReader.open(sources);
            } else {
                sources.add(new NodeDirectories(collectorsIn(data)));
            }
            RetentionPolicies policies = data != null ? policiesOf(data) : policy == null ? null : policies(policy);
            if (policies != null) {
                ReadCache cache = cache();
                for (Target target : policies.targets().values()) {
                    sources.add(new ColdArchive(target.name(), target.open(), cache));
                }
            }
        } catch (IOException | RuntimeException e) {
            sources.forEach(SegmentSource::close);
            throw e;
        }
        return StreamReader.open(sources);
    }

    /** What agents say they still hold; empty where no collector runs or knows. */
    Optional<List<HostBacklog>> backlogs() throws IOException {
        if (data != null) {
            return Optional.empty();
        }
        try (ClusterClient client = cluster.client()) {
            return client.backlogs();
        }
    }

    /** Whether what is there comes with tables, so that something can be said without reading it. */
    boolean hasTables() {
        return data == null || RestoredDirectory.isAt(data);
    }

    /** One for all targets: its limits are the reader's. */
    private ReadCache cache() {
        if (!Files.isDirectory(cacheDirectory)) {
            throw new CommandException(ExitCodes.NO_INPUT, "no directory " + cacheDirectory + " for --cache-dir");
        }
        ReadCache cache = ReadCache.overflowing(cacheMemoryBytes, cacheDirectory, cacheDiskBytes);
        Runtime.getRuntime().addShutdownHook(new Thread(cache::close, "raftsman-cache-end")); // A signal ends us, too.
        return cache;
    }

    private static List<Path> collectorsIn(Path data) throws IOException {
        try (Stream<Path> entries = Files.list(data)) {
            return entries.filter(dir -> dir.getFileName().toString().startsWith("collector-"))
                    .sorted()
                    .toList();
        } catch (NoSuchFileException | NotDirectoryException e) {
            throw new CommandException(
                    ExitCodes.NO_INPUT,
                    "no directory " + data
                            + "; expected one that 'raftsman demo --data' or 'raftsman restore --into' made",
                    e);
        }
    }

    /** The hot segments of running collectors, with what they need meanwhile: a client, and room for one segment. */
    private static final class RunningCluster implements SegmentSource {
        private final ClusterClient client;
        private final Path cache;
        private final HotCluster hot;

        RunningCluster(ClusterClient client) throws IOException {
            this.client = client;
            this.cache = Files.createTempDirectory("raftsman-read-");
            this.hot = new HotCluster(client, cache);
        }

        @Override
        public Contents look() throws IOException {
            return hot.look();
        }

        @Override
        public void close() {
            hot.close();
            client.close();
            try {
                Directories.delete(cache);
            } catch (IOException left) {
                // In the directory for temporary files; whoever cleans that up finds it.
            }
        }
    }

    /** The policies that a demo wrote, and so its archive. */
    private static RetentionPolicies policiesOf(Path data) throws IOException {
        Path file = data.resolve("conf").resolve("retention.yaml");
        if (!Files.isReadable(file)) {
            throw new CommandException(
                    ExitCodes.NO_INPUT, data + " is no directory that 'raftsman demo --data' made: no " + file);
        }
        return policies(file);
    }

    static RetentionPolicies policies(Path file) throws IOException {
        try {
            return RetentionFile.read(file);
        } catch (ConfigException e) {
            throw new CommandException(ExitCodes.CONFIG, e.getMessage(), e);
        }
    }
}
