package dev.raftsman.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.raftsman.input.OperatorLog;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is acknowledged is never read again, however often the agent starts, and whether its WAL is still there or not. */
class NothingReadAgainTest {
    @TempDir
    Path directory;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private Path logs;

    private Agent agent(FakeCollector collector) throws Exception {
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
                        "wal: {quota: 16MiB, force: 20ms}",
                        "inputs:",
                        "  - {type: file, paths: ['" + logs + "/**/*.log'], idle: 200ms}",
                        "shipper: {linger: 20ms}"));
        Agent agent = new Agent(
                AgentConfig.read(config),
                new OperatorLog(new PrintStream(said, true, StandardCharsets.UTF_8), Clock.systemUTC()));
        agent.start();
        return agent;
    }

    private void awaitThat(BooleanSupplier holds) {
        try {
            await().atMost(Duration.ofSeconds(20))
                    .pollInterval(Duration.ofMillis(20))
                    .until(holds::getAsBoolean);
        } catch (org.awaitility.core.ConditionTimeoutException e) {
            throw new AssertionError(said.toString(StandardCharsets.UTF_8), e);
        }
    }

    private static double figure(Agent agent, String name) {
        try {
            return new String(agent.metrics().page(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
                    .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void append(String name, String text) throws IOException {
        Files.writeString(logs.resolve(name), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private static long wals(Path data) {
        try (var wals = Files.list(data.resolve("wal/host"))) {
            return wals.filter(path -> !path.getFileName().toString().startsWith("."))
                    .count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aRestartReadsNoFileAgainOnceAllIsAcknowledged() throws Exception {
        logs = Files.createDirectories(directory.resolve("logs/deep")).getParent();
        Path data = directory.resolve("data");
        Map<String, String> whole = new TreeMap<>();
        for (int i = 0; i < 30; i++) {
            String name = i % 5 == 0 ? "deep/file-" + i + ".log" : "file-" + i + ".log";
            String text = ("line of " + name + " that was written once\n").repeat(1 + i * i);
            append(name, text);
            whole.put("file-" + i + ".log", text);
        }
        append("empty.log", "");
        append("half.log", "a last line without its newline");
        whole.put("half.log", "a last line without its newline");
        try (FakeCollector collector = new FakeCollector(1, 0)) {
            try (Agent agent = agent(collector)) {
                awaitThat(() -> isAllThere(collector, whole));
                // Rotated while it runs, so that the inode is known under another name.
                Files.move(logs.resolve("file-3.log"), logs.resolve("file-3.log.1"));
                append("file-3.log", "new\n");
                whole.merge("file-3.log", "new\n", String::concat);
                awaitThat(() -> isAllThere(collector, whole));
                assertThat(figure(agent, "raftsman_agent_read_events_total")).isPositive();
            }
            String added = "";
            for (int restart = 1; restart <= 4; restart++) {
                if (restart == 3) {
                    Damage.deleteTree(data.resolve("wal"));
                }
                try (Agent agent = agent(collector)) {
                    String line = "start " + restart + "\n";
                    append("last.log", line); // found in the same look as the others
                    added += line;
                    whole.put("last.log", added);
                    awaitThat(() -> isAllThere(collector, whole) && wals(data) == 1);
                    int now = restart;
                    assertThat(figure(agent, "raftsman_agent_read_events_total"))
                            .as("events read after start %d", now)
                            .isEqualTo(1);
                    assertThat(figure(agent, "raftsman_agent_raw_bytes_total"))
                            .as("bytes read after start %d", now)
                            .isEqualTo(line.length());
                }
            }
            assertThat(isAllThere(collector, whole)).isTrue();
            assertThat(collector.streams()).containsExactlyElementsOf(whole.keySet());
            for (String stream : whole.keySet()) {
                assertThat(collector.gapEvents(stream)).isZero();
            }
        }
    }

    private static boolean isAllThere(FakeCollector collector, Map<String, String> whole) {
        for (Map.Entry<String, String> each : whole.entrySet()) {
            String raw = new String(collector.raw(each.getKey()), StandardCharsets.UTF_8);
            if (raw.length() > each.getValue().length()) {
                throw new AssertionError(each.getKey() + " has " + raw.length() + " bytes; expected "
                        + each.getValue().length());
            }
            if (!raw.equals(each.getValue())) {
                return false;
            }
        }
        return true;
    }
}
