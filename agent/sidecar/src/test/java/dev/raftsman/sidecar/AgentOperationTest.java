package dev.raftsman.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.raftsman.block.BlockReader;
import dev.raftsman.input.OperatorLog;
import dev.raftsman.wal.WalDirectory;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an operator does with an agent that runs, or that does not: over its real page, with a collector that is a fake. */
@Tag("long")
class AgentOperationTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir
    Path directory;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final OperatorLog log =
            new OperatorLog(new PrintStream(said, true, StandardCharsets.UTF_8), Clock.systemUTC());
    private final HttpClient http = HttpClient.newHttpClient();
    private FakeCollector collector;
    private Path file;
    private Path configFile;

    @BeforeEach
    void collectorAndFiles() throws IOException {
        collector = new FakeCollector(1, 0);
        file = Files.createDirectory(directory.resolve("logs")).resolve("a.log");
        configFile = directory.resolve("agent.yaml");
        configure("127.0.0.1:0", "");
    }

    @AfterEach
    void stopCollector() throws IOException {
        collector.close();
    }

    private void configure(String listen, String moreHttp) throws IOException {
        Files.writeString(
                configFile,
                String.join(
                        "\n",
                        "agent: host",
                        "data: " + directory.resolve("data"),
                        "collectors: ['" + collector.address() + "']",
                        "http: {listen: '" + listen + "'" + moreHttp + "}",
                        "wal: {quota: 64MiB, force: 20ms}",
                        "inputs: [{paths: ['" + directory.resolve("logs") + "/*.log'], idle: 100ms}]",
                        "shipper: {linger: 20ms}"));
    }

    private AgentConfig config() throws Exception {
        return AgentConfig.read(configFile);
    }

    private Agent start() throws Exception {
        Agent agent = new Agent(config(), log);
        agent.start();
        return agent;
    }

    private void write(int from, int to) throws IOException {
        Files.writeString(file, lines(from, to), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private static String lines(int from, int to) {
        StringBuilder text = new StringBuilder();
        IntStream.range(from, to).forEach(i -> text.append("line ").append(i).append('\n'));
        return text.toString();
    }

    private String stored() {
        return new String(collector.raw("a.log"), StandardCharsets.UTF_8);
    }

    private void awaitThat(BooleanSupplier holds) {
        try {
            await().atMost(PATIENCE).pollInterval(Duration.ofMillis(20)).until(holds::getAsBoolean);
        } catch (org.awaitility.core.ConditionTimeoutException e) {
            throw new AssertionError(said.toString(StandardCharsets.UTF_8), e);
        }
    }

    private HttpResponse<String> ask(Agent agent, String method, String path, String token) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + agent.httpPort() + path))
                .timeout(PATIENCE)
                .method(method, HttpRequest.BodyPublishers.noBody());
        if (!token.isEmpty()) {
            request.header("Authorization", "Bearer " + token);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private Path data() {
        return directory.resolve("data");
    }

    // ---- drain

    @Test
    void aRunningAgentIsDrainedAndLeavesNothing() throws Exception {
        write(0, 500);
        try (Agent agent = start()) {
            awaitThat(() -> stored().equals(lines(0, 500)));
            write(500, 700);
            assertThat(AgentClient.of(config()).drain(PATIENCE)).isEmpty();
            assertThat(agent.awaitEnd()).isNull();
            assertThat(agent.left()).isEmpty();
        }
        assertThat(lines(0, 700)).startsWith(stored());
        assertThat(WalDirectory.list(data().resolve("wal"))).isEmpty();
        assertThat(collector.epochs("a.log")).allMatch(epoch -> epoch.closed && epoch.forgotten);
        try (Agent again = start()) {
            awaitThat(() -> stored().equals(lines(0, 700)));
            assertThat(again.left()).isNull();
        }
    }

    @Test
    void whatCannotBeShippedInTimeIsNamedAndShippedLater() throws Exception {
        collector.down();
        write(0, 300);
        try (Agent agent = start()) {
            awaitThat(() -> page(agent).contains("read_events_total{stream=\"a.log\"} 300"));
            List<String> left = AgentClient.of(config()).drain(Duration.ofMillis(200));
            assertThat(left)
                    .satisfiesExactly(
                            line -> assertThat(line).isEqualTo("left"),
                            line -> assertThat(line)
                                    .matches("[0-9]+ bytes of stream (a.log|other) in " + data() + "/wal/.*"));
            assertThat(agent.awaitEnd()).isNull();
            assertThat(agent.left()).isNotEmpty();
        }
        assertThat(AgentProcess.drain(configFile, Duration.ofMillis(200))).isEqualTo(75);
        write(300, 400);
        collector.up();
        assertThat(AgentProcess.drain(configFile, PATIENCE)).isZero();
        assertThat(stored()).as("what was read, and nothing more").isEqualTo(lines(0, 300));
        assertThat(WalDirectory.list(data().resolve("wal"))).isEmpty();
        assertThat(AgentProcess.drain(configFile, PATIENCE)).as("nothing to do").isZero();
        assertThat(data().resolve(ControlFile.NAME)).doesNotExist();
    }

    private static String page(Agent agent) {
        try {
            return new String(agent.figures(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void onlyTheOwnerMayDrain() throws Exception {
        try (Agent agent = start()) {
            assertThat(Files.getPosixFilePermissions(data().resolve(ControlFile.NAME)))
                    .isEqualTo(PosixFilePermissions.fromString("rw-------"));
            String token = ControlFile.read(data()).orElseThrow().token();
            assertThat(ask(agent, "POST", "/drain?within=1000", "").statusCode())
                    .isEqualTo(403);
            assertThat(ask(agent, "POST", "/drain?within=1000", token.replace(token.charAt(0), 'x'))
                            .statusCode())
                    .isEqualTo(403);
            assertThat(ask(agent, "GET", "/drain?within=1000", token).statusCode())
                    .isEqualTo(405);
            assertThat(ask(agent, "POST", "/drain", token).statusCode()).isEqualTo(400);
            assertThat(ask(agent, "GET", "/tap", "").statusCode()).isEqualTo(403);
            assertThat(agent.mayDrain()).as("nobody has begun").isTrue();
        }
        assertThat(data().resolve(ControlFile.NAME)).doesNotExist();
        assertThatThrownBy(() -> AgentClient.of(config())).hasMessage("no agent runs in " + data());
    }

    // ---- tap

    private static String next(DataInputStream tap) throws IOException {
        TapFrame frame = TapFrame.read(tap);
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        try (BlockReader reader = new BlockReader()) {
            reader.writeRaw(frame.block(), text);
        }
        return frame.producer() + " " + frame.stream() + " " + text.toString(StandardCharsets.UTF_8);
    }

    @Test
    void eventsAreSeenAsTheyPass() throws Exception {
        Agent agent = start();
        try (DataInputStream tap = AgentClient.of(config()).tap("*.log");
                DataInputStream other = AgentClient.of(config()).tap("b*")) {
            awaitThat(() -> agent.tap().listeners() == 2);
            write(0, 3);
            assertThat(next(tap)).isEqualTo("host:a.log a.log " + lines(0, 3));
            Files.writeString(directory.resolve("logs/b.log"), "only b\n");
            assertThat(next(other)).isEqualTo("host:b.log b.log only b\n");
            agent.close();
            assertThat(next(tap)).startsWith("host:b.log");
            assertThat(TapFrame.read(tap)).isNull();
            assertThat(TapFrame.read(other)).isNull();
        } finally {
            agent.close();
        }
    }

    @Test
    void aFullHouseOfListenersHoldsUpNeitherTheOthersNorTheEvents() throws Exception {
        List<DataInputStream> taps = new ArrayList<>();
        try (Agent agent = start()) {
            for (int i = 0; i < Tap.MAX_LISTENERS; i++) {
                taps.add(AgentClient.of(config()).tap("*"));
            }
            assertThatThrownBy(() -> AgentClient.of(config()).tap("*"))
                    .hasMessage("the agent refuses: 4 listen already, which is the most");
            write(0, 20_000); // nobody reads the taps
            awaitThat(() -> stored().equals(lines(0, 20_000)));
            assertThat(ask(agent, "GET", "/livez", "").body()).isEqualTo("ok\n");
            assertThat(ask(agent, "HEAD", "/livez", "").statusCode()).isEqualTo(200);
            assertThat(ask(agent, "GET", "/livezz", "").statusCode()).isEqualTo(404);
            assertThat(ask(agent, "GET", "/readyz", "").body()).isEqualTo("ok\n");
            assertThat(ask(agent, "GET", "/metrics", "").body())
                    .contains("raftsman_agent_blocks_total{kind=\"lines\"}")
                    .contains("raftsman_agent_lag_bytes{kind=\"file\",stream=\"a.log\"}");
            taps.remove(0).close();
            awaitThat(() -> agent.tap().listeners() < Tap.MAX_LISTENERS);
            taps.add(AgentClient.of(config()).tap("*"));
        } finally {
            for (DataInputStream tap : taps) {
                tap.close();
            }
        }
    }

    @Test
    void eventsAreNotShownOnAnAddressThatOthersReachUnlessConfigured() throws Exception {
        configure("0.0.0.0:0", "");
        try (Agent agent = start()) {
            assertThatThrownBy(() -> AgentClient.of(config()).tap("*"))
                    .hasMessageContaining("http.listen is 0.0.0.0:0, which is no loopback address")
                    .hasMessageContaining("http.tap: true");
            assertThat(agent.tap().listeners()).isZero();
        }
        configure("0.0.0.0:0", ", tap: true");
        try (Agent agent = start();
                DataInputStream tap = AgentClient.of(config()).tap("*")) {
            CompletableFuture<String> seen = CompletableFuture.supplyAsync(() -> {
                try {
                    return next(tap);
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            awaitThat(() -> agent.tap().listeners() == 1);
            write(0, 1);
            assertThat(seen.get()).endsWith("line 0\n");
        }
    }
}
