package dev.raftsman.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.raftsman.wal.WalDirectory;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code raftsman wal} beside a writer in a process of its own: neither disturbs the other. */
@Tag("long")
class WalProcessTest {
    @TempDir
    Path root;

    private String classPath = System.getProperty("java.class.path");

    @Test
    void looksIntoTheLogOfAnotherProcessAndTellsExactlyWhatDiedWithIt() throws Exception {
        Process application = start(Chatter.class.getName(), root.resolve("wal").toString());
        WalDirectory log;
        try {
            assertThat(application.getInputStream().read()).isEqualTo('r');
            log = WalDirectory.list(root.resolve("wal")).get(0);
            await().atMost(Duration.ofSeconds(60)).until(() -> log.claimed() > 20_000);
            Ran alive = wal("inspect", "--json", log.path().toString());
            assertThat(alive.exit).as(alive.err).isZero();
            assertThat(report(alive).path("writer").asText()).isEqualTo("alive");
            for (int i = 0; i < 3; i++) {
                Ran verified = wal("verify", log.path().toString());
                assertThat(verified.exit).as(verified.out + verified.err).isZero();
            }
            assertThat(wal("tail", "-n", "5", log.path().toString()).out.lines())
                    .hasSize(5);
            assertThat(application.isAlive()).isTrue();
        } finally {
            application.destroyForcibly().waitFor();
        }
        Ran gone = wal("inspect", "--json", log.path().toString());
        assertThat(report(gone).path("writer").asText()).isEqualTo("gone");
        assertThat(wal("verify", log.path().toString()).exit).isZero();
        Path all = root.resolve("all.ndjson");
        Ran salvaged = wal("salvage", "--json", log.path().toString(), "--out", all.toString());
        long read = 0;
        try (BufferedReader lines = Files.newBufferedReader(all)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                assertThat(line).contains("\"sequence\":" + read + ",").contains("event " + read + "\"");
                read++;
            }
        }
        JsonNode missing = report(salvaged).path("missing");
        long died = log.claimed() + 1 - read;
        assertThat(report(gone).path("unwritten").asLong()).isEqualTo(died);
        assertThat(salvaged.exit).isEqualTo(died == 0 ? ExitCodes.OK : ExitCodes.MISMATCH);
        if (died > 0) {
            assertThat(missing).hasSize(1);
            assertThat(missing.path(0).path("first").asLong()).isEqualTo(read);
            assertThat(missing.path(0).path("last").asLong()).isEqualTo(log.claimed());
            assertThat(missing.path(0).path("why").asText()).isEqualTo("never written");
        }
    }

    @Test
    void aClosedPipeIsQuiet() throws Exception {
        try (WalSample.App app = new WalSample.App(root, "shop", "16MiB", "interval")) {
            for (int i = 0; i < 20_000; i++) {
                app.logger().info("event {}", i);
            }
        }
        String java = String.join(" ", command(Main.class.getName(), "wal", "tail", "-n", "20000", root.toString()));
        Ran ran = run(List.of("bash", "-c", "set -o pipefail; " + java + " | head -n 1"));
        assertThat(ran.err).isEmpty();
        assertThat(ran.out).hasLineCount(1);
        assertThat(ran.exit).isIn(ExitCodes.OK, ExitCodes.BROKEN_PIPE);
    }

    @Test
    void anotherUserWhoMayReadSeesItAllAndAFollowerEndsWithItsWriter() throws Exception {
        assumeTrue(Path.of("/proc/self").toFile().exists() && isRoot(), "skipped: only root can become another user");
        assumeTrue(run(List.of("which", "setpriv")).exit == 0, "skipped: no setpriv");
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-xr-x"));
        classPath = readableClassPath();
        Process follower;
        Path out = Files.createFile(root.resolve("followed"));
        try (WalSample.App app = new WalSample.App(root, "shop", "16MiB", "always")) {
            app.logger().info("one");
            for (String verb : List.of("inspect", "verify", "tail")) {
                Ran ran = run(asNobody(command(
                        Main.class.getName(), "wal", verb, app.log().path().toString())));
                assertThat(ran.exit).as(verb + ran.out + ran.err).isZero();
            }
            assertThat(run(asNobody(command(
                                    Main.class.getName(),
                                    "wal",
                                    "inspect",
                                    app.log().path().toString())))
                            .out)
                    .contains("writer      alive");
            follower = new ProcessBuilder(asNobody(command(
                            Main.class.getName(),
                            "wal",
                            "tail",
                            "-f",
                            app.log().path().toString())))
                    .redirectError(new File("/dev/null"))
                    .redirectOutput(out.toFile())
                    .start();
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> Files.readString(out).contains("one"));
            app.logger().info("two");
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> Files.readString(out).contains("two"));
        }
        assertThat(follower.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(follower.exitValue()).isZero();
        Path log = WalDirectory.list(root).get(0).path();
        Files.setPosixFilePermissions(log, PosixFilePermissions.fromString("rwx------"));
        Ran refused = run(asNobody(command(Main.class.getName(), "wal", "inspect", log.toString())));
        assertThat(refused.exit).as(refused.err).isEqualTo(ExitCodes.NO_INPUT);
        assertThat(refused.err).contains("permission denied").hasLineCount(1);
    }

    /** Logs by bursts until it is killed. */
    static final class Chatter {
        private Chatter() {}

        public static void main(String[] arguments) {
            WalSample.App app = new WalSample.App(Path.of(arguments[0]), "shop", "1GiB", "interval");
            System.out.write('r');
            System.out.flush();
            for (long i = 0; ; i++) {
                app.logger().info("event {}", i);
                if (i % 50 == 0) {
                    LockSupport.parkNanos(2_000_000);
                }
            }
        }
    }

    private record Ran(int exit, String out, String err) {}

    private static JsonNode report(Ran ran) throws IOException {
        return new ObjectMapper().readTree(ran.out).path("logs").path(0);
    }

    private Ran wal(String... arguments) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of(Main.class.getName(), "wal"));
        all.addAll(List.of(arguments));
        return run(command(all.toArray(String[]::new)));
    }

    private static boolean isRoot() throws IOException {
        return Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    }

    private static List<String> asNobody(List<String> command) {
        List<String> all =
                new ArrayList<>(List.of("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"));
        all.addAll(command);
        return all;
    }

    private List<String> command(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                classPath));
        if (Runtime.version().feature() >= 24) { // as the launcher has it
            command.addAll(1, List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
        }
        command.addAll(List.of(arguments));
        return command;
    }

    /** Copies, since ours may lie in a directory that nobody else may enter. */
    private String readableClassPath() throws IOException {
        Path lib = Files.createDirectory(root.resolve("lib"));
        List<String> readable = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path path = Path.of(entry);
            if (Files.isDirectory(path)) {
                Path copy = lib.resolve("classes-" + readable.size());
                try (Stream<Path> all = Files.walk(path)) {
                    for (Path each : all.toList()) {
                        Files.copy(each, copy.resolve(path.relativize(each).toString()));
                    }
                }
                readable.add(copy.toString());
            } else if (Files.exists(path)) {
                readable.add(Files.copy(path, lib.resolve(readable.size() + "-" + path.getFileName()))
                        .toString());
            }
        }
        return String.join(File.pathSeparator, readable);
    }

    private Process start(String... arguments) throws IOException {
        return new ProcessBuilder(command(arguments))
                .redirectError(new File("/dev/null"))
                .start();
    }

    private static Ran run(List<String> command) throws IOException, InterruptedException {
        Path out = Files.createTempFile("wal", ".out");
        Path err = Files.createTempFile("wal", ".err");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile())
                    .start();
            if (!process.waitFor(120, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError(command + " does not end: " + Files.readString(err));
            }
            return new Ran(
                    process.exitValue(),
                    Files.readString(out, StandardCharsets.UTF_8),
                    Files.readString(err, StandardCharsets.UTF_8));
        } finally {
            Files.delete(out);
            Files.delete(err);
        }
    }
}
