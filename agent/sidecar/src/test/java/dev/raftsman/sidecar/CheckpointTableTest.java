package dev.raftsman.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.raftsman.disk.DirectoryLock;
import dev.raftsman.input.OperatorLog;
import dev.raftsman.sidecar.CheckpointTable.Row;
import dev.raftsman.sidecar.CheckpointTable.Step;
import dev.raftsman.sidecar.CheckpointTable.Target;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How far files were read, as an operator sees and changes it, with a real agent before and after. */
class CheckpointTableTest {
    @TempDir
    Path directory;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private FakeCollector collector;
    private AgentConfig config;
    private Path file;

    @BeforeEach
    void collectorAndFiles() throws Exception {
        collector = new FakeCollector(1, 0);
        file = Files.createDirectory(directory.resolve("logs")).resolve("a.log");
        Path yaml = Files.writeString(
                directory.resolve("agent.yaml"),
                String.join(
                        "\n",
                        "agent: host",
                        "data: " + directory.resolve("data"),
                        "collectors: ['" + collector.address() + "']",
                        "http: {listen: '127.0.0.1:0'}",
                        "wal: {quota: 64MiB, force: 20ms}",
                        "inputs: [{paths: ['" + directory.resolve("logs") + "/*.log'], idle: 100ms}]",
                        "shipper: {linger: 20ms}"));
        config = AgentConfig.read(yaml);
    }

    @AfterEach
    void stopCollector() throws IOException {
        collector.close();
    }

    private Agent start() throws IOException {
        Agent agent = new Agent(
                config, new OperatorLog(new PrintStream(said, true, StandardCharsets.UTF_8), Clock.systemUTC()));
        agent.start();
        return agent;
    }

