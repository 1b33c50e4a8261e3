package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a person sees who got something wrong: one clear line for each thing, and an exit code that says what kind it is. */
class ConfigurationIT {
    private static final int CONFIG = 78;

    @RegisterExtension
    final TestDirectory directory = new TestDirectory();

    static Stream<Arguments> wrongFiles() {
        String agent = "version: 1\nagent: a\ndata: /tmp/never-made\ncollectors: [\"127.0.0.1:7441\"]\n";
        return Stream.of(
                Arguments.of(
                        "unknown key",
                        "agent",
                        agent + "shiper: {linger: 1s}\n",
                        ":5:1 shiper: unknown key; did you mean 'shipper'\\?.*expected"),
                Arguments.of("wrong type", "agent", agent + "inputs: 7\n", ":5:9 inputs: .*expected .*list"),
                Arguments.of(
                        "missing unit",
                        "agent",
                        agent + "shipper: {linger: 200}\n",
                        ":5:\\d+ shipper.linger: .*expected .*ms"),
                Arguments.of(
                        "unknown unit",
                        "agent",
                        agent + "wal: {quota: 10GiBB}\n",
                        ":5:\\d+ wal.quota: .*expected .*MiB"),
                Arguments.of(
                        "unsafe tag",
                        "agent",
                        agent + "tenant: !!javax.script.ScriptEngineManager x\n",
                        ":5:9 .*tag.*expected"),
                Arguments.of(
                        "duplicate key",
                        "agent",
                        agent + "data: /tmp/other\n",
                        ":5:1 data: .*first on line 3.*expected"),
                Arguments.of(
                        "port that is none",
                        "agent",
                        agent + "http: {listen: \"127.0.0.1:abc\"}\n",
                        ":5:\\d+ http.listen: .*expected host:port"),
                Arguments.of(
                        "unset variable",
                        "agent",
                        agent + "tenant: ${env:RAFTSMAN_NOT_SET_EVER}\n",
                        ":5:\\d+ tenant: .*RAFTSMAN_NOT_SET_EVER"),
                Arguments.of("not YAML", "agent", agent + "\tx: 1\n", ":5:1 .*expected"),
                Arguments.of("empty", "agent", "", ".*expected"),
                Arguments.of(
                        "even number of nodes",
                        "collector",
                        "version: 1\nnode: n1\ndata: /tmp/never-made\nraft:\n  peers:\n"
                                + "    - {id: n1, raft: \"127.0.0.1:1\", ingest: \"127.0.0.1:2\", http: \"127.0.0.1:3\"}\n"
                                + "    - {id: n2, raft: \"127.0.0.1:4\", ingest: \"127.0.0.1:5\", http: \"127.0.0.1:6\"}\n",
                        ":6:5 raft.peers: .*expected an odd number"),
                Arguments.of(
                        "archive without a target",
                        "retention",
                        "version: 1\npolicies: [{name: x, match: {stream: \"*\"}, then: archive}]\n",
                        ":2:12 .*to: .*expected"),
                Arguments.of(
                        "no collector",
                        "archiver",
                        "version: 1\ndata: /tmp/never-made\nretention: x\ncollectors: []\n",
                        ":4:\\d+ collectors: .*expected"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("wrongFiles")
    void namesFileLineColumnKeyAndWhatWasExpected(String what, String kind, String yaml, String message)
            throws IOException {
        Path file = Files.writeString(directory.path().resolve(kind + ".yaml"), yaml);

        Ran checked = Ran.raftsman("config", "check", file.toString());

        assertThat(checked.exitCode()).as(checked.error()).isEqualTo(CONFIG);
        assertThat(checked.error().lines().toList()).as(checked.error()).hasSize(1);
        assertThat(checked.error().strip()).matches("\\Q" + file + "\\E" + message + ".*");
    }

    @Test
    void namesAllProblemsAtOnceAndStartsNothing() throws IOException {
        Path file = Files.writeString(directory.path().resolve("agent.yaml"), """
                version: 1
                agent: a
                data: %s
                collectors: ["127.0.0.1:7441"]
                walll: {}
                shipper: {inFlight: 16, linger: soon}
                """.formatted(
                        directory.path().resolve("data")));
        for (List<String> command :
                List.of(List.of("agent", "--config", file.toString()), List.of("config", "check", file.toString()))) {
            Ran started = Ran.raftsman(command.toArray(String[]::new));
            assertThat(started.exitCode()).isEqualTo(CONFIG);
            assertThat(started.error().lines().toList())
                    .as(started.error())
                    .hasSize(3)
                    .allMatch(line -> line.matches("\\Q" + file + "\\E:\\d+:\\d+ \\S+: .*expected.*"));
        }
        assertThat(directory.path().resolve("data")).doesNotExist();
    }

    @Test
    void filesInConfAreGood() throws IOException {
        try (Stream<Path> files = Files.walk(Checkout.root().resolve("conf"))) {
            String[] command = Stream.concat(
                            Stream.of("config", "check"),
                            files.map(Path::toString)
                                    .filter(name -> name.endsWith(".yaml"))
                                    .filter(name -> !name.contains("/prometheus/")) // not ours to read
                                    .sorted())
                    .toArray(String[]::new);
            Ran checked = Ran.raftsman(command);
            assertThat(checked.exitCode()).as(checked.error()).isZero();
            assertThat(checked.output().lines().count()).isEqualTo(command.length - 2);
        }
    }

    @Test
    void aPortInUseIsOneLine() throws IOException {
        HttpServer taken = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        try {
            int port = taken.getAddress().getPort();
            for (String verb : List.of("agent", "collector", "archiver")) {
                Ran started = Ran.raftsman(
                        verb,
                        "--config",
                        config(verb, port, directory.path().resolve(verb)).toString());
                assertThat(started.exitCode()).as(verb + ": " + started.error()).isEqualTo(69);
                assertOneLine(started, Integer.toString(port));
            }
        } finally {
            taken.stop(0);
        }
    }

    @Test
    void aDirectoryThatCannotBeWrittenIsOneLine() throws IOException {
        // Nobody can make a directory below /proc, not even root.
        for (String verb : List.of("agent", "collector", "archiver")) {
            Ran started = Ran.raftsman(
                    verb,
                    "--config",
                    config(verb, FreePorts.pick(1).get(0), Path.of("/proc/raftsman"))
                            .toString());
            assertThat(started.exitCode()).as(verb + ": " + started.error()).isIn(73, 77);
            assertOneLine(started, "/proc");
        }
    }

    @Test
    void unreachableCollectorsAreOneLineAndTheAgentGoesOn() throws IOException {
        Path config = config("agent", FreePorts.pick(1).get(0), directory.path().resolve("agent"));
        Path log = directory.path().resolve("agent.log");
        try (ChildProcess agent = ChildProcess.start(
                "agent",
                List.of(LocalCluster.launcher(), "agent", "--config", config.toString()),
                Map.of(),
                log,
                null)) {
            LocalCluster.await(
                    "the agent's complaint",
                    Duration.ofSeconds(60),
                    () -> text(log).contains("no collector takes blocks"));
            assertThat(text(log).lines().filter(line -> line.contains(" WARN ")))
                    .hasSize(1)
                    .allMatch(line -> line.contains("127.0.0.1:1"));
            assertThat(agent.isAlive()).isTrue();
        }
    }

    @Test
    void aSecondInstanceIsOneLine() throws IOException {
        Path first = config("agent", FreePorts.pick(1).get(0), directory.path().resolve("agent"));
        Path log = directory.path().resolve("agent.log");
        try (ChildProcess agent = ChildProcess.start(
                "agent",
                List.of(LocalCluster.launcher(), "agent", "--config", first.toString()),
                Map.of(),
                log,
                null)) {
            LocalCluster.await(
                    "the first agent", Duration.ofSeconds(60), () -> text(log).contains("agent runs"));
            Ran second = Ran.raftsman(
                    "agent",
                    "--config",
                    config("agent", FreePorts.pick(1).get(0), directory.path().resolve("agent"))
                            .toString());
            assertThat(second.exitCode()).as(second.error()).isEqualTo(75);
            assertOneLine(second, Long.toString(agent.pid()));
        }
    }

    private static void assertOneLine(Ran started, String part) {
        assertThat(started.error().lines().toList()).as(started.error()).hasSize(1);
        assertThat(started.error()).contains(part).doesNotContain("Exception");
    }

    private static String text(Path log) {
        try {
            return Files.exists(log) ? Files.readString(log, StandardCharsets.UTF_8) : "";
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private Path config(String verb, int httpPort, Path data) throws IOException {
        Path retention = Files.writeString(directory.path().resolve("retention.yaml"), "version: 1\npolicies: []\n");
        List<Integer> ports = FreePorts.pick(2);
        String text = switch (verb) {
            case "agent" ->
                "version: 1\nagent: a\ndata: %s\ncollectors: [\"127.0.0.1:1\"]\nhttp: {listen: \"127.0.0.1:%d\"}\n"
                        .formatted(data, httpPort);
            case "collector" -> """
                    version: 1
                    node: n1
                    data: %s
                    raft:
                      peers:
                        - {id: n1, raft: "127.0.0.1:%d", ingest: "127.0.0.1:%d", http: "127.0.0.1:%d"}
                    """.formatted(data, ports.get(0), ports.get(1), httpPort);
            default ->
                "version: 1\ndata: %s\nretention: %s\ncollectors: [\"127.0.0.1:1\"]\nhttp: {listen: \"127.0.0.1:%d\"}\n"
                        .formatted(data, retention, httpPort);
        };
        return Files.writeString(directory.path().resolve(verb + ".yaml"), text);
    }
}
