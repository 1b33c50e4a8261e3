package dev.raftsman.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Verbs that talk to a running agent, each a process of its own. No collector is there: events pass all the same. */
@Tag("long")
class AgentVerbsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private final List<Process> started = new ArrayList<>();
    private Path config;
    private Path file;
    private int written;

    @BeforeEach
    void configuration() throws IOException {
        file = Files.createDirectory(directory.resolve("logs")).resolve("a.log");
        int port;
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = probe.getLocalPort();
        }
        config = Files.writeString(
                directory.resolve("agent.yaml"),
                String.join(
                        "\n",
                        "agent: host",
                        "data: " + directory.resolve("data"),
                        "collectors: ['127.0.0.1:1']",
                        "http: {listen: '127.0.0.1:" + port + "'}",
                        "wal: {quota: 64MiB, force: 20ms}",
                        "inputs: [{paths: ['" + directory.resolve("logs") + "/*.log'], idle: 100ms}]",
                        "shipper: {linger: 20ms}"));
    }

    @AfterEach
    void endWhatWasStarted() {
        started.forEach(Process::destroyForcibly);
    }

    private Process start(String name, List<String> command) throws IOException {
        Process process = new ProcessBuilder(command)
                .redirectOutput(directory.resolve(name + ".out").toFile())
                .redirectError(directory.resolve(name + ".err").toFile())
                .start();
        started.add(process);
        return process;
    }

    private static List<String> raftsman(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC"));
        if (Runtime.version().feature() >= 24) { // as the launcher has it
            command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(List.of(arguments));
        return command;
    }

    private Process agent() throws IOException {
        Process agent = start("agent", raftsman("agent", "--config", config.toString()));
        awaitThat(() -> said("agent.err").contains("agent runs"));
        return agent;
    }

    private String said(String name) {
        try {
            return Files.readString(directory.resolve(name));
        } catch (IOException notYet) {
            return "";
        }
    }

    private void awaitThat(BooleanSupplier holds) {
        try {
            await().atMost(PATIENCE).pollInterval(Duration.ofMillis(20)).until(holds::getAsBoolean);
        } catch (org.awaitility.core.ConditionTimeoutException e) {
            throw new AssertionError(said("agent.err"), e);
        }
    }

    /** Writes lines until a process ends: nobody knows from when on it listens. */
    private int exitCodeWhileWriting(Process process) {
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(50)).until(() -> {
            Files.writeString(
                    file, "line " + written++ + "\u0007\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            return !process.isAlive();
        });
        return process.exitValue();
    }

    private int exitCode(Process process) throws InterruptedException {
        assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    @Test
    void tapShowsWhatPassesAndEndsQuietlyHoweverItEnds() throws Exception {
        Process none = start("none", raftsman("tap", "--config", config.toString()));
        assertThat(exitCode(none)).isEqualTo(ExitCodes.UNAVAILABLE);
        assertThat(said("none.err")).isEqualTo("raftsman: no agent runs in " + directory.resolve("data") + "\n");

        Process agent = agent();
        Process limited = start("limited", raftsman("tap", "--config", config.toString(), "--limit", "3"));
        assertThat(exitCodeWhileWriting(limited)).as(said("limited.err")).isZero();
        assertThat(said("limited.err")).isEmpty();
        assertThat(said("limited.out")).matches("-- a.log \\(host:a.log\\) --\n(line [0-9]+\\\\u0007\n){3}");

        String tap = String.join(" ", raftsman("tap", "--config", config.toString(), "--stream", "a*", "--json"));
        Process piped = start("piped", List.of("bash", "-c", "set -o pipefail; " + tap + " | head -n 1"));
        assertThat(exitCodeWhileWriting(piped)).isIn(ExitCodes.OK, ExitCodes.BROKEN_PIPE);
        assertThat(said("piped.err")).isEmpty();
        assertThat(said("piped.out")).hasLineCount(1).contains("\"stream\":\"a.log\"");

        // What a shell starts in the background ignores SIGINT, and so does all that it starts.
        List<String> heedingInterrupts = new ArrayList<>(List.of("env", "--default-signal=INT"));
        heedingInterrupts.addAll(raftsman("tap", "--config", config.toString(), "--raw"));
        Process interrupted = start("interrupted", heedingInterrupts);
        awaitThat(() -> {
            try {
                Files.writeString(file, "more\n", StandardOpenOption.APPEND);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
            return said("interrupted.out").contains("more\n");
        });
        new ProcessBuilder("kill", "-INT", Long.toString(interrupted.pid()))
                .start()
                .waitFor();
        assertThat(exitCode(interrupted)).isEqualTo(130);
        assertThat(said("interrupted.err")).isEmpty();

        Process last = start("last", raftsman("tap", "--config", config.toString(), "--raw"));
        awaitThat(() -> {
            try {
                Files.writeString(file, "last\n", StandardOpenOption.APPEND);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
            return said("last.out").contains("last\n");
        });
        agent.destroy();
        assertThat(exitCode(agent)).isZero();
        assertThat(exitCode(last)).isZero();
        assertThat(said("last.err")).isEqualTo("raftsman: the agent has ended\n");
    }

    @Test
    void drainEndsTheAgentAndSaysWhatIsLeft() throws Exception {
        Process agent = agent();
        Files.writeString(file, "one\n");
        awaitThat(() -> {
            Process list;
            try {
                list = start("list", raftsman("checkpoint", "list", "--config", config.toString()));
                return exitCode(list) == 0 && said("list.out").contains("read 4 of 4, 0 behind; acknowledged 0,");
            } catch (IOException | InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        Process drain = start("drain", raftsman("agent", "drain", "--config", config.toString(), "--within", "300ms"));
        assertThat(exitCode(drain)).as(said("drain.err")).isEqualTo(ExitCodes.TEMPORARY);
        assertThat(said("drain.err"))
                .startsWith("raftsman agent drain: not all was acknowledged within 300 ms\nleft: ")
                .contains(" bytes of stream a.log in " + directory.resolve("data"));
        assertThat(agent.isAlive()).as("drain waits for its end").isFalse();
        assertThat(agent.exitValue()).isEqualTo(ExitCodes.TEMPORARY);

        Process again = start("again", raftsman("agent", "drain", "--config", config.toString(), "--within", "300ms"));
        assertThat(exitCode(again)).isEqualTo(ExitCodes.TEMPORARY);
        Process reset =
                start("reset", raftsman("checkpoint", "reset", "--config", config.toString(), "--all", "--yes"));
        assertThat(exitCode(reset)).isEqualTo(ExitCodes.TEMPORARY);
        assertThat(said("reset.err")).contains("1 of 1 files were read farther than is acknowledged, such as " + file);
    }
}
