package dev.raftsman.standalone;

import dev.raftsman.segment.SegmentId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The configuration files of a cluster on loopback: the same YAML a person would write, so what the children read is what can
 * be read and changed in {@code DIR/conf} afterwards.
 */
final class ClusterFiles {
    static final String TENANT = "demo";
    static final String AGENT = "local";

    private static final String LOOPBACK = "127.0.0.1";

    private final Path dir;
    private final List<Integer> ports;

    /** Of all collectors, those that join last. */
    private final List<String> hosts;

    private final int joining;

    ClusterFiles(Path dir, int nodes) {
        this(dir, nodes, 0);
    }

    /** @param joining collectors more, that do not found the cluster; their numbers follow those of the founders */
    ClusterFiles(Path dir, int nodes, int joining) {
        this(dir, Collections.nCopies(nodes + joining, LOOPBACK), joining);
    }

    /** @param hosts where each collector runs: addresses that are reached from here */
    ClusterFiles(Path dir, List<String> hosts) {
        this(dir, hosts, 0);
    }

    private ClusterFiles(Path dir, List<String> hosts, int joining) {
        this.dir = dir.toAbsolutePath().normalize();
        this.hosts = List.copyOf(hosts);
        this.joining = joining;
        this.ports = FreePorts.pick(3 * hosts.size() + 2);
    }

    Path dir() {
        return dir;
    }

    /** Those that found the cluster: 1 to this. */
    int nodes() {
        return hosts.size() - joining;
    }

    /** All collectors that have a file. */
    int allNodes() {
        return hosts.size();
    }

    Path conf(String name) {
        return dir.resolve("conf").resolve(name + ".yaml");
    }

    Path log(String name) {
        return dir.resolve("logs").resolve(name + ".log");
    }

    Path walRoot() {
        return dir.resolve("wal");
    }

    Path objects() {
        return dir.resolve("objects");
    }

    Path nodeData(int node) {
        return dir.resolve(node(node));
    }

    /** Segments whose words some node has collected. */
    long wordFiles() {
        try {
            long made = 0;
            for (int node = 1; node <= nodes(); node++) {
                made += Directories.files(nodeData(node).resolve("words"));
            }
            return made;
        } catch (IOException e) {
            throw new StandaloneException("cannot count the files of words: " + e.getMessage(), e);
        }
    }

    /** Bytes of the segments that lie on a node, whole or not; 0 if it has no directory yet. */
    long segmentBytes(int node) throws IOException {
        // Only they: files of the log go away while a directory is walked.
        Path segments = nodeData(node).resolve("segments");
        if (!Files.isDirectory(segments)) {
            return 0;
        }
        try (Stream<Path> all = Files.walk(segments)) {
            return all.filter(path -> path.toString().endsWith(SegmentId.FILE_SUFFIX))
                    .mapToLong(path -> path.toFile().length())
                    .sum();
        }
    }

    Path agentData() {
        return dir.resolve("agent");
    }

    static String node(int number) {
        return "collector-" + number;
    }

    String raft(int node) {
        return address(node, 0);
    }

    /** Address of a collector's ingest, {@code host:port}. */
    String ingest(int node) {
        return address(node, 1);
    }

    /** Address of a collector's HTTP door, {@code host:port}. */
    String http(int node) {
        return address(node, 2);
    }

    String agentHttp() {
        return LOOPBACK + ":" + ports.get(3 * allNodes());
    }

    String archiverHttp() {
        return LOOPBACK + ":" + ports.get(3 * allNodes() + 1);
    }

    private String address(int node, int door) {
        return hosts.get(node - 1) + ":" + ports.get(3 * (node - 1) + door);
    }

    List<String> https() {
        List<String> all = new ArrayList<>();
        for (int node = 1; node <= nodes(); node++) {
            all.add(http(node));
        }
        return all;
    }

    void writeCollectors(String segmentSize, String segmentAge) {
        StringBuilder peers = new StringBuilder();
        for (int node = 1; node <= allNodes(); node++) {
            peers.append("    - {id: %s, raft: %s, ingest: %s, http: %s%s}\n"
                    .formatted(
                            node(node),
                            quoted(raft(node)),
                            quoted(ingest(node)),
                            quoted(http(node)),
                            node > nodes() ? ", joins: true" : ""));
        }
        for (int node = 1; node <= allNodes(); node++) {
            write(node(node), """
                    version: 1
                    node: %s
                    data: %s
                    ingest: {listen: %s}
                    http: {listen: %s}
                    raft:
                      peers:
                    %ssegments: {size: %s, age: %s}
                    """.formatted(
                            node(node),
                            quoted(nodeData(node)),
                            quoted(ingest(node)),
                            quoted(http(node)),
                            peers,
                            segmentSize,
                            segmentAge));
        }
    }

    /**
     * @param inputs stream to file
     * @param walQuota bytes of WAL, with unit
     */
    void writeAgent(Map<String, Path> inputs, String walQuota) {
        StringBuilder collectors = new StringBuilder();
        for (int node = 1; node <= nodes(); node++) {
            collectors.append(node == 1 ? "" : ", ").append(quoted(ingest(node)));
        }
        StringBuilder files = new StringBuilder();
        inputs.forEach((stream, file) -> files.append("  - {type: file, stream: %s, paths: [%s]}\n"
                .formatted(quoted(stream), quoted(file.toAbsolutePath()))));
        write("agent", """
                version: 1
                agent: %s
                tenant: %s
                data: %s
                collectors: [%s]
                http: {listen: %s}
                wal:
                  roots: [%s]
                  quota: %s
                %s""".formatted(
                        AGENT,
                        TENANT,
                        quoted(agentData()),
                        collectors,
                        quoted(agentHttp()),
                        quoted(walRoot()),
                        walQuota,
                        inputs.isEmpty() ? "" : "inputs:\n" + files));
    }

    void writeArchiver(String every, String retention) {
        StringBuilder collectors = new StringBuilder();
        for (String http : https()) {
            collectors.append(collectors.isEmpty() ? "" : ", ").append(quoted(http));
        }
        write("archiver", """
                version: 1
                data: %s
                collectors: [%s]
                retention: %s
                every: %s
                http: {listen: %s}
                """.formatted(
                quoted(dir.resolve("archiver")), collectors, quoted(conf("retention")), every, quoted(archiverHttp())));
        write("retention", retention);
    }

    private void write(String name, String text) {
        try {
            Files.createDirectories(dir.resolve("conf"));
            Files.createDirectories(dir.resolve("logs"));
            Files.createDirectories(walRoot());
            Files.writeString(conf(name), text, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new StandaloneException("cannot write " + conf(name) + ": " + e.getMessage(), e);
        }
    }

    /** A YAML scalar in double quotes: a path or name may hold anything. */
    static String quoted(Object value) {
        return '"' + value.toString().replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
