package dev.raftsman.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The power fails under the agent: its data directory is an ext4 file system of its own on a loop device, and is shut
 * down without flushing its journal, so that all that was not forced is gone. Needs root; skipped by name elsewhere.
 */
class AgentPowerCutTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int CUTS = 2;
    private static final long CAUGHT_UP_BYTES = 50_000;
    private static final long IMAGE_BYTES = 2L << 30;

    /** EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH. */
    private static final String CUT =
            "open(my $f, '<', $ARGV[0]) or die $!; my $v = pack('L', 2); ioctl($f, 0x8004587D, $v) or die $!";

    @TempDir
    Path directory;

    private Process agent;
    private Path mounted;

    @AfterEach
    void takeDown() throws Exception {
        if (agent != null) {
            agent.destroyForcibly().waitFor();
        }
        if (mounted != null) {
            run("umount", "-l", mounted.toString());
        }
    }

    private static int run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        return process.waitFor(20, TimeUnit.SECONDS) ? process.exitValue() : -1;
    }

    private static int tryRun(String... command) throws InterruptedException {
        try {
            return run(command);
        } catch (IOException notInstalled) {
            return -1;
        }
    }

    private void mount(Path image) throws Exception {
        assertThat(run("mount", "-o", "loop", image.toString(), mounted.toString()))
                .isZero();
    }

    private void unmount() {
        // The dead process may still be leaving.
        await().atMost(Duration.ofSeconds(10))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> run("umount", mounted.toString()) == 0);
    }

    private void start(FakeCollector collector) throws IOException {
        Path config = directory.resolve("agent.yaml");
        Files.writeString(
                config,
                String.join(
                        "\n",
                        "version: 1",
                        "agent: host",
                        "data: " + mounted.resolve("data"),
                        "collectors: ['" + collector.address() + "']",
                        "http: {listen: '127.0.0.1:0'}",
                        "wal: {quota: 64MiB}",
                        "inputs:",
                        "  - {type: file, paths: ['" + directory.resolve("logs") + "/*.log'], idle: 200ms}",
                        "shipper: {linger: 20ms, block: 16KiB}",
                        ""));
        agent = new ProcessBuilder(
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
    }

    @Test
    void powerCutsNeitherLoseNorDoubleALine() throws Exception {
        Path image = directory.resolve("disk");
        mounted = Files.createDirectory(directory.resolve("mounted"));
        try (RandomAccessFile disk = new RandomAccessFile(image.toFile(), "rw")) {
            disk.setLength(IMAGE_BYTES);
        }
        Assumptions.assumeTrue(
                "root".equals(System.getProperty("user.name"))
                        && tryRun("mkfs.ext4", "-q", "-F", image.toString()) == 0
                        && tryRun("perl", "-e", "1") == 0
                        && tryRun("mount", "-o", "loop", image.toString(), mounted.toString()) == 0,
                "needs root, mkfs.ext4, perl and a loop device");
        long seed = Long.getLong("raftsman.seed", System.nanoTime());
        System.err.println("powerCutsNeitherLoseNorDoubleALine: -Draftsman.seed=" + seed);
        Random random = new Random(seed);
        Path file = Files.createDirectory(directory.resolve("logs")).resolve("a.log");
        int written = 0;
        try (FakeCollector collector = new FakeCollector(seed, 0.01)) {
            for (int cut = 0; cut < CUTS; cut++) {
                start(collector);
                // Only an agent that has caught up ships what was written a moment ago, and perhaps is not forced.
                long cutAt = 0;
                long giveUpAt = System.nanoTime() + PATIENCE.toNanos();
                while (cutAt == 0 || System.nanoTime() - cutAt < 0) {
                    if (cutAt == 0 && collector.raw("a.log").length >= Math.max(1, sizeOf(file) - CAUGHT_UP_BYTES)) {
                        cutAt = System.nanoTime() + random.nextInt(500) * 1_000_000L;
                    }
                    assertThat(giveUpAt - System.nanoTime())
                            .as("the agent catches up")
                            .isPositive();
                    int more = written + 1 + random.nextInt(300);
                    Files.writeString(file, lines(written, more), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
                    written = more;
                    LockSupport.parkNanos(5_000_000L);
                }
                assertThat(run("perl", "-e", CUT, mounted.toString())).isZero();
                agent.destroyForcibly().waitFor();
                unmount();
                mount(image);
            }
            start(collector);
            byte[] expected = lines(0, written).getBytes(StandardCharsets.UTF_8);
            try {
                await().atMost(PATIENCE)
                        .pollInterval(Duration.ofMillis(50))
                        .until(() -> collector.raw("a.log").length >= expected.length);
            } catch (ConditionTimeoutException e) {
                throw new AssertionError(Files.readString(directory.resolve("said")), e);
            }
            assertThat(Arrays.mismatch(collector.raw("a.log"), expected))
                    .as(
                            "first difference in %d bytes\n%s",
                            expected.length, Files.readString(directory.resolve("said")))
                    .isEqualTo(-1);
            assertThat(collector.gapEvents("a.log")).isZero();
            assertThat(collector.epochs("a.log")).hasSizeGreaterThan(1);
            agent.destroyForcibly().waitFor();
        }
    }

    private static long sizeOf(Path file) throws IOException {
        return Files.exists(file) ? Files.size(file) : CAUGHT_UP_BYTES + 1;
    }

    private static String lines(int from, int to) {
        StringBuilder text = new StringBuilder();
        for (int i = from; i < to; i++) {
            text.append("line ").append(i).append(" of what happened\n");
        }
        return text.toString();
    }
}
