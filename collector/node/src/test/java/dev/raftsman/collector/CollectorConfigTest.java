package dev.raftsman.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.raftsman.config.ConfigException;
import dev.raftsman.config.ConfigFile;
import dev.raftsman.config.ConfigKey;
import dev.raftsman.config.HostPort;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CollectorConfigTest {
    private static final String GOOD = """
            version: 1
            node: n1
            data: /var/lib/raftsman/collector
            raft:
              peers:
                - {id: n1, raft: "h1:7431", ingest: "h1:7441", http: "h1:7451"}
                - {id: n2, raft: "h2:7431", ingest: "h2:7441", http: "h2:7451"}
                - {id: n3, raft: "h3:7431", ingest: "h3:7441", http: "h3:7451"}
            """;

    private static CollectorConfig read(String yaml) throws ConfigException {
        return ConfigFile.read("collector.yaml", yaml.getBytes(StandardCharsets.UTF_8), CollectorConfig::of);
    }

    @Test
    void listensWherePeersAreToldUnlessItSaysOtherwise() throws ConfigException {
        CollectorConfig config = read(GOOD);
        assertThat(config.ingest().listen()).isEqualTo(new HostPort("h1", 7441));
        assertThat(config.http()).isEqualTo(new HostPort("h1", 7451));
        assertThat(config.raftHost()).isEqualTo("h1");
        assertThat(config.segmentBytes()).isEqualTo(64 << 20);
        CollectorConfig elsewhere = read(
                GOOD.replace("raft:\n", "ingest: {listen: \"0.0.0.0:7441\"}\nraft:\n  listen: \"0.0.0.0:7431\"\n"));
        assertThat(elsewhere.ingest().listen()).isEqualTo(new HostPort("0.0.0.0", 7441));
        assertThat(elsewhere.raftHost()).isEqualTo("0.0.0.0");
    }

    static Stream<Arguments> wrong() {
        return Stream.of(
                Arguments.of(
                        "unknown key",
                        "node: n1\n",
                        "node: n1\nsegmnets: {size: 1MiB}\n",
                        "segmnets.*did you mean 'segments'"),
                Arguments.of(
                        "size without unit", "node: n1\n", "node: n1\nreserve: 10\n", "collector.yaml:3:10 reserve"),
                Arguments.of("node that is no peer", "node: n1", "node: n9", "'n9' is not among.*n1 \\| n2 \\| n3"),
                Arguments.of("even number", "    - \\{id: n3.*\\}\n", "", "raft.peers: 2 nodes.*odd number"),
                Arguments.of("twins", "id: n2", "id: n1", "'n1' is there twice"),
                Arguments.of("address twice", "h2:7451", "h1:7451", "h1:7451 is given twice"),
                Arguments.of("no address", "h2:7451", "h2", "raft.peers\\[1].http.*host:port"),
                Arguments.of("future version", "version: 1", "version: 2", "version.*from 1 to 1"),
                Arguments.of("no data", "data: .*\n", "", "data: is missing"),
                Arguments.of("no peers", "(?s)raft:.*", "", "0 nodes"),
                Arguments.of("id as a path", "id: n3", "id: ../n3", "raft.peers\\[2].id"),
                Arguments.of("segments too small", "node: n1\n", "node: n1\nsegments: {size: 1KiB}\n", "64KiB to 4GiB"),
                Arguments.of("hasty elections", "raft:\n", "raft:\n  electionTimeout: 5ms\n", "100ms to 60s"),
                Arguments.of(
                        "credit above budget",
                        "node: n1\n",
                        "node: n1\ningest: {credit: 16MiB, budget: 8MiB}\n",
                        "ingest.credit"),
                Arguments.of("other raft port", "raft:\n", "raft:\n  listen: \"0.0.0.0:99\"\n", "port 7431"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void wrong(String name, String replace, String by, String problem) {
        assertThatThrownBy(() -> read(GOOD.replaceFirst(replace, by)))
                .as(name)
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("collector.yaml:")
                .message()
                .containsPattern(problem);
    }

    @Test
    void reportsAllProblemsAtOnce() {
        assertThatThrownBy(() -> read(GOOD.replace("node: n1", "node: n9").replace("version: 1", "version: one")))
                .message()
                .satisfies(message -> assertThat(message.split("\n")).hasSize(2));
    }

    @Test
    void explainsEveryKey() {
        List<ConfigKey> keys = ConfigFile.reference(CollectorConfig::of);
        assertThat(keys).extracting(ConfigKey::path).contains("node", "raft.peers[].ingest", "segments.age");
        assertThat(keys).allSatisfy(k -> assertThat(k.explanation()).isNotBlank());
    }

    @ParameterizedTest
    @ValueSource(strings = {"collector.yaml", "collector-2.yaml", "collector-3.yaml"})
    void takesTheFilesItComesWith(String name) throws Exception {
        // Where the data is, the environment says; the launcher sets it.
        String yaml = Files.readString(Path.of("../../conf", name)).replace("${env:RAFTSMAN_DATA}", "data");
        CollectorConfig config = read(yaml);
        assertThat(config.peers()).hasSize(3);
        assertThat(config.segmentAge()).hasHours(1);
    }
}
