package dev.raftsman.standalone;

import dev.raftsman.disk.Durable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;

/**
 * Makes the archive that an agent starts from: an agent of the same launcher reads a small file, ships it to a collector on
 * loopback, shows its pages and ends, while the JVM notes which classes that took. So what is in the archive is what a start
 * needs, and no list of it has to be kept.
 *
 * <p>The archive is written beside the one in use, forced and renamed over it: an agent that starts meanwhile sees a whole one
 * or none.
 */
public final class Rehearsal {
    private static final Duration START_LIMIT = Duration.ofSeconds(60);

    /** The JVM writes the archive while it ends; Java 25 starts another JVM for that. */
    private static final Duration WRITE_LIMIT = Duration.ofSeconds(120);

    private static final String STREAM = "rehearsal";
    private static final int LINES = 1_000;

    private Rehearsal() {}

    /**
     * @param archive the file to be made or replaced; the directory must be writable
     * @param dir for the data of the rehearsal; its caller deletes it
     * @return bytes of the archive
     * @throws StandaloneException if the processes do not do what they should, or the JVM writes no archive
     */
    public static long run(Path archive, Path dir) throws IOException {
        Path made = archive.resolveSibling(
                archive.getFileName() + "." + ProcessHandle.current().pid());
        try {
            rehearse(made, dir);
            long bytes = Files.size(made);
            replace(made, archive, bytes);
            return bytes;
        } finally {
            Files.deleteIfExists(made);
        }
    }

    private static void rehearse(Path made, Path dir) throws IOException {
        Path file = dir.toAbsolutePath().resolve("rehearsal.txt");
        Files.createDirectories(dir);
        Files.writeString(
                file, "2026-01-01 00:00:00 INFO a line like many others\n".repeat(LINES), StandardCharsets.UTF_8);
        ClusterFiles files = new ClusterFiles(dir, 1);
        files.writeCollectors("64MiB", "1h");
        files.writeAgent(Map.of(STREAM, file), "64MiB");
        try (LocalCluster cluster = new LocalCluster(files).stoppedWithUs()) {
            cluster.startCollectors();
            cluster.awaitCollectors(START_LIMIT);
            ChildProcess agent = cluster.startAgent(Map.of("RAFTSMAN_ARCHIVE", made.toString()));
            LocalCluster.await("the agent's lines to be acknowledged", START_LIMIT, () -> {
                cluster.requireAlive(LocalCluster.AGENT);
                return cluster.ready(files.agentHttp())
                        && cluster.metrics(files.agentHttp()).total("raftsman_agent_acked_events_total") == LINES;
            });
            agent.terminate();
            if (!agent.awaitExit(WRITE_LIMIT) || !Files.isRegularFile(made)) {
                throw new StandaloneException("the JVM wrote no archive; the agent's log " + agent.log()
                        + " ends with:\n" + agent.lastWords());
            }
        }
    }

    /** The length beside it is for the launcher: an archive that was cut would not be refused by the JVM but end it. */
    private static void replace(Path made, Path archive, long bytes) throws IOException {
        try (FileChannel file = FileChannel.open(made)) {
            file.force(true);
        }
        Path length = archive.resolveSibling(archive.getFileName() + ".bytes");
        Files.deleteIfExists(length);
        Files.move(made, archive, StandardCopyOption.ATOMIC_MOVE);
        Files.writeString(length, Long.toString(bytes));
        Durable.forceDirectory(archive.getParent());
    }
}
