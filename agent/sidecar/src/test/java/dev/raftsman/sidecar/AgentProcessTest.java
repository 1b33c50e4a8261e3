package dev.raftsman.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The agent as a process of its own: exit codes, signals, kill. */
@Tag("long")
class AgentProcessTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int SIGTERM_SECONDS = 10;

    @TempDir
    Path directory;

    private final List<Process> started = new ArrayList<>();

    /** What the child process runs. */
    public static final class Main {
        private Main() {}

        public static void main(String[] args) {
            System.exit(AgentProcess.run(Path.of(args[0])));
        }
    }

    @AfterEach
    void endWhatWasStarted() {
        started.forEach(Process::destroyForcibly);
    }

    private Process start(String config) throws IOException {
        Path file = Files.writeString(directory.resolve("agent.yaml"), config);
        Process process = launch(file, directory.resolve("said"), List.of());
        started.add(process);
        return process;
    }

    /** @param said what the process says is appended to it */
    static Process launch(Path config, Path said, List<String> options) throws IOException {
        return launch(List.of(), Main.class, config, said, options);
    }

    /** @param before what runs the JVM, none for ourselves */
    static Process launch(List<String> before, Class<?> main, Path config, Path said, List<String> options)
            throws IOException {
        List<String> command = new ArrayList<>(before);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1"));
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName(), config.toString()));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(said.toFile()))
                .start();
    }

    private String said() {
        try {
            return Files.readString(directory.resolve("said"));
        } catch (IOException notYet) {
            return "";
        }
    }

    private String config(String collector, int httpPort) throws IOException {
        Files.createDirectories(directory.resolve("logs"));
        return String.join(
                "\n",
                "version: 1",
                "agent: host",
                "data: " + directory.resolve("data"),
                "collectors: ['" + collector + "']",
                "http: {listen: '127.0.0.1:" + httpPort + "', stalledAfter: 1s}",
                "wal: {quota: 64MiB, force: 20ms}",
                "inputs:",
                "  - {type: file, paths: ['" + directory.resolve("logs") + "/*.log'], idle: 200ms}",
                "shipper: {linger: 20ms, block: 16KiB}",
                "");
    }

    private int exitCode(Process process) throws InterruptedException {
        assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                .as("ends by itself: %s", said())
                .isTrue();
        return process.exitValue();
    }

    private void awaitThat(BooleanSupplier holds) {
        try {
            await().atMost(PATIENCE).pollInterval(Duration.ofMillis(20)).until(holds::getAsBoolean);
        } catch (org.awaitility.core.ConditionTimeoutException e) {
            throw new AssertionError(said(), e);
        }
    }

    static int freePort() throws IOException {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        }
    }

    @Test
    void wrongConfigurationNamesEveryProblemAndEndsWith78() throws Exception {
        Process process = start("""
                version: 1
                agent: host
                tenant: ../x
                data: /nowhere
                colectors: ['127.0.0.1:1']
                wal: {quota: 64, force: 100ms}
                inputs:
                  - {type: file, paths: [relative.log]}
                  - {type: syslog, paths: ['/var/log/[a']}
                shipper: {block: 2MiB}
                """);
        assertThat(exitCode(process)).isEqualTo(78);
        assertThat(said())
                .contains("agent.yaml:5:1 colectors: unknown key; did you mean 'collectors'?")
                .contains("agent.yaml:3:9 tenant:")
                .contains("collectors: names no collector")
                .contains("agent.yaml:6:14 wal.quota:")
                .contains("inputs[0].paths: path 'relative.log' is not absolute")
                .contains("inputs[1].type:")
                .contains("inputs[1].paths:")
                .contains("shipper.block:");
        assertThat(said().lines()).noneMatch(line -> line.startsWith("\tat "));
    }

    @Test
    void unreachableCollectorIsSaidOnceAndTermEndsWith0() throws Exception {
        int http = freePort();
        Process process = start(config("127.0.0.1:1", http));
        Files.writeString(directory.resolve("logs/a.log"), "one\n");
        awaitThat(() -> said().contains("no collector takes blocks, trying on: last=127.0.0.1:1"));
        awaitThat(() -> get(http, "/metrics").contains("raftsman_agent_read_events_total{stream=\"a.log\"} 1.0"));
        assertThat(get(http, "/livez")).startsWith("200");
        awaitThat(() -> get(http, "/readyz")
                .matches("503 not ok: nothing was acknowledged for [0-9]+ s while [0-9]+"
                        + " bytes wait; no collector is connected\n"));
        // The lag is as of the last second: it may be younger on the page than in the answer before.
        awaitThat(() -> {
            String lag = get(http, "/metrics");
            return lag.matches("(?s).*raftsman_agent_lag_bytes\\{kind=\"wal\",stream=\"a.log\"} [1-9].*")
                    && lag.matches("(?s).*raftsman_agent_lag_seconds\\{kind=\"wal\",stream=\"a.log\"} [1-9].*");
        });
        assertThat(get(http, "/metrics"))
                .containsPattern("raftsman_agent_connect_attempts_total [1-9]")
                .containsPattern("raftsman_agent_connection_ends_total\\{reason=\"unreachable\"} [1-9]")
                .containsPattern("raftsman_agent_wal_disk_bytes [1-9]")
                .contains("raftsman_agent_wal_quota_bytes 6.7108864E7");
        assertThat(get(http, "/metrics")).contains("raftsman_agent_connected 0.0");
        process.destroy();
        assertThat(process.waitFor(SIGTERM_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
        assertThat(said().lines().filter(line -> line.contains("trying on"))).hasSize(1);
    }

    static String get(int port, String path) {
        try {
            HttpResponse<String> response = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
            return response.statusCode() + " " + response.body();
        } catch (IOException notThere) {
            return "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }

    @Test
    void secondInstanceEndsWith75AndTakenPortWith69() throws Exception {
        int http = freePort();
        Process first = start(config("127.0.0.1:1", http));
        awaitThat(() -> said().contains("agent runs"));
        assertThat(exitCode(start(config("127.0.0.1:1", freePort())))).isEqualTo(75);
        assertThat(said())
                .contains("raftsman agent: " + directory.resolve("data") + " is in use by process " + first.pid());
        String elsewhere = config("127.0.0.1:1", http)
                .replace("data: " + directory.resolve("data"), "data: " + directory.resolve("data2"));
        assertThat(exitCode(start(elsewhere))).isEqualTo(69);
        assertThat(said()).contains("raftsman agent: cannot listen on 127.0.0.1:" + http + " (http.listen)");
    }

    @Test
    void dataDirectoryThatCannotBeMadeEndsWith73() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        String config = config("127.0.0.1:1", freePort())
                .replace("data: " + directory.resolve("data"), "data: " + file.resolve("data"));
        assertThat(exitCode(start(config))).isEqualTo(73);
        assertThat(said()).contains("raftsman agent: cannot make or use " + file);
    }

    @Test
    void damagedCursorEndsWith65() throws Exception {
        Files.createDirectories(directory.resolve("data"));
        Files.writeString(directory.resolve("data/cursor"), "raftsman-cursor-1\nwal");
        assertThat(exitCode(start(config("127.0.0.1:1", freePort())))).isEqualTo(65);
        assertThat(said()).contains("data/cursor is damaged");
    }

    @Test
    void killedAgentNeitherLosesNorDoublesALine() throws Exception {
        long seed = Long.getLong("raftsman.seed", System.nanoTime());
        System.err.println("killedAgentNeitherLosesNorDoublesALine: -Draftsman.seed=" + seed);
        Random random = new Random(seed);
        try (FakeCollector collector = new FakeCollector(seed, 0.01)) {
            String config = config(collector.address(), freePort());
            Path[] files = {directory.resolve("logs/a.log"), directory.resolve("logs/b.log")};
            int written = 0;
            for (int run = 0; run < 5; run++) {
                Process process = start(config);
                long killAt = System.nanoTime() + (500 + random.nextInt(1_000)) * 1_000_000L;
                while (System.nanoTime() - killAt < 0) {
                    int more = written + 1 + random.nextInt(300);
                    for (Path file : files) {
                        Files.writeString(
                                file, lines(written, more), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
                    }
                    written = more;
                    java.util.concurrent.locks.LockSupport.parkNanos(5_000_000L);
                }
                process.destroyForcibly().waitFor();
            }
            start(config);
            int all = written;
            byte[] expected = lines(0, all).getBytes(StandardCharsets.UTF_8);
            for (Path file : files) {
                String stream = file.getFileName().toString();
                awaitThat(() -> collector.raw(stream).length >= expected.length);
                byte[] found = collector.raw(stream);
                assertThat(Arrays.mismatch(found, expected))
                        .as("first difference in %s of %d bytes", stream, expected.length)
                        .isEqualTo(-1);
                assertThat(collector.gapEvents(stream)).isZero();
            }
        }
    }

    private static String lines(int from, int to) {
        StringBuilder text = new StringBuilder();
        for (int i = from; i < to; i++) {
            text.append("line ").append(i).append(" of what happened\n");
        }
        return text.toString();
    }
}
