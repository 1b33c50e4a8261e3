package dev.raftsman.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.raftsman.config.ConfigException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Bad input to agent.yaml, each refused with file, line, column, key and what was expected, and quickly. */
class AgentConfigTest {
    private static final String GOOD = "agent: a\ndata: /tmp/never-made\ncollectors: ['127.0.0.1:7441']\n";
    private static final long MOST_MILLIS = 100;

    @TempDir
    Path directory;

    private List<String> problems(Path file) {
        try {
            AgentConfig.read(file);
            return List.of();
        } catch (ConfigException e) {
            return e.getMessage()
                    .lines()
                    .map(line -> line.replace(directory + "/", ""))
                    .toList();
        }
    }

    private Path write(byte[] bytes) throws IOException {
        return Files.write(directory.resolve("agent.yaml"), bytes);
    }

    static Stream<Arguments> wrong() {
        String size = "a size such as 64MiB.*";
        String bomb = "a0: &a0 [x]\n"
                + IntStream.range(1, 60)
                        .mapToObj(i -> "a" + i + ": &a" + i + " ["
                                + Stream.generate(() -> "*a" + (i - 1)).limit(9).collect(Collectors.joining(", "))
                                + "]\n")
                        .collect(Collectors.joining());
        return Stream.of(
                arguments("unknown key", GOOD + "tennant: x", "4:1 tennant: unknown key; did you mean 'tenant'\\?.*"),
                arguments("port that is none", GOOD + "http: {listen: 'h:abc'}", "4:16 http.listen: .*host:port"),
                arguments("unknown duration", GOOD + "shipper: {linger: 7dd}", "4:19 shipper.linger: '7dd' .*ms, s.*"),
                arguments("unknown size", GOOD + "wal: {quota: 10GiBB}", "4:14 wal.quota: '10GiBB' .*" + size),
                arguments("no unit", GOOD + "wal: {quota: 10}", "4:14 wal.quota: '10' .*" + size),
                arguments("negative", GOOD + "wal: {force: -1d}", "4:14 wal.force: '-1d' .*"),
                arguments("zero", GOOD + "wal: {force: 0ms}", "4:14 wal.force: is outside .*1ms to 10s"),
                arguments("overflow", GOOD + "wal: {quota: 1e30}", "4:14 wal.quota: '1e30' .*"),
                arguments("overflow with unit", GOOD + "wal: {quota: 99999999999TiB}", "4:14 wal.quota: .*" + size),
                arguments("duplicate key", GOOD + "agent: b", "4:1 agent: given twice, first on line 1;.*"),
                arguments("tab", GOOD + "\twal: {}", "4:1 .*\\(TAB\\).*"),
                arguments("alias bomb", bomb, "1:5 anchors and aliases are not taken; .*"),
                arguments(
                        "nesting", GOOD + "inputs: " + "[".repeat(10_000), "4:40 too deep; expected at most 32 levels"),
                arguments("tag", GOOD + "tenant: !!java.net.URL x", "4:9 the tag .* is not taken; .*"),
                arguments("no where a list is due", GOOD + "inputs: no", "4:9 inputs: is a single value; .*"),
                arguments("yes where true is due", GOOD + "http: {tap: yes}", "4:13 http.tap: 'yes' .*true or false"),
                arguments("octal where a number is due", GOOD + "version: 01", "4:10 version: '01' .*"),
                arguments("empty", "", "1:1 the file is empty; .*"),
                arguments("comments only", "# nothing\n", "1:1 the file is empty; .*"),
                arguments("several documents", GOOD + "---\n" + GOOD, "4:1 a second document begins; .*"),
                arguments(
                        "unset variable",
                        GOOD + "tenant: ${env:RAFTSMAN_NOT_SET}",
                        "4:9 .*RAFTSMAN_NOT_SET is not set.*"),
                arguments("relative path", GOOD + "inputs: [{paths: [/b, a.log]}]", "4:18 inputs\\[0\\].paths: .*"),
                arguments("half a glob", GOOD + "inputs: [{paths: [/b, '/a[']}]", "4:18 inputs\\[0\\].paths: .*"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("wrong")
    void refusesWithPlaceKeyAndWhatWasExpected(String what, String yaml, String expected) throws IOException {
        problems(write("agent: warm-up".getBytes(StandardCharsets.UTF_8)));
        Path file = write(yaml.getBytes(StandardCharsets.UTF_8));
        long startNanos = System.nanoTime();
        List<String> problems = problems(file);
        Duration took = Duration.ofNanos(System.nanoTime() - startNanos);
        assertThat(problems).singleElement().asString().matches("agent.yaml:" + expected);
        assertThat(took).isLessThan(Duration.ofMillis(MOST_MILLIS));
    }

    @Test
    void aHugeFileIsRefusedBeforeItIsRead() throws IOException {
        Path file = directory.resolve("agent.yaml");
        try (var sparse = new java.io.RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(64L << 20);
        }
        assertThat(problems(file))
                .containsExactly("agent.yaml:1:1 the file has 67108864 bytes; expected at most 1048576");
    }

    @Test
    void namesTheByteThatIsNotUtf8() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes("agent: ".getBytes(StandardCharsets.UTF_8));
        bytes.write(0xE4); // as Latin-1 has it
        bytes.write('\n');
        assertThat(problems(write(bytes.toByteArray())))
                .containsExactly("agent.yaml:1:8 byte 7 is not UTF-8; expected UTF-8 text");
    }

    @Test
    void aByteOrderMarkIsTaken() throws IOException {
        assertThat(problems(write(("\uFEFF" + GOOD).getBytes(StandardCharsets.UTF_8))))
                .isEmpty();
    }

    @Test
    void whatLooksLikeABooleanOrANumberIsANameWhereANameIsDue() throws Exception {
        Path file = write("agent: no\ntenant: on\ndata: /0777\ncollectors: ['127.0.0.1:7441']\n"
                .getBytes(StandardCharsets.UTF_8));
        AgentConfig config = AgentConfig.read(file);
        assertThat(config.agent()).isEqualTo("no");
        assertThat(config.tenant()).isEqualTo("on");
        assertThat(config.data()).hasToString("/0777");
    }

    @Test
    void aSecretThatOthersMayReadIsRefusedAndNotShown() throws IOException {
        Path secret = Files.writeString(directory.resolve("secret"), "hunter2\n");
        Path file = write((GOOD + "tenant: '${file:" + secret + "}'").getBytes(StandardCharsets.UTF_8));
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-r--r--"));
        assertThat(problems(file))
                .singleElement()
                .asString()
                .contains("agent.yaml:4:9 tenant: the file secret can be read by others than its owner (chmod 600)")
                .doesNotContain("hunter2");
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
        assertThat(problems(file)).isEmpty();
    }

    @Test
    void filesOfConfDAddInputsAndRootsInTheOrderOfTheirNames() throws Exception {
        Path file = write((GOOD + "inputs: [{paths: [/a]}]\nwal: {roots: [/r]}").getBytes(StandardCharsets.UTF_8));
        Path beside = Files.createDirectory(directory.resolve("conf.d"));
        Files.writeString(beside.resolve("2.yaml"), "inputs: [{paths: [/c]}]\n");
        Files.writeString(beside.resolve("1.yaml"), "inputs: [{paths: [/b]}]\nwal: {roots: [/s]}\n");
        Files.writeString(beside.resolve("3.yml"), "agent: ignored\n");
        AgentConfig config = AgentConfig.read(file);
        assertThat(config.inputs().files())
                .flatExtracting(input -> input.paths())
                .containsExactly("/a", "/b", "/c");
        assertThat(config.wal().roots()).extracting(Path::toString).containsExactly("/r", "/s");
        Files.writeString(beside.resolve("4.yaml"), "tenant: x\nagent: b\ninputs: [{path: /d}]\n");
        assertThat(problems(file))
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("conf.d/4.yaml:1:1 tenant: cannot be set"),
                        line -> assertThat(line)
                                .startsWith("conf.d/4.yaml:2:1 agent: set twice, first in agent.yaml:1"),
                        line -> assertThat(line).startsWith("conf.d/4.yaml:3:10 inputs[3].paths: names no file"),
                        line -> assertThat(line).startsWith("conf.d/4.yaml:3:11 inputs[3].path: unknown key"));
    }
}
