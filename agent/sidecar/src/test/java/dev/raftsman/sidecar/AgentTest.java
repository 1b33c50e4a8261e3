package dev.raftsman.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.raftsman.input.OperatorLog;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole agent in this process, files and sockets real, the collector a fake that takes only what continues. */
@Tag("long")
class AgentTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir
    Path directory;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final OperatorLog log =
            new OperatorLog(new PrintStream(said, true, StandardCharsets.UTF_8), Clock.systemUTC());
    private FakeCollector collector;
    private Path logs;
    private String quota = "64MiB";

    @BeforeEach
    void directories() throws IOException {
        logs = Files.createDirectory(directory.resolve("logs"));
    }

    @AfterEach
    void stopCollector() throws IOException {
        if (collector != null) {
            collector.close();
        }
    }

    private Agent agent(String... more) throws Exception {
        Path config = directory.resolve("agent.yaml");
        Files.writeString(
                config,
                String.join(
                        "\n",
                        "version: 1",
                        "agent: host",
                        "data: " + directory.resolve("data"),
                        "collectors: ['" + collector.address() + "']",
                        "http: {listen: '127.0.0.1:0'}",
                        "wal: {roots: ['" + directory.resolve("apps") + "'], quota: " + quota + ", force: 20ms}",
                        "inputs:",
                        "  - {type: file, paths: ['" + logs + "/*.log*'], idle: 200ms}",
                        "shipper: {linger: 20ms" + String.join("", more) + "}"));
        Agent agent = new Agent(AgentConfig.read(config), log);
        agent.start();
        return agent;
    }

    private void awaitThat(BooleanSupplier holds) {
        await().atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(20))
                .failFast(() -> said.toString(StandardCharsets.UTF_8).contains("the agent stops:"))
                .conditionEvaluationListener(null)
                .until(holds::getAsBoolean);
    }

    private void awaitRaw(String stream, byte[] expected) {
        try {
            awaitThat(() -> Arrays.equals(collector.raw(stream), expected));
        } catch (org.awaitility.core.ConditionTimeoutException e) {
            byte[] found = collector.raw(stream);
            throw new AssertionError(
                    stream + ": " + found.length + " bytes, expected " + expected.length + ", first difference at "
                            + Arrays.mismatch(found, expected) + "\n" + said.toString(StandardCharsets.UTF_8),
                    e);
        }
    }

    private static byte[] lines(int from, int to) {
        StringBuilder text = new StringBuilder();
        IntStream.range(from, to).forEach(i -> text.append("line ").append(i).append(" of what happened here\n"));
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static void append(Path file, byte[] bytes) throws IOException {
        Files.write(file, bytes, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    @Test
    void tellsItsCollectorHowFarBehindItIs() throws Exception {
        collector = new FakeCollector(1, 0);
        collector.deafToAppend(true);
        append(logs.resolve("a.log"), lines(0, 1000));
        try (Agent agent = agent()) {
            awaitThat(() -> collector.lagBytes("a.log") > 0);
            assertThat(agent.ready().well()).isTrue();
        }
    }

    @Test
    void shipsGrowingFileByteForByte() throws Exception {
        collector = new FakeCollector(1, 0);
        Path file = logs.resolve("a.log");
        append(file, lines(0, 1000));
        try (Agent agent = agent()) {
            awaitRaw("a.log", lines(0, 1000));
            append(file, lines(1000, 1500));
            awaitRaw("a.log", lines(0, 1500));
            String page = new String(agent.metrics().page(), StandardCharsets.UTF_8);
            assertThat(page)
                    .contains("raftsman_agent_read_events_total{stream=\"a.log\"} 1500")
                    .contains("raftsman_agent_acked_events_total{stream=\"a.log\"} 1500")
                    .contains("raftsman_agent_connected 1.0")
                    .contains("raftsman_agent_ack_seconds{quantile=\"0.99\"}")
                    .contains("raftsman_agent_raw_bytes_total " + (double) lines(0, 1500).length);
        }
        assertThat(collector.epochs("a.log")).hasSize(1);
        assertThat(collector.epochs("a.log").get(0).producer).isEqualTo("host:a.log");
        assertThat(collector.epochs("a.log").get(0).last).isEqualTo(1499);
    }

    @Test
    void keepsOddBytesAndLastLineWithoutNewline() throws Exception {
        collector = new FakeCollector(2, 0);
        byte[] longLine = new byte[300_000];
        new Random(7).nextBytes(longLine);
        for (int i = 0; i < longLine.length; i++) {
            longLine[i] = longLine[i] == '\n' ? 0 : longLine[i];
        }
        byte[] odd = joined(
                new byte[] {0, 0, '\n', '\r', '\n', (byte) 0xFF, (byte) 0xC3, '\n', '\n', '\n'},
                longLine,
                "\r\nthe end has no newline".getBytes(StandardCharsets.UTF_8));
        append(logs.resolve("odd.log"), odd);
        byte[] endless = new byte[3 << 20];
        Arrays.fill(endless, (byte) 'x');
        append(logs.resolve("endless.log"), endless);
        try (Agent agent = agent()) {
            awaitRaw("odd.log", odd);
            awaitRaw("endless.log", endless);
            append(logs.resolve("odd.log"), " yet\nand on".getBytes(StandardCharsets.UTF_8));
            awaitRaw("odd.log", joined(odd, " yet\nand on".getBytes(StandardCharsets.UTF_8)));
            assertThat(agent.metrics().isConnected()).isTrue();
        }
    }

    @Test
    void followsRotationByRenameWithoutReadingTheOldFileAgain() throws Exception {
        collector = new FakeCollector(3, 0);
        Path file = logs.resolve("app.log");
        append(file, lines(0, 300));
        try (Agent agent = agent()) {
            awaitRaw("app.log", lines(0, 300));
            for (int rotation = 1; rotation <= 3; rotation++) {
                int at = rotation * 300;
                append(file, lines(at, at + 100));
                Files.move(file, logs.resolve("app.log." + rotation)); // still matches the pattern
                append(logs.resolve("app.log." + rotation), lines(at + 100, at + 200)); // written after the rename
                append(file, lines(at + 200, at + 300));
                awaitRaw("app.log", lines(0, at + 300));
            }
            assertThat(agent.metrics().isConnected()).isTrue();
        }
        try (Agent again = agent()) {
            append(file, lines(1200, 1210));
            awaitRaw("app.log", lines(0, 1210));
            assertThat(again.metrics().isConnected()).isTrue();
        }
        assertThat(collector.epochs("app.log.1")).isEmpty();
    }

    @Test
    void goesOnAfterRestartWithoutLossOrDoubles() throws Exception {
        collector = new FakeCollector(4, 0);
        Path file = logs.resolve("a.log");
        append(file, lines(0, 5000));
        for (int run = 1; run <= 3; run++) {
            int now = run;
            try (Agent agent = agent()) {
                awaitRaw("a.log", lines(0, 5000 * now));
                assertThat(agent.metrics().isConnected()).isTrue();
            }
            append(file, lines(5000 * run, 5000 * (run + 1)));
        }
        try (Agent agent = agent()) {
            awaitRaw("a.log", lines(0, 20_000));
            awaitThat(() -> collector.epochs("a.log").stream()
                            .filter(epoch -> epoch.forgotten)
                            .count()
                    == 3);
            assertThat(agent.metrics().isConnected()).isTrue();
        }
        assertThat(walDirectories()).hasSize(1);
    }

    private List<Path> walDirectories() throws IOException {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(
                directory.resolve("data/wal/host"),
                path -> !path.getFileName().toString().startsWith("."))) {
            stream.forEach(found::add);
        }
        return found;
    }

    @Test
    void shipsOlderIncarnationsFirstWhenCollectorWasAway() throws Exception {
        collector = new FakeCollector(5, 0);
        collector.down();
        Path file = logs.resolve("a.log");
        for (int run = 0; run < 3; run++) {
            append(file, lines(1000 * run, 1000 * (run + 1)));
            try (Agent agent = agent()) {
                double read = 1000.0;
                awaitThat(() -> page(agent).contains("raftsman_agent_read_events_total{stream=\"a.log\"} " + read));
            }
        }
        assertThat(said.toString(StandardCharsets.UTF_8)).contains("no collector takes blocks, trying on");
        collector.up();
        try (Agent agent = agent()) {
            awaitRaw("a.log", lines(0, 3000));
            awaitThat(() -> collector.epochs("a.log").stream().allMatch(epoch -> epoch.forgotten));
            assertThat(agent.metrics().isConnected()).isTrue();
        }
        assertThat(collector.epochs("a.log")).hasSize(3);
    }

    private static String page(Agent agent) {
        try {
            return new String(agent.metrics().page(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void survivesDroppedConnectionsWithoutLossOrDoubles() throws Exception {
        long seed = Long.getLong("raftsman.seed", System.nanoTime());
        System.err.println("survivesDroppedConnectionsWithoutLossOrDoubles: -Draftsman.seed=" + seed);
        collector = new FakeCollector(seed, 0.05);
        Random random = new Random(seed);
        int written = 0;
        Path[] files = {logs.resolve("a.log"), logs.resolve("b.log"), logs.resolve("c.log")};
        for (int run = 0; run < 3; run++) {
            try (Agent agent = agent(", block: 8KiB")) {
                for (int i = 0; i < 20; i++) {
                    int more = written + 50 + random.nextInt(400);
                    for (Path file : files) {
                        append(file, lines(written, more));
                    }
                    written = more;
                    if (random.nextInt(6) == 0) {
                        collector.down();
                        collector.up();
                    }
                }
                assertThat(agent.metrics()).isNotNull();
            }
        }
        try (Agent agent = agent(", block: 8KiB")) {
            for (Path file : files) {
                awaitRaw(file.getFileName().toString(), lines(0, written));
            }
            assertThat(collector.connections()).isGreaterThan(3);
            assertThat(agent.metrics().isConnected() || collector.connections() > 0)
                    .isTrue();
        }
    }

    @Test
    void oneSourceInConflictStopsAndOthersGoOn() throws Exception {
        collector = new FakeCollector(6, 0);
        append(logs.resolve("bad.log"), lines(0, 10));
        append(logs.resolve("good.log"), lines(0, 10));
        try (Agent agent = agent()) {
            awaitRaw("bad.log", lines(0, 10));
            collector.change(() -> collector.epochs("bad.log").get(0).conflicting = true);
            append(logs.resolve("bad.log"), lines(10, 20));
            awaitThat(() -> page(agent).contains("raftsman_agent_stopped_sources_total{stream=\"bad.log\"} 1"));
            append(logs.resolve("good.log"), lines(10, 20));
            awaitRaw("good.log", lines(0, 20));
            append(logs.resolve("bad.log"), lines(20, 30));
            append(logs.resolve("good.log"), lines(20, 30));
            awaitRaw("good.log", lines(0, 30));
        }
        assertThat(collector.epochs("bad.log").get(0).refusedConflicts).isEqualTo(1);
        assertThat(said.toString(StandardCharsets.UTF_8)).contains("source stopped, its data stays in the WAL");
    }

    @Test
    void fullWalStopsReadingUntilCollectorsTakeBlocksAgain() throws Exception {
        collector = new FakeCollector(9, 0);
        collector.down();
        byte[] incompressible = new byte[24 << 20];
        new Random(9).nextBytes(incompressible);
        append(logs.resolve("noise.log"), incompressible);
        byte[] more = new byte[3 << 20];
        new Random(10).nextBytes(more);
        quota = "16MiB";
        try (Agent agent = agent()) {
            awaitThat(() -> page(agent).contains("raftsman_agent_wal_full 1.0"));
            assertThat(said.toString(StandardCharsets.UTF_8)).contains("the agent's own WAL is at its quota");
            collector.up();
            awaitRaw("noise.log", incompressible);
            append(logs.resolve("noise.log"), more);
            awaitRaw("noise.log", joined(incompressible, more));
            assertThat(page(agent)).contains("raftsman_agent_wal_full 0.0");
        }
    }

    @Test
    void everySharedLogFileComesBackByteForByte() throws Exception {
        String root = System.getenv().getOrDefault("RAFTSMAN_SHARED", "");
        Path shared = root.isEmpty() ? Path.of("../../../shared") : Path.of(root);
        Path data = shared.resolve("data/logs");
        Assumptions.assumeTrue(Files.isDirectory(data), "shared log files are not here: " + data);
        collector = new FakeCollector(8, 0);
        List<Path> unpacked = new ArrayList<>();
        try (DirectoryStream<Path> packed = Files.newDirectoryStream(data, "*.gz")) {
            for (Path file : packed) {
                Path target = logs.resolve(file.getFileName().toString().replace(".gz", "") + ".log");
                try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
                    Files.copy(in, target);
                }
                unpacked.add(target);
            }
        }
        assertThat(unpacked).isNotEmpty();
        try (Agent agent = agent()) {
            for (Path file : unpacked) {
                awaitRaw(file.getFileName().toString(), Files.readAllBytes(file));
            }
            assertThat(agent.metrics().isConnected()).isTrue();
        }
    }
}
