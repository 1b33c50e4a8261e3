package dev.raftsman.standalone;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.cluster.Backoff;
import dev.raftsman.cluster.ClusterClient;
import dev.raftsman.config.HostPort;
import dev.raftsman.objects.Sha256;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Collectors, agent and archiver as real child processes on loopback, to be started, looked at, killed and started again.
 *
 * <p>Every child is run by the launcher, so it has exactly the JVM flags and class path it would have alone. Children end with
 * this process ({@link ChildProcess}); {@link #close} stops them in order. One thread drives it.
 */
final class LocalCluster implements AutoCloseable {
    static final String AGENT = Verb.AGENT;
    static final String ARCHIVER = Verb.ARCHIVER;

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration HTTP_LIMIT = Duration.ofSeconds(2);
    private static final Duration CATALOG_LIMIT = Duration.ofSeconds(30);
    private static final long POLL_NANOS = 50_000_000;

    private final ClusterFiles files;
    private final Map<String, ChildProcess> children = new LinkedHashMap<>();
    private final Map<String, List<String>> surroundings = new HashMap<>();
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(HTTP_LIMIT).build();

    private final ClusterClient client;
    private final Set<Integer> members = new TreeSet<>();
    private final List<Path> bulkData = new ArrayList<>();
    private final Thread hook = new Thread(this::endedFromOutside, "cluster-stop");

    LocalCluster(ClusterFiles files) {
        this.files = files;
        for (int node = 1; node <= files.nodes(); node++) {
            members.add(node);
        }
        this.client = new ClusterClient(
                files.https().stream().map(HostPort::parse).toList(),
                new Backoff(Duration.ofMillis(50), Duration.ofMillis(200), CATALOG_LIMIT));
    }

    ClusterFiles files() {
        return files;
    }

    /** Numbers of the collectors that have everything: the founders, until somebody says otherwise. */
    Set<Integer> members() {
        return members;
    }

    /**
     * From now on the children are stopped, in order, also when this process is told to end, by Ctrl-C for one.
     *
     * @param bulk what nobody wants to keep then: directories that are deleted afterwards
     */
    LocalCluster stoppedWithUs(Path... bulk) {
        bulkData.addAll(List.of(bulk));
        Runtime.getRuntime().addShutdownHook(hook);
        return this;
    }

    // --- processes

    /**
     * From now on a child is started by a command that is given its command line as arguments, and becomes it: one that
     * enters a network namespace, for one.
     */
    void surround(String name, List<String> command) {
        surroundings.put(name, command);
    }

    void startCollectors() {
        for (int node = 1; node <= files.nodes(); node++) {
            startCollector(node);
        }
    }

    ChildProcess startCollector(int node) {
        return startCollector(node, Map.of());
    }

    ChildProcess startCollector(int node, Map<String, String> environment) {
        return start(ClusterFiles.node(node), Verb.COLLECTOR, environment);
    }

    ChildProcess startAgent() {
        return startAgent(Map.of());
    }

    ChildProcess startAgent(Map<String, String> environment) {
        return start(AGENT, Verb.AGENT, environment);
    }

    ChildProcess startArchiver() {
        return start(ARCHIVER, Verb.ARCHIVER, Map.of());
    }

    private ChildProcess start(String name, String verb, Map<String, String> environment) {
        List<String> command = new ArrayList<>(surroundings.getOrDefault(name, List.of()));
        command.addAll(List.of(launcher(), verb, "--config", files.conf(name).toString()));
        return adopt(ChildProcess.start(name, command, environment, files.log(name), null));
    }

    /** Takes charge of a child started elsewhere, such as an application. */
    synchronized ChildProcess adopt(ChildProcess child) {
        ChildProcess before = children.put(child.name(), child);
        if (before != null && before.isAlive()) {
            throw new IllegalStateException(child.name() + " runs already as process " + before.pid());
        }
        return child;
    }

    synchronized ChildProcess child(String name) {
        ChildProcess child = children.get(name);
        if (child == null) {
            throw new IllegalStateException("no " + name + " was started");
        }
        return child;
    }

    ChildProcess collector(int node) {
        return child(ClusterFiles.node(node));
    }

    synchronized List<ChildProcess> children() {
        return List.copyOf(children.values());
    }

    /** Fails with its last words when a child that should run does not. */
    void requireAlive(String... names) {
        for (String name : names) {
            ChildProcess child = child(name);
            if (!child.isAlive()) {
                throw new StandaloneException("%s ended with exit code %d; its log %s ends with:\n%s"
                        .formatted(name, child.exitCode(), child.log(), child.lastWords()));
            }
        }
    }

    /** The command that runs {@code raftsman}: named by the launcher itself or by the tests. */
    static String launcher() {
        String launcher = System.getProperty("raftsman.launcher");
        if (launcher == null || !Files.isExecutable(Path.of(launcher))) {
            throw new StandaloneException("cannot start child processes: run it by the raftsman launcher"
                    + " (system property raftsman.launcher: " + launcher + ")");
        }
        return launcher;
    }

    // --- what they say

    /** The catalog with all that was committed before the call; waits for a leader for a while. */
    CatalogView catalog() throws IOException {
        return client.catalog();
    }

    /** Commits a command. */
    CommandResult execute(Command command) throws IOException {
        return client.execute(command);
    }

    /** GET; empty when the door is closed or does not answer 200. */
    Optional<String> get(String address, String path) {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + address + path))
                .timeout(HTTP_LIMIT)
                .build();
        try {
            HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
            return response.statusCode() == 200 ? Optional.of(response.body()) : Optional.empty();
        } catch (IOException closed) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StandaloneException("interrupted", e);
        }
    }

    /** SHA-256 of a segment as one node has it, or what the node answered instead. */
    String segmentSha256(int node, SegmentView segment) {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://" + files.http(node) + "/v1/segments/" + segment.id()))
                .timeout(CATALOG_LIMIT)
                .build();
        try {
            HttpResponse<byte[]> response = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
            return response.statusCode() == 200 ? Sha256.of(response.body()) : "status " + response.statusCode();
        } catch (IOException e) {
            return e.toString();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StandaloneException("interrupted", e);
        }
    }

    boolean ready(String address) {
        return get(address, "/readyz").isPresent();
    }

    Optional<JsonNode> status(int node) {
        return get(files.http(node), "/v1/status").map(LocalCluster::parse);
    }

    MetricsPage metrics(String address) {
        return get(address, "/metrics").map(MetricsPage::new).orElse(MetricsPage.EMPTY);
    }

    /** The number of the node that says it leads, among those alive. */
    OptionalInt leader() {
        for (int node = 1; node <= files.allNodes(); node++) {
            Optional<JsonNode> status = collectorAlive(node) ? status(node) : Optional.empty();
            if (status.isPresent()
                    && "LEADER".equalsIgnoreCase(status.get().path("role").asText())) {
                return OptionalInt.of(node);
            }
        }
        return OptionalInt.empty();
    }

    private synchronized boolean collectorAlive(int node) {
        ChildProcess child = children.get(ClusterFiles.node(node));
        return child != null && child.isAlive();
    }

    int awaitLeader(Duration limit) {
        int[] found = new int[1];
        await("a leader", limit, () -> {
            OptionalInt leader = leader();
            found[0] = leader.orElse(0);
            return leader.isPresent();
        });
        return found[0];
    }

    /** Waits until all collectors answer that they are ready. */
    void awaitCollectors(Duration limit) {
        await("ready collectors", limit, () -> {
            requireAlive(collectorNames());
            return files.https().stream().allMatch(this::ready);
        });
    }

    /** Waits until the agent answers that it is ready. */
    void awaitAgent(Duration limit) {
        await("a ready agent", limit, () -> {
            requireAlive(AGENT);
            return get(files.agentHttp(), "/livez").isPresent();
        });
    }

    private String[] collectorNames() {
        List<String> names = new ArrayList<>();
        for (int node = 1; node <= files.nodes(); node++) {
            names.add(ClusterFiles.node(node));
        }
        return names.toArray(String[]::new);
    }

    /** Waits until every node has applied what the leader has now. */
    void awaitApplied(Duration limit) throws IOException {
        long index = catalog().appliedIndex();
        await("all nodes to have applied " + index, limit, () -> {
            for (int node : members) {
                if (status(node).map(s -> s.path("appliedIndex").asLong()).orElse(-1L) < index) {
                    return false;
                }
            }
            return true;
        });
    }

    /** Looks until it is so; a {@link StandaloneException} names what did not come within the limit. */
    static void await(String what, Duration limit, BooleanSupplier condition) {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new StandaloneException("waited " + limit.toSeconds() + " s in vain for " + what);
            }
            LockSupport.parkNanos(POLL_NANOS);
            if (Thread.currentThread().isInterrupted()) {
                throw new StandaloneException("interrupted while waiting for " + what);
            }
        }
    }

    private static JsonNode parse(String text) {
        try {
            return JSON.readTree(text);
        } catch (IOException e) {
            throw new StandaloneException("a collector answered what is no JSON: " + e.getMessage(), e);
        }
    }

    /** Asks all to end, those that feed first, and waits for them. */
    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException ending) {
            // The hook runs already.
        }
        stop();
    }

    private void endedFromOutside() {
        stop();
        for (Path directory : bulkData) {
            try {
                Directories.delete(directory);
            } catch (IOException e) {
                // Whoever fed the children may write there still; what is left is in the directory that was named.
            }
        }
    }

    private void stop() {
        List<ChildProcess> all = new ArrayList<>(children());
        all.sort((a, b) ->
                Boolean.compare(a.name().startsWith("collector"), b.name().startsWith("collector")));
        // All at once: a collector that is asked alone would spend its time looking for its peers.
        all.stream().filter(ChildProcess::isAlive).forEach(ChildProcess::terminate);
        all.forEach(ChildProcess::close);
        client.close();
    }
}