    private void runUntil(BooleanSupplier holds) throws IOException {
        try (Agent agent = start()) {
            awaitThat(holds);
            assertThat(agent.alive()).isEqualTo(Health.WELL);
        }
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

    private void append(String text) throws IOException {
        Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private String stored() {
        return new String(collector.raw("a.log"), StandardCharsets.UTF_8);
    }

    private Row only() throws IOException {
        List<Row> rows = CheckpointTable.of(config).rows();
        assertThat(rows).hasSize(1);
        return rows.get(0);
    }

    private List<Step> reset(Target target) throws IOException {
        try (CheckpointTable.Reset reset = CheckpointTable.Reset.begin(config)) {
            List<Step> steps = reset.table().plan(reset.table().rows(), target);
            reset.apply(steps, Clock.systemUTC());
            return steps;
        }
    }

    @Test
    void saysHowFarAFileWasReadAndWhatBecameOfIt() throws IOException {
        assertThat(CheckpointTable.of(config).rows()).isEmpty();
        append("one\ntwo\n");
        runUntil(() -> stored().equals("one\ntwo\n"));
        append("three\n");
        Row row = only();
        assertThat(row.stream()).isEqualTo("a.log");
        assertThat(row.path()).isEqualTo(file.toString());
        assertThat(row.inode()).isEqualTo(((Number) Files.getAttribute(file, "unix:ino")).longValue());
        assertThat(row.offset()).isEqualTo(8);
        assertThat(row.acknowledged()).isTrue();
        assertThat(row.acknowledgedOffset()).isEqualTo(8);
        assertThat(row.size()).isEqualTo(14);
        assertThat(row.behind()).isEqualTo(6);
        assertThat(row.file()).isEqualTo("there");

        Path renamed = Files.move(file, file.resolveSibling("a.log.1"));
        assertThat(only())
                .extracting(Row::file, Row::path, Row::size)
                .containsExactly("renamed", renamed.toString(), 14L);
        append("another file\n");
        assertThat(only().file()).isEqualTo("renamed");
        Files.delete(renamed);
        assertThat(only()).extracting(Row::file, Row::size, Row::behind).containsExactly("replaced", -1L, 0L);
        Files.delete(file);
        assertThat(only())
                .extracting(Row::file, Row::path, Row::isThere)
                .containsExactly("gone", file.toString(), false);
    }

    @Test
    void tellsWhatIsAcknowledgedFromWhatIsInTheLogAlsoBesideARunningAgent() throws IOException {
        append("one\n");
        try (Agent agent = start()) {
            awaitThat(() -> stored().equals("one\n"));
            awaitThat(() -> rowIs(4, true));
            collector.down();
            append("two\n");
            awaitThat(() -> rowIs(8, false));
            Row row = only();
            assertThat(row.acknowledgedOffset()).isEqualTo(4);
            assertThat(row.wal()).startsWith(config.data().resolve("wal").toString());
            assertThatThrownBy(() -> CheckpointTable.Reset.begin(config))
                    .isInstanceOf(DirectoryLock.HeldException.class);
            assertThat(agent.left()).isNull();
        }
        Row row = only();
        assertThat(row.acknowledged()).isFalse();
        assertThat(row.offset()).isEqualTo(8);
        try (CheckpointTable.Reset reset = CheckpointTable.Reset.begin(config)) {
            List<Step> steps = reset.table().plan(reset.table().rows(), Target.BEGINNING);
            assertThatThrownBy(() -> reset.apply(steps, Clock.systemUTC())).hasMessageContaining("not acknowledged");
        }
        collector.up();
        runUntil(() -> stored().equals("one\ntwo\n"));
        awaitThat(() -> rowIs(8, true));
    }

    private boolean rowIs(long offset, boolean acknowledged) {
        try {
            return CheckpointTable.of(config).rows().stream()
                    .anyMatch(row -> row.offset() == offset && row.acknowledged() == acknowledged);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void afterAResetToTheBeginningAllIsStoredAgain() throws IOException {
        append("one\ntwo\n");
        runUntil(() -> stored().equals("one\ntwo\n"));
        assertThat(reset(Target.BEGINNING)).singleElement().satisfies(step -> {
            assertThat(step.again()).isEqualTo(8);
            assertThat(step.skipped()).isZero();
        });
        assertThat(only().offset()).isZero();
        append("three\n");
        runUntil(() -> stored().equals("one\ntwo\none\ntwo\nthree\n"));
        assertThat(only().offset()).isEqualTo(14);
        runUntil(() -> true);
        assertThat(stored()).isEqualTo("one\ntwo\none\ntwo\nthree\n");
    }

    @Test
    void afterAResetToTheEndTheRestIsSkippedAndNoted() throws IOException {
        append("one\n");
        runUntil(() -> stored().equals("one\n"));
        append("not wanted\n");
        assertThat(reset(Target.END))
                .singleElement()
                .satisfies(step -> assertThat(step.skipped()).isEqualTo(11));
        assertThat(Files.readString(config.data().resolve(CheckpointTable.RESETS_FILE)))
                .hasLineCount(1)
                .contains("stream=a.log")
                .contains("from=4, to=15, skipped=11, again=0")
                .contains("path=" + file);
        append("wanted\n");
        runUntil(() -> stored().equals("one\nwanted\n"));
        assertThat(reset(Target.END)).as("it is there already").isEmpty();
    }

    @Test
    void patternsMatchPathsAndStreams() throws IOException {
        append("one\n");
        Files.writeString(file.resolveSibling("b.log"), "b\n");
        runUntil(() -> stored().equals("one\n") && collector.raw("b.log").length > 0);
        CheckpointTable table = CheckpointTable.of(config);
        assertThat(table.matching(new Wildcard("a.log")))
                .extracting(Row::stream)
                .containsExactly("a.log");
        assertThat(table.matching(new Wildcard("*/logs/b*")))
                .extracting(Row::stream)
                .containsExactly("b.log");
        assertThat(table.matching(new Wildcard("*"))).hasSize(2);
        assertThat(table.matching(new Wildcard("c"))).isEmpty();
    }
}
