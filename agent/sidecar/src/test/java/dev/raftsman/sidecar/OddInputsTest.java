package dev.raftsman.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.raftsman.config.ConfigException;
import dev.raftsman.input.OperatorLog;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What lies where logs should be, and what may stand in them: the agent takes the bytes, and nothing else. */
class OddInputsTest {
    private static final byte[] PLAIN = "a plain line\n".getBytes(StandardCharsets.US_ASCII);

    @TempDir
    Path directory;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private Path logs;
    private FakeCollector collector;
    private Process process;

    @BeforeEach
    void begin() throws IOException {
        logs = Files.createDirectory(directory.resolve("logs"));
        collector = new FakeCollector(1, 0);
    }

    @AfterEach
    void end() throws Exception {
        if (process != null) {
            process.destroyForcibly().waitFor();
        }
        collector.close();
    }

    private Path config(String more) throws IOException {
        return Files.writeString(
                directory.resolve("agent.yaml"),
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
                        "shipper: {linger: 20ms}",
                        more));
    }

    private Agent agent() throws Exception {
        Agent agent = new Agent(
                AgentConfig.read(config("")),
                new OperatorLog(new PrintStream(said, true, StandardCharsets.UTF_8), Clock.systemUTC()));
        agent.start();
        return agent;
    }

    private String said() {
        try {
            Path file = directory.resolve("said");
            return said.toString(StandardCharsets.UTF_8) + (Files.exists(file) ? Files.readString(file) : "");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void awaitThat(BooleanSupplier holds) {
        try {
            await().atMost(Duration.ofSeconds(30))
                    .pollInterval(Duration.ofMillis(20))
                    .until(holds::getAsBoolean);
        } catch (org.awaitility.core.ConditionTimeoutException e) {
            throw new AssertionError("streams " + collector.streams() + "\n" + said(), e);
        }
    }

    private void awaitRaw(String stream, byte[] bytes) {
        awaitThat(() -> Arrays.equals(collector.raw(stream), bytes));
    }

    /** Each char a byte. */
    private static Map<String, String> contents() {
        Map<String, String> contents = new TreeMap<>();
        contents.put("nul", "a\0b\n\0\n\0\0");
        contents.put("not-utf-8", "\u00ff\u00fe\u00c0\u0080\u00ed\u00a0\u0080 surrogate\n\u00c3\n");
        contents.put("line-ends", "a\r\nb\rc\n\u0085\u00e2\u0080\u00a8line\u00c2\u0085\n\n\r\n");
        contents.put("escapes", "\u001b[2J\u001b]0;title\u0007\u001b[31mred\u001b[0m\n");
        contents.put("lookups", "${jndi:ldap://127.0.0.1:1/x} ${env:HOME} %n {} %s\n");
        contents.put("mark", "\u00ef\u00bb\u00bffirst\n");
        contents.put("utf-16", "\u00ff\u00fea\0\n\0");
        contents.put("longer-than-an-event", "x".repeat((1 << 20) + 1) + "\nnext\n");
        contents.put("only-newlines", "\n\n\n");
        return contents;
    }

    @Test
    void anyBytesArriveAsTheyAreAndNeverInTheAgentsOwnLines() throws Exception {
        for (Map.Entry<String, String> each : contents().entrySet()) {
            Files.writeString(logs.resolve(each.getKey() + ".log"), each.getValue(), StandardCharsets.ISO_8859_1);
        }
        try (Agent agent = agent()) {
            for (Map.Entry<String, String> each : contents().entrySet()) {
                awaitRaw(each.getKey() + ".log", each.getValue().getBytes(StandardCharsets.ISO_8859_1));
            }
            assertThat(agent.metrics()).isNotNull();
        }
        assertThat(said()).doesNotContain("jndi").doesNotContain("\u001b");
        assertThat(collector.streams()).hasSize(contents().size());
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        Process run = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        return run.waitFor(20, TimeUnit.SECONDS) && run.exitValue() == 0;
    }

    @Test
    void whatIsNoFileIsNeverOpenedAndHoldsNothingUp() throws Exception {
        assumeTrue(run("mkfifo", logs.resolve("pipe.log").toString()), "no mkfifo here");
        Files.createDirectory(logs.resolve("directory.log"));
        Files.createSymbolicLink(logs.resolve("zero.log"), Path.of("/dev/zero"));
        Files.createSymbolicLink(logs.resolve("nowhere.log"), logs.resolve("missing"));
        Files.createSymbolicLink(logs.resolve("loop.log"), logs.resolve("loop.log"));
        Files.createSymbolicLink(logs.resolve("pipe-by-link.log"), logs.resolve("pipe.log"));
        run("mknod", logs.resolve("device.log").toString(), "c", "1", "5");
        // A process that waits for a writer would also be one that reads what is not meant for it.
        Process writer = new ProcessBuilder("sh", "-c", "echo secret > " + logs.resolve("pipe.log"))
                .redirectErrorStream(true)
                .start();
        try (ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            socket.bind(UnixDomainSocketAddress.of(logs.resolve("socket.log")));
            try (Agent agent = agent()) {
                Files.write(logs.resolve("plain.log"), PLAIN);
                awaitRaw("plain.log", PLAIN);
                Files.write(logs.resolve("directory.log/inner.log"), PLAIN);
                awaitRaw("inner.log", PLAIN);
                assertThat(agent.metrics()).isNotNull();
            }
            assertThat(writer.isAlive())
                    .as("nobody has opened the pipe to read")
                    .isTrue();
        } finally {
            writer.destroyForcibly().waitFor();
        }
        assertThat(collector.streams()).containsExactly("inner.log", "plain.log");
    }

    /** Escapes as printf has them: some are no names this JVM can say. */
    private static final List<String> NAMES = List.of(
            "two\\nlines.log",
            "esc\\033[31m.log",
            "not-utf-8-\\377\\300.log",
            "\\303\\244\\303\\266-umlaut.log",
            "rtl-\\342\\200\\256gol.log",
            "tab\\tand space .log",
            "{name}${env:HOME}%%41.log",
            "-rf.log",
            "quote\"*?[a].log",
            "\\303.log",
            ".log",
            "n".repeat(251) + ".log");

    @Test
    void fileOfAnyNameIsReadOnceAlsoAfterARestart() throws Exception {
        List<String> lines = new ArrayList<>();
        for (String name : NAMES) {
            String line = "number " + lines.size();
            String write = "cd '" + logs + "' && f=$(printf -- '" + name + "') && echo " + line + " > ./\"$f\"";
            if (run("sh", "-c", write)) {
                lines.add(line); // else the file system takes no such name
            }
        }
        Path deep = logs;
        for (int i = 0; i < 10; i++) {
            deep = deep.resolve("d".repeat(200));
        }
        Files.writeString(Files.createDirectories(deep).resolve("deep.log"), "deep\n");
        lines.add("deep");
        assertThat(lines).hasSizeGreaterThan(NAMES.size() / 2);
        try (Agent agent = agent()) {
            awaitThat(() -> everything().size() == lines.size());
            assertThat(agent.metrics()).isNotNull();
        }
        try (Agent agent = agent()) {
            Files.write(logs.resolve("plain.log"), PLAIN);
            awaitRaw("plain.log", PLAIN);
            assertThat(agent.metrics()).isNotNull();
        }
        lines.add("a plain line");
        assertThat(everything()).containsExactlyInAnyOrderElementsOf(lines);
        assertThat(collector.streams()).noneMatch(stream -> stream.chars().anyMatch(c -> c < ' '));
        assertThat(said().lines()).as("one line is one line").allMatch(line -> line.startsWith("20"));
        assertThat(said()).doesNotContain("\u001b");
    }

    private List<String> everything() {
        List<String> lines = new ArrayList<>();
        for (String stream : collector.streams()) {
            new String(collector.raw(stream), StandardCharsets.ISO_8859_1)
                    .lines()
                    .forEach(lines::add);
        }
        return lines;
    }

    /** Without what lets root read everything; as another user than root nothing is needed for that. */
    private static List<String> ordinary() throws IOException, InterruptedException {
        if (!"root".equals(System.getProperty("user.name"))) {
            return List.of();
        }
        List<String> command = List.of("setpriv", "--bounding-set=-dac_override,-dac_read_search");
        assumeTrue(run("setpriv", "--bounding-set=-dac_override,-dac_read_search", "true"), "root needs setpriv");
        return command;
    }

    private void launch() throws IOException, InterruptedException {
        process = AgentProcessTest.launch(
                ordinary(), AgentProcessTest.Main.class, config(""), directory.resolve("said"), List.of());
    }

    @Test
    void fileThatMayNotBeReadIsNamedAndReadOnceItMay() throws Exception {
        Path secret = Files.write(logs.resolve("secret.log"), PLAIN);
        Path hidden = Files.createDirectory(logs.resolve("hidden"));
        Files.write(hidden.resolve("inner.log"), PLAIN);
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("---------"));
        Files.setPosixFilePermissions(hidden, PosixFilePermissions.fromString("---------"));
        Files.write(logs.resolve("plain.log"), PLAIN);
        launch();
        awaitRaw("plain.log", PLAIN);
        awaitThat(() -> said().contains("file cannot be read, trying on: path=" + secret));
        assertThat(collector.streams()).containsExactly("plain.log");
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("r--------"));
        Files.setPosixFilePermissions(hidden, PosixFilePermissions.fromString("r-x------"));
        awaitRaw("secret.log", PLAIN);
        awaitRaw("inner.log", PLAIN);
        assertThat(process.isAlive()).isTrue();
    }

    @Test
    void dataDirectoryThatMayNotBeWrittenEndsWith77() throws Exception {
        Path data = Files.createDirectory(directory.resolve("data"));
        Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("r-x------"));
        launch();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(said()).contains("raftsman agent: no permission for " + data);
        assertThat(process.exitValue()).isEqualTo(77);
    }

    @Test
    void linkInThePlaceOfTheLockIsRefused() throws Exception {
        Path target = Files.writeString(directory.resolve("target"), "precious");
        Files.createSymbolicLink(
                Files.createDirectory(directory.resolve("data")).resolve("agent.lock"), target);
        launch();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(73);
        assertThat(said()).contains(directory.resolve("data/agent.lock").toString());
        assertThat(Files.readString(target)).isEqualTo("precious");
    }

    @Test
    void leftoversOfACrashAreNoData() throws Exception {
        Path data = Files.createDirectories(directory.resolve("data"));
        Files.writeString(data.resolve("cursor.tmp"), "raftsman-cursor-1\nhalf");
        Path half = Files.createDirectories(data.resolve("wal/host/.1-half.new"));
        Files.writeString(half.resolve("identity"), "raftsman-wal-1\ntenant=");
        Files.createDirectories(data.resolve("wal/host/.2-half.deleted"));
        Files.createFile(data.resolve("wal/host/file"));
        Files.write(logs.resolve("plain.log"), PLAIN);
        for (int run = 0; run < 2; run++) {
            try (Agent agent = agent()) {
                Files.write(logs.resolve("run-" + run + ".log"), PLAIN);
                awaitRaw("run-" + run + ".log", PLAIN);
                awaitRaw("plain.log", PLAIN);
                assertThat(agent.metrics()).isNotNull();
            }
        }
        assertThat(data.resolve("cursor")).exists();
        assertThat(data.resolve("cursor.tmp")).doesNotExist();
    }

    @Test
    void tenantThatIsNoNameIsRefused() throws Exception {
        for (String tenant : List.of(
                "../x",
                "a/b",
                ".",
                "..",
                "a".repeat(64),
                "a".repeat(300),
                "\"a\\0b\"",
                "\"\\u202Ex\"",
                "UPPER",
                "-a",
                "a_b",
                "a b",
                "\"\"")) {
            Path config = config("tenant: " + tenant + "\n");
            assertThatThrownBy(() -> AgentConfig.read(config))
                    .as(tenant)
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("agent.yaml:10:9 tenant: ");
        }
    }

    @Test
    void rotatedNamesThatAreNoFilesHoldNothingUp() throws Exception {
        Path file = logs.resolve("app.log");
        Files.write(file, PLAIN);
        try (Agent agent = agent()) {
            awaitRaw("app.log", PLAIN);
            assumeTrue(run("mkfifo", logs.resolve("app.log.2").toString()), "no mkfifo here");
            Files.createSymbolicLink(logs.resolve("app.log.3"), Path.of("/dev/zero"));
            Files.createDirectory(logs.resolve("app.log.4"));
            Files.move(file, logs.resolve("app.log.1"));
            Files.write(file, "after\n".getBytes(StandardCharsets.US_ASCII), StandardOpenOption.CREATE_NEW);
            awaitRaw(
                    "app.log",
                    (new String(PLAIN, StandardCharsets.US_ASCII) + "after\n").getBytes(StandardCharsets.US_ASCII));
            assertThat(agent.metrics()).isNotNull();
        }
        assertThat(collector.streams()).containsExactly("app.log");
    }
}
