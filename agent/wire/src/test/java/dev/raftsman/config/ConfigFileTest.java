package dev.raftsman.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ConfigFileTest {
    record Peer(String id, HostPort raft) {}

    record Config(
            String node,
            long size,
            Duration linger,
            boolean on,
            long count,
            HostPort listen,
            List<String> paths,
            List<Peer> peers,
            String mode) {
        static Config of(Section section) {
            Section http = section.section("http", "the page");
            return new Config(
                    section.requiredString("node", "its name"),
                    section.size("size", "64MiB", "of a segment"),
                    section.duration("linger", "100ms", "how long to wait"),
                    section.bool("on", true, "whether"),
                    section.integer("count", 3, 1, 9, "how many"),
                    http.address("listen", "127.0.0.1:80", "where"),
                    section.strings("paths", "which files"),
                    section.sections("peers", "who else").stream()
                            .map(p -> new Peer(p.requiredString("id", "name"), p.address("raft", null, "where")))
                            .toList(),
                    section.choice("mode", "block", List.of("block", "drop"), "when full"));
        }
    }

    private static Config read(String yaml) throws ConfigException {
        return ConfigFile.read("f.yaml", yaml.getBytes(StandardCharsets.UTF_8), Config::of);
    }

    private static List<String> problems(byte[] bytes) {
        try {
            ConfigFile.read("f.yaml", bytes, Config::of);
            return List.of();
        } catch (ConfigException e) {
            return e.getMessage().lines().toList();
        }
    }

    @Test
    void readsEveryKindOfValueAndFillsInDefaults() throws ConfigException {
        Config config = read("""
                node: no
                linger: 2s
                http: {listen: "[::1]:8080"}
                paths: [/var/log/*.log, 0777]
                peers:
                  - {id: c1, raft: localhost:7431}
                """);
        assertThat(config)
                .isEqualTo(new Config(
                        "no",
                        64L << 20,
                        Duration.ofSeconds(2),
                        true,
                        3,
                        new HostPort("::1", 8080),
                        List.of("/var/log/*.log", "0777"),
                        List.of(new Peer("c1", new HostPort("localhost", 7431))),
                        "block"));
    }

    static Stream<Arguments> wrong() {
        return Stream.of(
                arguments(
                        "node: a\nsise: 1MiB",
                        "f.yaml:2:1 sise: unknown key; did you mean 'size'\\?; expected one of .*"),
                arguments(
                        "node: a\ncount: abc",
                        "f.yaml:2:8 count: 'abc' cannot be used; expected a whole number from 1 to 9"),
                arguments("node: a\ncount: 10", "f.yaml:2:8 count: '10' cannot be used; expected .*1 to 9"),
                arguments("node: a\ncount: 1e30", "f.yaml:2:8 count: '1e30' cannot be used; .*"),
                arguments(
                        "node: a\nsize: 10", "f.yaml:2:7 size: '10' cannot be used; expected a size such as 64MiB .*"),
                arguments("node: a\nsize: 10GiBB", "f.yaml:2:7 size: .*KiB, MiB, GiB.*"),
                arguments("node: a\nsize: 999999999999999TiB", "f.yaml:2:7 size: .*"),
                arguments("node: a\nlinger: -1d", "f.yaml:2:9 linger: '-1d' cannot be used; expected a duration .*"),
                arguments("node: a\nlinger: 7dd", "f.yaml:2:9 linger: .*"),
                arguments("node: a\non: yes", "f.yaml:2:5 on: 'yes' cannot be used; expected true or false"),
                arguments("node: a\nmode: stop", "f.yaml:2:7 mode: 'stop' cannot be used; expected block \\| drop"),
                arguments("node: a\nnode: b", "f.yaml:2:1 node: given twice, first on line 1; expected each key once"),
                arguments("node: a\n\tsize: 1", "f.yaml:2:1 .*"),
                arguments("size: 1MiB", "f.yaml:1:1 node: is missing; expected text"),
                arguments("node: [a]", "f.yaml:1:7 node: is a list; expected text"),
                arguments("node:", "f.yaml:1:6 node: has no value; expected text"),
                arguments("node: a\npaths: x", "f.yaml:2:8 paths: is a single value; expected a list of text"),
                arguments("node: a\nhttp: 7", "f.yaml:2:7 http: is a single value; expected a mapping of keys"),
                arguments(
                        "node: a\nhttp: {listen: 80}",
                        "f.yaml:2:16 http.listen: '80' cannot be used; expected host:port"),
                arguments("node: a\npeers: [{id: x}]", "f.yaml:2:9 peers\\[0\\].raft: is missing; expected host:port"),
                arguments("node: !!javax.script.ScriptEngineManager x", "f.yaml:1:7 the tag '.*' is not taken; .*"),
                arguments("node: &a x\nmode: *a", "f.yaml:1:7 anchors and aliases are not taken; .*"),
                arguments("node: a\n---\nnode: b", "f.yaml:2:1 a second document begins; expected one document"),
                arguments("", "f.yaml:1:1 the file is empty; expected a mapping of keys"),
                arguments("- a", "f.yaml:1:1 a sequence; expected a mapping of keys"),
                arguments("node: \"${env:RAFTSMAN_NOT_SET}\"", "f.yaml:1:7 node: .*RAFTSMAN_NOT_SET is not set.*"),
                arguments("[".repeat(10_000), "f.yaml:1:33 too deep; expected at most 32 levels"));
    }

    @ParameterizedTest
    @MethodSource("wrong")
    void namesFileLineColumnAndKey(String yaml, String expected) {
        List<String> problems = problems(yaml.getBytes(StandardCharsets.UTF_8));
        assertThat(problems).hasSize(1);
        assertThat(problems.get(0)).matches(expected);
    }

    @Test
    void reportsAllProblemsAtOnceInTheOrderOfTheFile() {
        assertThat(problems(
                        "sise: 1\ncount: x\nlinger: 5\nmode: !!java.net.URL block".getBytes(StandardCharsets.UTF_8)))
                .hasSize(5)
                .element(0)
                .asString()
                .startsWith("f.yaml:1:1");
    }

    @Test
    void namesTheByteThatIsNotUtf8() {
        assertThat(problems(new byte[] {'n', 'o', 'd', 'e', ':', ' ', 'a', '\n', 'x', (byte) 0xC3, '('}))
                .singleElement()
                .asString()
                .isEqualTo("f.yaml:2:2 byte 9 is not UTF-8; expected UTF-8 text");
    }

    @Test
    void acceptsAByteOrderMark() throws ConfigException {
        assertThat(read("\uFEFFnode: a").node()).isEqualTo("a");
    }

    @Test
    void takesASecretFromAPrivateFileOnly(@TempDir Path directory) throws IOException, ConfigException {
        Path secret = Files.writeString(directory.resolve("secret"), "hidden\n");
        String yaml = "node: '${file:" + secret + "}'";

        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-r--r--"));
        assertThat(problems(yaml.getBytes(StandardCharsets.UTF_8)))
                .singleElement()
                .asString()
                .contains("can be read by others")
                .doesNotContain("hidden");

        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
        assertThat(read(yaml).node()).isEqualTo("hidden");
    }

    @Test
    void aMissingFileIsOneClearLine(@TempDir Path directory) {
        Path missing = directory.resolve("none.yaml");
        assertThatThrownBy(() -> ConfigFile.read(missing, Config::of))
                .isInstanceOf(ConfigException.class)
                .hasMessage(missing + ":1:1 no such file; expected a readable YAML file");
    }

    @Test
    void referenceListsEveryKeyWithTypeAndDefault() {
        List<ConfigKey> reference = ConfigFile.reference(Config::of);
        assertThat(reference)
                .contains(
                        new ConfigKey("node", "text", "", "its name"),
                        new ConfigKey("size", "size", "64MiB", "of a segment"),
                        new ConfigKey("http.listen", "host:port", "127.0.0.1:80", "where"),
                        new ConfigKey("peers[].raft", "host:port", "", "where"),
                        new ConfigKey("mode", "block|drop", "block", "when full"));
    }
}
