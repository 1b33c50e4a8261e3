package dev.raftsman.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.raftsman.catalog.CatalogJson;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.config.HostPort;
import dev.raftsman.ingest.IngestSettings;
import dev.raftsman.raft.LoopbackPorts;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** A cluster of nodes over loopback and real files, all in this JVM. */
final class NodesInOneJvm implements AutoCloseable {
    final CollectorNode[] nodes;
    final List<String> failures = new CopyOnWriteArrayList<>();
    private final Path root;
    private final int founders;
    private final List<CollectorConfig.Peer> peers = new ArrayList<>();
    private final HttpClient http = HttpClient.newHttpClient();
    private final long segmentBytes;
    private final Duration segmentAge;
    Duration scrubPeriod = Duration.ofDays(7);
    boolean awaitRestore;

    /** Bytes a second that a node fetches with. */
    long fetchRate = 1 << 30;

    /** Most connections of sidecars at a time. */
    int connections = 100;

    NodesInOneJvm(Path root, int count, long segmentBytes, Duration segmentAge) throws IOException {
        this(root, count, 0, segmentBytes, segmentAge);
    }

    /** @param joining nodes more, that do not found the cluster; their numbers follow those of the founders */
    NodesInOneJvm(Path root, int count, int joining, long segmentBytes, Duration segmentAge) throws IOException {
        this.root = root;
        this.founders = count;
        this.nodes = new CollectorNode[count + joining];
        this.segmentBytes = segmentBytes;
        this.segmentAge = segmentAge;
        for (int i = 0; i < nodes.length; i++) {
            peers.add(new CollectorConfig.Peer("n" + i, free(), free(), free(), i >= count));
        }
    }

    private static HostPort free() throws IOException {
        return new HostPort("127.0.0.1", LoopbackPorts.free());
    }

    CollectorConfig config(int node) {
        CollectorConfig.Peer self = peers.get(node);
        return new CollectorConfig(
                "test",
                self.id(),
                directory(node),
                1 << 20,
                new IngestSettings(self.ingest(), 16 << 20, 48 << 20, Duration.ofMillis(5), connections),
                self.http(),
                null,
                "127.0.0.1",
                Duration.ofMillis(700),
                null,
                peers,
                segmentBytes,
                segmentAge,
                4 << 20,
                fetchRate,
                new CollectorConfig.Scrub(scrubPeriod, 1 << 30),
                true,
                awaitRestore);
    }

    Path directory(int node) {
        return root.resolve("node-" + node);
    }

    void start(int node) throws StartException {
        nodes[node] = CollectorNode.start(
                config(node), Clock.systemUTC(), (failure, detail, cause) -> failures.add(failure + " " + detail));
    }

    void startAll() throws StartException {
        for (int i = 0; i < founders; i++) {
            start(i);
        }
    }

    void stop(int node) {
        nodes[node].close();
        nodes[node] = null;
    }

    /** Waits until one of them leads. */
    int leader() {
        return await().atMost(60, TimeUnit.SECONDS)
                .ignoreExceptionsInstanceOf(HttpTimeoutException.class)
                .until(
                        () -> {
                            for (int i = 0; i < nodes.length; i++) {
                                if (nodes[i] != null
                                        && get(i, "/v1/status").body().contains("\"ready\":true")) {
                                    return i;
                                }
                            }
                            return -1;
                        },
                        i -> i >= 0);
    }

    CollectorConfig.Peer peer(int node) {
        return peers.get(node);
    }

    int ingestPort(int node) {
        return peers.get(node).ingest().port();
    }

    String httpAddress(int node) {
        return peers.get(node).http().toString();
    }

    SidecarClient connectToLeader() throws IOException {
        SidecarClient client = new SidecarClient(ingestPort(leader()));
        assertThat(client.greet()).isInstanceOf(dev.raftsman.wire.Frame.Welcome.class);
        return client;
    }

    CatalogView view(int node) throws IOException, InterruptedException {
        HttpResponse<String> response = get(node, "/v1/catalog");
        assertThat(response.statusCode()).isEqualTo(200);
        return CatalogJson.readView(response.body().getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    HttpResponse<String> get(int node, String path, String... headers) throws IOException, InterruptedException {
        return http.send(request(node, path, headers).GET().build(), HttpResponse.BodyHandlers.ofString());
    }

    /** A number on the metrics page; 0 if it is not there yet. */
    double metric(int node, String name) throws IOException, InterruptedException {
        return get(node, "/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .sum();
    }

    byte[] getBytes(int node, String path, String... headers) throws IOException, InterruptedException {
        return http.send(request(node, path, headers).GET().build(), HttpResponse.BodyHandlers.ofByteArray())
                .body();
    }

    HttpResponse<String> post(int node, String path, String body) throws IOException, InterruptedException {
        return http.send(
                request(node, path)
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private HttpRequest.Builder request(int node, String path, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://" + httpAddress(node) + path))
                .timeout(Duration.ofSeconds(20));
        return headers.length == 0 ? request : request.headers(headers);
    }

    @Override
    public void close() {
        for (CollectorNode node : nodes) {
            if (node != null) {
                node.close();
            }
        }
        assertThat(failures).isEmpty();
    }
}
