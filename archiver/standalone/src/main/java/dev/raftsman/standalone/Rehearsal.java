package dev.raftsman.standalone;

import dev.raftsman.catalog.SegmentState;
import dev.raftsman.disk.Durable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Makes the archives that agents, collectors and all other commands start from: an agent of the same launcher reads two small
 * files, ships them to three collectors on loopback, shows its pages and ends, and so does one of those; an archiver takes one of
 * the streams, and a search finds the lines of both by a word in them, while the JVM notes which classes that took. So what is
 * in an archive is what a start needs, and no list of it has to be kept.
 *
 * <p>An archive is written beside the one in use, forced and renamed over it: a process that starts meanwhile sees a whole one
 * or none.
 */
public final class Rehearsal {
    private static final Duration START_LIMIT = Duration.ofSeconds(120);

    /** The JVM writes the archive while it ends; Java 25 starts another JVM for that. */
    private static final Duration WRITE_LIMIT = Duration.ofSeconds(120);

    private static final int NODES = 3;
    private static final String HOT = "rehearsal";
    private static final String COLD = "rehearsal-cold";
    private static final int LINES = 1_000;

    private Rehearsal() {}

    /**
     * @param archives the files to be made or replaced, beside each other in a directory that must be writable
     * @param dir for the data of the rehearsal; its caller deletes it
     * @throws StandaloneException if the processes do not do what they should, or the JVM writes no archive
     */
    public static void run(List<StartArchive> archives, Path dir) throws IOException {
        Map<String, Path> made = new LinkedHashMap<>();
        archives.forEach(archive -> made.put(
                archive.verb(),
                archive.file()
                        .resolveSibling(archive.file().getFileName() + "."
                                + ProcessHandle.current().pid())));
        try {
            rehearse(made, dir);
            for (StartArchive archive : archives) {
                replace(made.get(archive.verb()), archive.file());
            }
        } finally {
            for (Path file : made.values()) {
                Files.deleteIfExists(file);
            }
        }
    }

    private static void rehearse(Map<String, Path> made, Path dir) throws IOException {
        Files.createDirectories(dir);
        Map<String, Path> inputs = new TreeMap<>();
        for (String stream : List.of(HOT, COLD)) {
            String lines = "2026-01-01 00:00:00 INFO a line like many others\n".repeat(LINES);
            inputs.put(stream, Files.writeString(dir.toAbsolutePath().resolve(stream + ".txt"), lines));
        }
        ClusterFiles files = new ClusterFiles(dir, NODES);
        files.writeCollectors("64MiB", "1s");
        files.writeAgent(inputs, "64MiB");
        try (LocalCluster cluster = new LocalCluster(files).stoppedWithUs()) {
            ChildProcess collector = cluster.startCollector(1, archiving(made.get(Verb.COLLECTOR)));
            for (int node = 2; node <= NODES; node++) {
                cluster.startCollector(node);
            }
            cluster.awaitCollectors(START_LIMIT);
            ChildProcess agent = cluster.startAgent(archiving(made.get(Verb.AGENT)));
            LocalCluster.await("the agent's lines to be acknowledged", START_LIMIT, () -> {
                cluster.requireAlive(LocalCluster.AGENT);
                return cluster.ready(files.agentHttp())
                        && cluster.metrics(files.agentHttp()).total("raftsman_agent_acked_events_total") == 2 * LINES;
            });
            archive(cluster, files);
            LocalCluster.await("the words of the sealed segment", START_LIMIT, () -> files.wordFiles() > 0);
            search(files, made);
            awaitArchive(agent, made.get(Verb.AGENT));
            awaitArchive(collector, made.get(Verb.COLLECTOR));
        }
    }

    /** One of two streams. */
    private static void archive(LocalCluster cluster, ClusterFiles files) {
        files.writeArchiver("100ms", """
                version: 1
                targets: {cold: {type: directory, path: %s}}
                policies:
                  - {name: all, match: {stream: %s}, keepHot: {age: 0s}, then: archive, to: cold}
                """.formatted(ClusterFiles.quoted(files.objects()), COLD));
        ChildProcess archiver = cluster.startArchiver();
        LocalCluster.await("a segment to be archived", START_LIMIT, () -> {
            cluster.requireAlive(LocalCluster.ARCHIVER);
            try {
                return cluster.catalog().segments().stream()
                        .anyMatch(segment -> segment.state() == SegmentState.ARCHIVED);
            } catch (IOException e) {
                return false; // Asked again.
            }
        });
        archiver.stop();
    }

    /** Of all commands it is the one that has to do with most: with an S3 server, and with a directory. */
    private static void search(ClusterFiles files, Map<String, Path> made) throws IOException {
        try (DirectoryBucket bucket = new DirectoryBucket(files.objects())) {
            files.writeArchiver("1h", """
                    version: 1
                    targets:
                      bucket: %s
                      directory: {type: directory, path: %s}
                    defaults: {keepHot: {age: 7d}, then: archive, to: bucket, sealAfter: 1h}
                    policies:
                      - {name: short, match: {stream: "*-probe*"}, then: truncate, grace: 1m}
                      - {name: rest, match: {stream: "*"}}
                    """.formatted(bucket.target(), ClusterFiles.quoted(files.objects())));
            search(files, made.get(StartArchive.COMMANDS));
        }
    }

    private static void search(ClusterFiles files, Path archive) {
        ChildProcess search = ChildProcess.start(
                "grep",
                List.of(
                        LocalCluster.launcher(),
                        "grep",
                        "--json",
                        "--cluster",
                        String.join(",", files.https()),
                        "--policy",
                        files.conf("retention").toString(),
                        "-w",
                        "many"),
                archiving(archive),
                files.log("grep"),
                null);
        if (!search.awaitExit(WRITE_LIMIT)) {
            search.kill();
        }
        requireArchive(search, archive);
        if (search.exitCode() != 0) {
            throw new StandaloneException(
                    "the search found nothing; the log " + search.log() + " ends with:\n" + search.lastWords());
        }
    }

    private static Map<String, String> archiving(Path archive) {
        return Map.of("RAFTSMAN_ARCHIVE", archive.toString());
    }

    private static void awaitArchive(ChildProcess child, Path made) {
        child.terminate();
        child.awaitExit(WRITE_LIMIT);
        requireArchive(child, made);
    }

    private static void requireArchive(ChildProcess child, Path made) {
        if (child.isAlive() || !Files.isRegularFile(made)) {
            throw new StandaloneException(
                    "the JVM wrote no archive; the log " + child.log() + " ends with:\n" + child.lastWords());
        }
    }

    /** The length beside it is for the launcher: an archive that was cut would not be refused by the JVM but end it. */
    private static void replace(Path made, Path archive) throws IOException {
        try (FileChannel file = FileChannel.open(made)) {
            file.force(true);
        }
        Path length = archive.resolveSibling(archive.getFileName() + ".bytes");
        Files.deleteIfExists(length);
        Files.move(made, archive, StandardCopyOption.ATOMIC_MOVE);
        Files.writeString(length, Long.toString(Files.size(archive)));
        Durable.forceDirectory(archive.getParent());
    }
}
