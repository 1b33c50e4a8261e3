package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.raftsman.objects.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * The cluster that the README's reader starts by one command: processes from the files in {@code conf/}, archiving to a real
 * S3 protocol server, looked at by somebody else's S3 client.
 */
@Tag("campaign")
class S3ClusterIT {
    private static final long SEED = Long.getLong("raftsman.seed", 20_261_123L);
    private static final Duration LIMIT = Duration.ofSeconds(120);
    private static final String CLUSTER = "127.0.0.1:7451,127.0.0.1:7452,127.0.0.1:7453";
    private static final String ENDPOINT = "127.0.0.1:7480";
    private static final String KEY = "local-identity";
    private static final String SECRET = "local-credential";

    @RegisterExtension
    final TestDirectory directory = new TestDirectory();

    @Test
    void anotherClientFindsTheObjectsOfTheManifestByteForByte() throws IOException {
        Client client = Client.installed();
        assumeTrue(client != null, "skipped: neither s3cmd nor aws is installed");
        Path data = directory.path().resolve("data");
        Path logs = Files.createDirectories(data.resolve("logs"));
        Map<String, Path> sources = OddFiles.write(logs, SEED);
        List<String> command =
                List.of(Checkout.root().resolve("conf/local-s3/start").toString());
        try (FixedPorts ports = FixedPorts.take();
                ChildProcess cluster = ChildProcess.start(
                        "start",
                        command,
                        Map.of("RAFTSMAN_DATA", data.toString()),
                        directory.path().resolve("start.log"),
                        null)) {
            assertThat(ports).isNotNull();
            long lines = 0;
            for (Map.Entry<String, Path> source : sources.entrySet()) {
                lines += Offered.ofFile(source.getKey(), source.getValue()).events();
            }
            long expected = lines;
            LocalCluster.await("all lines archived", LIMIT, () -> {
                assertThat(cluster.isAlive()).as(cluster.lastWords()).isTrue();
                return archivedEvents() >= expected;
            });

            Path copy = Files.createDirectories(directory.path().resolve("copy"));
            client.download(copy);
            Map<String, String> found = digests(copy);
            Map<String, String> listed = manifest(copy);
            assertThat(listed).hasSizeGreaterThanOrEqualTo(sources.size());
            assertThat(found).containsAllEntriesOf(listed);
            assertThat(found.keySet().stream()
                            .filter(key -> key.startsWith("segments/"))
                            .toList())
                    .as("no object that the manifest does not name")
                    .allMatch(listed::containsKey);

            Ran audit = Ran.raftsman("audit", "--cluster", CLUSTER, "--policy", policy());
            assertThat(audit.exitCode()).as(audit.output() + audit.error()).isZero();
            ReadBack.equalsFiles(List.of("--cluster", CLUSTER, "--policy", policy()), sources, "from S3, seed " + SEED);
        }
    }

    private static String policy() {
        return Checkout.root().resolve("conf/local-s3/retention.yaml").toString();
    }

    /** As {@code raftsman status} prints it. */
    private static long archivedEvents() {
        Ran status = Ran.raftsman("status", "--cluster", CLUSTER);
        return status.output()
                .lines()
                .filter(line -> line.startsWith("default "))
                .mapToLong(line -> Long.parseLong(line.trim().split(" +")[4]))
                .sum();
    }

    private static Map<String, String> digests(Path copy) throws IOException {
        Map<String, String> digests = new TreeMap<>();
        try (Stream<Path> files = Files.walk(copy)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                digests.put(copy.relativize(file).toString(), Sha256.of(Files.readAllBytes(file)));
            }
        }
        return digests;
    }

    private static Map<String, String> manifest(Path copy) throws IOException {
        Map<String, String> listed = new TreeMap<>();
        try (Stream<Path> pages = Files.list(copy.resolve("manifest"))) {
            for (Path page : pages.toList()) {
                for (JsonNode entry : new ObjectMapper().readTree(page.toFile()).path("entries")) {
                    if (entry.path("outcome").asText().equals("archived")) {
                        listed.put(
                                entry.path("key").asText(), entry.path("sha256").asText());
                    }
                }
            }
        }
        return listed;
    }

    /** An S3 client that nobody of us wrote. */
    private enum Client {
        S3CMD {
            @Override
            void download(Path to) {
                run(List.of(
                        "s3cmd",
                        "--no-ssl",
                        "--access_key=" + KEY,
                        "--secret_key=" + SECRET,
                        "--host=" + ENDPOINT,
                        "--host-bucket=" + ENDPOINT,
                        "sync",
                        "s3://raftsman/local/",
                        to + "/"));
            }
        },
        AWS {
            @Override
            void download(Path to) {
                run(List.of(
                        "aws",
                        "--endpoint-url",
                        "http://" + ENDPOINT,
                        "--region",
                        "us-east-1",
                        "s3",
                        "sync",
                        "s3://raftsman/local/",
                        to.toString()));
            }
        };

        abstract void download(Path to);

        static Client installed() {
            return Checkout.has("s3cmd") ? S3CMD : Checkout.has("aws") ? AWS : null;
        }

        static void run(List<String> command) {
            Ran ran = Ran.command(
                    Map.of("AWS_ACCESS_KEY_ID", KEY, "AWS_SECRET_ACCESS_KEY", SECRET), new ArrayList<>(command));
            assertThat(ran.exitCode()).as(ran.output() + ran.error()).isZero();
        }
    }
}
