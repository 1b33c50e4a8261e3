package dev.raftsman.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.raftsman.input.OperatorLog;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The smallest cases of what {@link RotationTortureTest} has found: lines that lie beside the name and must arrive. */
class RotationCasesTest {
    @TempDir
    Path directory;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private FakeCollector collector;
    private Path file;
    private Path copy;

    @BeforeEach
    void begin() throws IOException {
        collector = new FakeCollector(1, 0);
        file = Files.createDirectory(directory.resolve("logs")).resolve("app.log");
        copy = file.resolveSibling("app.log.1");
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
                        "wal: {quota: 16MiB, force: 20ms}",
                        "inputs:",
                        "  - {type: file, paths: ['" + file.getParent() + "/*.log'], idle: 200ms}",
                        "shipper: {linger: 300ms}"));
        Agent agent = new Agent(
                AgentConfig.read(config),
                new OperatorLog(new PrintStream(said, true, StandardCharsets.UTF_8), Clock.systemUTC()));
        agent.start();
        return agent;
    }

    private static String lines(int from, int to) {
        StringBuilder text = new StringBuilder();
        IntStream.range(from, to).forEach(i -> text.append("line ").append(i).append('\n'));
        return text.toString();
    }

    private void append(int from, int to) throws IOException {
        Files.writeString(file, lines(from, to), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private void awaitText(String expected) {
        awaitText(expected, "app.log");
    }

    private void awaitText(String expected, String... streams) {
        try {
            await().atMost(Duration.ofSeconds(8))
                    .pollInterval(Duration.ofMillis(10))
                    .until(() -> new String(collector.raw("app.log"), StandardCharsets.UTF_8).equals(expected));
        } catch (ConditionTimeoutException e) {
            assertThat(new String(collector.raw("app.log"), StandardCharsets.UTF_8))
                    .as(said.toString(StandardCharsets.UTF_8))
                    .isEqualTo(expected);
        }
        assertThat(collector.streams()).containsExactlyInAnyOrder(streams);
    }

    @Test
    void whatWasNotReadBeforeTheFileWasEmptiedIsReadFromItsCopy() throws Exception {
        try (Agent agent = agent()) {
            append(0, 10);
            awaitText(lines(0, 10));
            append(10, 20);
            Files.copy(file, copy);
            Files.writeString(file, lines(20, 23), StandardOpenOption.TRUNCATE_EXISTING);
            awaitText(lines(0, 23));
            assertThat(agent.metrics()).isNotNull();
        }
    }

    @Test
    void copyThatIsShorterThanWhatWasReadIsNotReadAgainAfterARestart() throws Exception {
        try (Agent agent = agent()) {
            append(0, 10);
            awaitText(lines(0, 10));
            Files.copy(file, copy);
            append(10, 15); // into the original only: this is what copytruncate loses, unless somebody was quick
            awaitText(lines(0, 15));
            assertThat(agent.metrics()).isNotNull();
        }
        Files.writeString(file, lines(20, 23), StandardOpenOption.TRUNCATE_EXISTING);
        try (Agent agent = agent()) {
            awaitText(lines(0, 15) + lines(20, 23));
            append(23, 24);
            awaitText(lines(0, 15) + lines(20, 24));
            assertThat(agent.metrics()).isNotNull();
        }
    }

    @Test
    void fileThatWasPackedWhileNobodyReadIsReadFromThePackedOne() throws Exception {
        try (Agent agent = agent()) {
            append(0, 10);
            awaitText(lines(0, 10));
            assertThat(agent.metrics()).isNotNull();
        }
        append(10, 20);
        pack();
        append(20, 23);
        try (Agent agent = agent()) {
            awaitText(lines(0, 23));
            assertThat(agent.metrics()).isNotNull();
        }
        try (Agent agent = agent()) {
            append(23, 24);
            awaitText(lines(0, 24));
            assertThat(agent.metrics()).isNotNull();
        }
    }

    /**
     * The file system gives an inode again at once: a checkpoint of another name's file must not be all that is known of it,
     * or what lies beside the first name would be taken for older than the agent.
     *
     * @param acknowledged whether the other checkpoint is in the cursor, or in the WAL only
     */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void nameIsKnownStillWhenAFileOfAnotherNameHasItsInode(boolean acknowledged) throws Exception {
        try (Agent agent = agent()) {
            append(0, 10);
            awaitText(lines(0, 10));
            assertThat(agent.metrics()).isNotNull();
        }
        Object inode = Files.getAttribute(file, "unix:ino");
        pack();
        Path other = withInode(inode, file.resolveSibling("other.log"));
        Files.move(file.resolveSibling("app.log.1.gz"), file.resolveSibling("app.log.2.gz"));
        append(10, 20);
        pack();
        if (!acknowledged) {
            collector.down();
        }
        try (Agent agent = agent()) {
            await().atMost(Duration.ofSeconds(8))
                    .pollInterval(Duration.ofMillis(10))
                    .until(() -> acknowledged
                            ? collector.streams().contains("other.log")
                            : said.toString(StandardCharsets.UTF_8).contains("reading file: path=" + other));
            assertThat(agent.metrics()).isNotNull();
        }
        collector.up();
        append(20, 23);
        try (Agent agent = agent()) {
            awaitText(lines(0, 23), "app.log", "other.log");
            assertThat(agent.metrics()).isNotNull();
        }
    }

    /** A new file that was given this inode. */
    private static Path withInode(Object inode, Path path) throws IOException {
        List<Path> others = new ArrayList<>();
        boolean given = false;
        for (int i = 0; i < 64 && !given; i++) {
            Path next = Files.writeString(path.resolveSibling("next-" + i), "another file\n");
            given = Files.getAttribute(next, "unix:ino").equals(inode);
            if (given) {
                Files.move(next, path);
            } else {
                others.add(next);
            }
        }
        for (Path each : others) {
            Files.delete(each);
        }
        assumeTrue(given, "this file system gives inodes again");
        return path;
    }

    private void pack() throws IOException {
        Path packed = file.resolveSibling("app.log.1.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
            out.write(Files.readAllBytes(file));
        }
        Files.setLastModifiedTime(packed, Files.getLastModifiedTime(file));
        Files.delete(file);
    }

    /** It must be noticed at each read, not only at the first of some that wait for the linger. */
    @Test
    void fileThatWasEmptiedAndGrewPastItsOldEndWhileSomethingWaitedIsReadFromItsBeginning() throws Exception {
        try (Agent agent = agent()) {
            append(0, 10);
            awaitText(lines(0, 10));
            for (int round = 0; round < 5; round++) {
                int at = 1_000 * round;
                append(at, at + 1); // looked at, and waiting; whether that line is read first is open
                LockSupport.parkNanos(
                        100_000_000L); // shorter than the linger; nothing shows from outside that it looked
                Files.writeString(file, lines(at + 100, at + 400), StandardOpenOption.TRUNCATE_EXISTING);
                String now = lines(at + 100, at + 400);
                await().atMost(Duration.ofSeconds(8))
                        .pollInterval(Duration.ofMillis(10))
                        .untilAsserted(() -> assertThat(new String(collector.raw("app.log"), StandardCharsets.UTF_8))
                                .endsWith(now));
            }
            assertThat(agent.metrics()).isNotNull();
        }
    }
}
