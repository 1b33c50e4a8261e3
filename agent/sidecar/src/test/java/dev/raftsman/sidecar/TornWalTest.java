package dev.raftsman.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.raftsman.input.OperatorLog;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Of the WAL that an agent has left, blocks are torn as a power cut tears what was not forced. If their lines are read again
 * nothing is missing, and nothing is declared; whatever is not is declared to the last line.
 */
@Tag("long")
class TornWalTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int ACKNOWLEDGED = 300;
    private static final int BATCH = 200;
    private static final int BATCHES = 5;
    private static final int OLD = ACKNOWLEDGED + BATCHES * BATCH;
    private static final int ALL = OLD + 150;

    /** Where a frame of the WAL has what is needed here; drawn in the package page of the WAL. */
    private static final int MAGIC = 0x31585752;

    private static final int LENGTH_OFFSET = 4;
    private static final int EXTRA_LENGTH_OFFSET = 52;
    private static final int HEADER_BYTES = 64;

    @TempDir
    Path directory;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private FakeCollector collector;
    private Path logs;

    @BeforeEach
    void begin() throws IOException {
        logs = Files.createDirectory(directory.resolve("logs"));
        collector = new FakeCollector(1, 0);
    }

    @AfterEach
    void end() throws IOException {
        collector.close();
    }

    private Agent agent() throws Exception {
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
                        "wal: {quota: 64MiB, force: 20ms}",
                        "inputs:",
                        "  - {type: file, paths: ['" + logs + "/*.log'], idle: 200ms}",
                        "shipper: {linger: 10ms}"));
        Agent agent = new Agent(
                AgentConfig.read(config),
                new OperatorLog(new PrintStream(said, true, StandardCharsets.UTF_8), Clock.systemUTC()));
        agent.start();
        return agent;
    }

    private void awaitThat(String what, BooleanSupplier holds) {
        await(what)
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(20))
                .failFast(() -> said.toString(StandardCharsets.UTF_8).contains("the agent stops:"))
                .until(holds::getAsBoolean);
    }

    private static String lines(int from, int to) {
        StringBuilder text = new StringBuilder();
        IntStream.range(from, to).forEach(i -> text.append("line ").append(i).append(" of what happened here\n"));
        return text.toString();
    }

    private void append(String name, int from, int to) throws IOException {
        Files.writeString(logs.resolve(name), lines(from, to), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private static double read(Agent agent) {
        try {
            return new String(agent.metrics().page(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> line.startsWith("raftsman_agent_read_events_total{"))
                    .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf('}') + 1)))
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String stored(String name) {
        return new String(collector.raw(name), StandardCharsets.UTF_8);
    }

    /** The first lines are acknowledged, the rest of them are in blocks of the WAL only, one or more a batch. */
    private void leaveABacklog(String... more) throws Exception {
        try (Agent agent = agent()) {
            append("a.log", 0, ACKNOWLEDGED);
            awaitThat("acknowledged", () -> stored("a.log").equals(lines(0, ACKNOWLEDGED)));
            collector.down();
            for (int from = ACKNOWLEDGED; from < OLD; from += BATCH) {
                append("a.log", from, from + BATCH);
                int through = from + BATCH;
                awaitThat("read", () -> read(agent) >= through);
            }
            for (int i = 0; i < more.length; i++) {
                append(more[i], 0, BATCH);
                int through = OLD + (i + 1) * BATCH;
                awaitThat("read", () -> read(agent) >= through);
            }
        }
    }

    /** Where frames begin in the only file of the only WAL, in their order. */
    private List<Integer> frames(byte[] file) {
        ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        List<Integer> frames = new ArrayList<>();
        for (int at = 0; at + HEADER_BYTES <= file.length; at += 4) {
            if (bytes.getInt(at) == MAGIC) {
                frames.add(at);
            }
        }
        return frames;
    }

    private Path wal() throws IOException {
        try (Stream<Path> all = Files.walk(directory.resolve("data/wal"))) {
            return all.filter(path -> path.toString().endsWith(".cq4"))
                    .reduce((one, other) -> {
                        throw new AssertionError("two files: " + one + ", " + other);
                    })
                    .orElseThrow();
        }
    }

    /** @param fromEnd 0 for the last block */
    private void tear(int fromEnd) throws IOException {
        Path wal = wal();
        byte[] file = Files.readAllBytes(wal);
        List<Integer> frames = frames(file);
        int frame = frames.get(frames.size() - 1 - fromEnd);
        ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        int body = frame + HEADER_BYTES + bytes.getInt(frame + EXTRA_LENGTH_OFFSET);
        int end = frame + bytes.getInt(frame + LENGTH_OFFSET);
        for (int at = (body + end) / 2; at < end; at++) {
            file[at] = 0;
        }
        Files.write(wal, file);
    }

    private String said() {
        return said.toString(StandardCharsets.UTF_8);
    }

    private void shipsAll(String... names) throws Exception {
        collector.up();
        try (Agent agent = agent()) {
            assertThat(agent.httpPort()).isPositive();
            append("a.log", OLD, ALL);
            awaitThat("all lines, once and in order", () -> stored("a.log").equals(lines(0, ALL)));
            for (String name : names) {
                awaitThat("all of " + name, () -> stored(name).equals(lines(0, BATCH)));
            }
            awaitThat(
                    "the old WAL is done with", () -> collector.epochs("a.log").get(0).forgotten);
        }
        assertThat(collector.epochs("a.log")).hasSize(2);
        assertThat(said()).contains("the end of a WAL is torn").doesNotContain("WAL is damaged");
    }

    @Test
    void declaresNothingOfATornEndWhoseLinesAreReadAgain() throws Exception {
        leaveABacklog();
        tear(0);
        shipsAll();
        assertThat(collector.gapEvents("a.log")).isZero();
    }

    @Test
    void declaresNothingOfSeveralTornBlocksAtTheEnd() throws Exception {
        leaveABacklog();
        tear(0);
        tear(1);
        shipsAll();
        assertThat(collector.gapEvents("a.log")).isZero();
    }

    @Test
    void readsAFileFromItsBeginningWhoseFirstBlockIsTornAlsoIfItWasRenamed() throws Exception {
        leaveABacklog("b.log", "c.log");
        tear(0);
        tear(1);
        tear(2);
        Files.move(logs.resolve("c.log"), logs.resolve("c.log.1"));
        shipsAll("b.log", "c.log");
        for (String name : List.of("a.log", "b.log", "c.log")) {
            assertThat(collector.gapEvents(name)).as(name).isZero();
        }
    }

    @Test
    void declaresNothingWhenTheAgentStartsTwiceBeforeACollectorAnswers() throws Exception {
        leaveABacklog();
        tear(0);
        try (Agent agent = agent()) {
            awaitThat("read again", () -> read(agent) > 0);
        }
        shipsAllOfThreeRuns();
        assertThat(collector.gapEvents("a.log")).isZero();
    }

    private void shipsAllOfThreeRuns() throws Exception {
        collector.up();
        try (Agent agent = agent()) {
            assertThat(agent.httpPort()).isPositive();
            append("a.log", OLD, ALL);
            awaitThat("all lines, once and in order", () -> stored("a.log").equals(lines(0, ALL)));
            awaitThat(
                    "the old WAL is done with", () -> collector.epochs("a.log").get(0).forgotten);
        }
        assertThat(collector.epochs("a.log")).hasSize(3);
    }

    /** The lines stored, those of a second file of that name among them, and what is declared are all there were. */
    private void declaresTheRest(int offered) throws Exception {
        collector.up();
        try (Agent agent = agent()) {
            assertThat(agent.httpPort()).isPositive();
            awaitThat(
                    "all stored or declared",
                    () -> stored("a.log").lines().count() + collector.gapEvents("a.log") == offered);
            awaitThat(
                    "the old WAL is done with", () -> collector.epochs("a.log").get(0).forgotten);
        }
        assertThat(collector.gapEvents("a.log")).isPositive();
        assertThat(stored("a.log").lines().count() + collector.gapEvents("a.log"))
                .isEqualTo(offered);
        assertThat(said()).contains("WAL is damaged");
    }

    @Test
    void declaresATornEndWhoseFileIsGone() throws Exception {
        leaveABacklog();
        tear(0);
        Files.delete(logs.resolve("a.log"));
        append("a.log", ALL, ALL + 10);
        declaresTheRest(OLD + 10);
    }

    @Test
    void declaresATornEndWhoseFileHasNotAllOfItAnyMore() throws Exception {
        leaveABacklog();
        tear(0);
        // The power cut took the end of the file, too: nothing but the numbers tell that there was something.
        Files.writeString(logs.resolve("a.log"), lines(0, OLD - BATCH - BATCH));
        collector.up();
        try (Agent agent = agent()) {
            assertThat(agent.httpPort()).isPositive();
            awaitThat("declared", () -> collector.gapEvents("a.log") > 0);
            awaitThat(
                    "the old WAL is done with", () -> collector.epochs("a.log").get(0).forgotten);
        }
        assertThat(stored("a.log")).isEqualTo(lines(0, OLD - (int) collector.gapEvents("a.log")));
    }

    @Test
    void declaresATornBlockBehindWhichReadingGoesOn() throws Exception {
        leaveABacklog();
        tear(1);
        declaresTheRest(OLD);
    }
}
