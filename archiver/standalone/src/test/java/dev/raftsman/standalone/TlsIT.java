package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A cluster whose nodes take only each other's and agents' certificates, with what README's own commands make. */
class TlsIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int LINES = 50_000;

    @RegisterExtension
    final TestDirectory directory = new TestDirectory();

    private Path pki;

    @BeforeEach
    void certify() throws IOException {
        assumeTrue(Checkout.has("openssl"), "skipped: no openssl on the PATH");
        pki = certified("pki");
    }

    /** A directory with a CA of its own and what it has signed. */
    private Path certified(String name) throws IOException {
        Path made = Files.createDirectories(directory.path().resolve(name));
        Matcher commands = Pattern.compile("(?s)### TLS\n.*?```sh\n(.*?)```")
                .matcher(Files.readString(Checkout.root().resolve("README.md")));
        assertThat(commands.find()).isTrue();
        Ran openssl = Ran.command("bash", "-euo", "pipefail", "-c", "cd '" + made + "'\n" + commands.group(1));
        assertThat(openssl.exitCode()).as(openssl.error()).isZero();
        return made;
    }

    private String tls(String name, boolean shown) {
        return tls(pki, name, shown);
    }

    private static String tls(Path pki, String name, boolean shown) {
        return "tls: {trust: '" + pki + "/ca.pem'"
                + (shown ? ", certificate: '" + pki + "/" + name + ".pem', key: '" + pki + "/" + name + ".key'" : "")
                + "}";
    }

    private static void replace(Path file, String what, String by) throws IOException {
        String text = Files.readString(file);
        assertThat(text).contains(what);
        Files.writeString(file, text.replace(what, by));
    }

    @Test
    void bytesInAreBytesOutOverMutualTls() throws IOException {
        Path log = directory.path().resolve("feed.log");
        Files.writeString(
                log,
                IntStream.range(0, LINES)
                        .mapToObj(i -> "line " + i + " that nobody else may read\n")
                        .collect(Collectors.joining()));
        ClusterFiles files = new ClusterFiles(directory.path().resolve("data"), 3);
        files.writeCollectors("1MiB", "1h");
        files.writeAgent(Map.of("feed", log), "256MiB");
        Path nodes = certified("nodes");
        for (int node = 1; node <= 3; node++) {
            Path conf = files.conf(ClusterFiles.node(node));
            replace(conf, "ingest: {", "ingest: {" + tls("collector-1", true) + ", ");
            replace(conf, "  peers:", "  " + tls(nodes, "collector-1", true) + "\n  peers:");
        }
        Files.writeString(
                files.conf("agent"),
                Files.readString(files.conf("agent")) + "shipper: {" + tls("agent", false) + "}\n");

        try (LocalCluster cluster = new LocalCluster(files)) {
            cluster.startCollectors();
            // The agent repeats its complaint once a minute at most: the first one must be that of TLS.
            cluster.awaitLeader(LIMIT);
            cluster.startAgent();
            LocalCluster.await(
                    "the agent to be told that it needs a certificate",
                    LIMIT,
                    () -> text(files.log("agent"))
                            .contains(
                                    "reason=TLS: the collector wants a client certificate, and shipper.tls has none"));
            assertThat(Demo.storedEvents(cluster.catalog(), "feed")).isZero();
            assertThat(IntStream.rangeClosed(1, 3).mapToObj(node -> text(files.log(ClusterFiles.node(node)))))
                    .anyMatch(text -> text.contains("reason=TLS: the client's certificate is missing"));
            cluster.child(LocalCluster.AGENT).kill();
            replace(files.conf("agent"), tls("agent", false), tls("agent", true));
            cluster.startAgent();
            LocalCluster.await("the file", LIMIT, () -> stored(cluster) >= LINES);

            Ran cat = Ran.raftsman("cat", "--cluster", String.join(",", files.https()), "--raw", "feed");
            assertThat(cat.exitCode()).as(cat.error()).isZero();
            // isEqualTo would print both.
            assertThat(java.util.Arrays.equals(cat.outputBytes(), Files.readAllBytes(log)))
                    .as("the file comes back byte for byte")
                    .isTrue();
        }
    }

    @Test
    void aKeyForOthersToReadIsOneLine() throws IOException {
        Path key = pki.resolve("agent.key");
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));
        ClusterFiles files = new ClusterFiles(directory.path().resolve("data"), 1);
        files.writeAgent(Map.of(), "256MiB");
        Path config = files.conf("agent");
        Files.writeString(config, Files.readString(config) + "shipper: {" + tls("agent", true) + "}\n");
        for (List<String> command : List.of(
                List.of("config", "check", config.toString()), List.of("agent", "--config", config.toString()))) {
            Ran started = Ran.raftsman(command.toArray(String[]::new));
            assertThat(started.exitCode()).as(started.error()).isEqualTo(78);
            assertThat(started.error().lines())
                    .singleElement()
                    .asString()
                    .contains(key + " has mode 0644", "chmod 600 " + key);
        }
    }

    private static long stored(LocalCluster cluster) {
        try {
            return Demo.storedEvents(cluster.catalog(), "feed");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static String text(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
