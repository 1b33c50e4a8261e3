package dev.raftsman.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The agent at the end of a pipe, as a process: it ends with the pipe, and its exit code says what became of it. */
@Tag("long")
class StdinTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);

    @TempDir
    Path directory;

    private FakeCollector collector;
    private final List<Process> started = new ArrayList<>();

    @BeforeEach
    void startCollector() throws IOException {
        collector = new FakeCollector(1, 0);
    }

    @AfterEach
    void endWhatWasStarted() throws IOException {
        started.forEach(Process::destroyForcibly);
        collector.close();
    }

    private Process agent(String input) throws IOException {
        Path config = Files.writeString(
                directory.resolve("agent.yaml"),
                String.join(
                        "\n",
                        "version: 1",
                        "agent: host",
                        "data: " + directory.resolve("data"),
                        "collectors: ['" + collector.address() + "']",
                        "http: {listen: '127.0.0.1:0'}",
                        "wal: {quota: 64MiB, force: 20ms}",
                        "inputs: [{type: stdin, stream: piped, idle: 200ms" + input + "}]",
                        ""));
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        AgentProcessTest.Main.class.getName(),
                        config.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        directory.resolve("said").toFile()))
                .start();
        started.add(process);
        return process;
    }

    private int exitCode(Process process) throws Exception {
        assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                .as("ends by itself: %s", said())
                .isTrue();
        return process.exitValue();
    }

    private String said() {
        try {
            return Files.readString(directory.resolve("said"));
        } catch (IOException nothingYet) {
            return "";
        }
    }

    private static byte[] lines(int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append("line ").append(i).append(" came through the pipe\n");
        }
        return text.append("and the last one has no newline").toString().getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void readsToTheEndShipsAllAndEndsWith0() throws Exception {
        byte[] lines = lines(200_000);
        Process agent = agent("");
        try (OutputStream pipe = agent.getOutputStream()) {
            pipe.write(lines);
        }
        assertThat(exitCode(agent)).as(said()).isZero();
        assertThat(collector.raw("piped")).isEqualTo(lines);
        assertThat(collector.epochs("piped")).hasSize(1);
    }

    @Test
    void emptyPipeEndsWith0() throws Exception {
        Process agent = agent("");
        agent.getOutputStream().close();
        assertThat(exitCode(agent)).as(said()).isZero();
    }

    @Test
    void aSignalBeforeTheEndIsNoSuccessAndWhatWasReadIsShippedByTheNextRun() throws Exception {
        collector.down();
        Process agent = agent("");
        OutputStream pipe = agent.getOutputStream();
        pipe.write("one\ntwo\n".getBytes(StandardCharsets.UTF_8));
        pipe.flush();
        await().atMost(PATIENCE).until(() -> said().contains("agent runs"));
        await().atMost(PATIENCE).until(this::walHoldsABlock);
        agent.destroy();
        assertThat(exitCode(agent)).as(said()).isEqualTo(75);
        collector.up();
        Process next = agent("");
        next.getOutputStream().close();
        assertThat(exitCode(next)).as(said()).isZero();
        assertThat(new String(collector.raw("piped"), StandardCharsets.UTF_8)).isEqualTo("one\ntwo\n");
    }

    private boolean walHoldsABlock() throws IOException {
        try (var files = Files.walk(directory.resolve("data/wal"))) {
            for (Path file :
                    files.filter(each -> each.toString().endsWith(".cq4")).toList()) {
                if (new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains("RBK1")) {
                    return true;
                }
            }
        }
        return false;
    }

    @Test
    void tracesThatComeInPiecesStayWhole() throws Exception {
        Process agent = agent(", multiline: {traces: [java]}");
        try (OutputStream pipe = agent.getOutputStream()) {
            for (String piece :
                    new String[] {"ERROR x\njava.lang.Ill", "egalStateException: y\n\tat a", ".B.c(D.java)\nnext"}) {
                pipe.write(piece.getBytes(StandardCharsets.UTF_8));
                pipe.flush();
            }
        }
        assertThat(exitCode(agent)).as(said()).isZero();
        assertThat(new String(collector.raw("piped"), StandardCharsets.UTF_8))
                .isEqualTo("ERROR x\njava.lang.IllegalStateException: y\n\tat a.B.c(D.java)\nnext\n");
        assertThat(collector.epochs("piped").get(0).last).isEqualTo(1);
    }
}
