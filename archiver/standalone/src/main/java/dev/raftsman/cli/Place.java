package dev.raftsman.cli;

import dev.raftsman.cluster.Backoff;
import dev.raftsman.cluster.ClusterClient;
import dev.raftsman.config.ConfigException;
import dev.raftsman.config.HostPort;
import dev.raftsman.policy.RetentionFile;
import dev.raftsman.policy.RetentionPolicies;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine.Option;

/** Where a reading verb looks: collectors that run, or a directory that a demo left. */
final class Place {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    @Option(
            names = "--cluster",
            paramLabel = "HOST:PORT",
            split = ",",
            description = "HTTP addresses of some or all collectors")
    private List<String> cluster;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "a directory that 'raftsman demo --data' kept; needs no process")
    private Path data;

    boolean isDirectory() {
        return data != null;
    }

    /** The collectors asked for; the caller closes. */
    ClusterClient client() {
        return client(cluster);
    }

    static ClusterClient client(List<String> addresses) {
        try {
            return new ClusterClient(
                    addresses.stream()
                            .map(Place::withoutScheme)
                            .map(HostPort::parse)
                            .toList(),
                    new Backoff(Duration.ofMillis(50), Duration.ofMillis(500), LIMIT));
        } catch (IllegalArgumentException e) {
            throw new CommandException(
                    ExitCodes.USAGE, "--cluster " + String.join(",", addresses) + ": " + e.getMessage(), e);
        }
    }

    private static String withoutScheme(String address) {
        return address.replaceFirst("^http://", "").replaceFirst("/$", "");
    }

    /** The policies of the directory asked for, and so its archive. */
    RetentionPolicies policies() throws IOException {
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
