package dev.raftsman.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.block.Block;
import dev.raftsman.block.BlockKind;
import dev.raftsman.block.BlockReader;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryUsage;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * No collector takes anything for a while, and files go on growing. Nothing is lost, memory stays where it was, the WAL
 * within its quota; what has gathered is shipped when the collectors are back. When the quota is reached, reading waits:
 * the files are the buffer then.
 *
 * <p>{@code -Draftsman.outage=60} for a minute instead of some seconds.
 */
@Tag("long")
class OutageTest {
    private static final int OUTAGE_SECONDS = Integer.getInteger("raftsman.outage", 6);
    private static final int LINES_A_SECOND = 20_000;
    private static final int LINES_A_TICK = 200;
    private static final long TICK_NANOS = 1_000_000_000L * LINES_A_TICK / LINES_A_SECOND;
    private static final long PATIENCE_NANOS = 60_000_000_000L;
    private static final long OTHER_BYTES = 64 << 10; // directories, cursor, the log's page of numbers
    private static final long MEMORY_MARGIN_KIB = 24 << 10;

    @TempDir
    Path directory;

    private final Random random = new Random(1);
    private FakeCollector collector;
    private Process agent;
    private Path file;
    private int http;
    private long written;
    private long mostOnDisk;
    private long lookAtDiskNanos = System.nanoTime();
    private long mostAnonymousKib;
    private long mostResidentKib;
    private long mostHeapKib;

    /** The agent, which also says how much of its heap was in use after the last collection. */
    public static final class Main {
        private Main() {}

        public static void main(String[] args) {
            Path config = Path.of(args[0]);
            Thread watch = new Thread(() -> watch(config.resolveSibling("heap")), "heap-watch");
            watch.setDaemon(true);
            watch.start();
            System.exit(AgentProcess.run(config));
        }

        private static void watch(Path heap) {
            try {
                while (true) {
                    long bytes = 0;
                    for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
                        MemoryUsage after = pool.getCollectionUsage();
                        bytes += after == null ? 0 : after.getUsed();
                    }
                    Files.writeString(heap, bytes + "\n");
                    LockSupport.parkNanos(200_000_000L);
                }
            } catch (IOException gone) {
                return;
            }
        }
    }

    @BeforeEach
    void begin() throws IOException {
        collector = new FakeCollector(1, 0);
        http = AgentProcessTest.freePort();
        file = Files.createDirectory(directory.resolve("logs")).resolve("busy.log");
    }

    @AfterEach
    void end() throws Exception {
        if (agent != null) {
            agent.destroyForcibly().waitFor();
        }
        collector.close();
    }

    private void start(String quota) throws IOException {
        start(quota, "wait");
    }

    private void start(String quota, String whenFull) throws IOException {
        Path config = directory.resolve("agent.yaml");
        Files.writeString(
                config,
                String.join(
                        "\n",
                        "version: 1",
                        "agent: host",
                        "data: " + directory.resolve("data"),
                        "collectors: ['" + collector.address() + "']",
                        "http: {listen: '127.0.0.1:" + http + "'}",
                        "wal: {quota: " + quota + "}",
                        "inputs:",
                        "  - {type: file, paths: ['" + directory.resolve("logs") + "/*.log'], whenFull: " + whenFull
                                + "}",
                        ""));
        agent = AgentProcessTest.launch(List.of(), Main.class, config, directory.resolve("said"), List.of());
    }

    private void awaitThat(String what, BooleanSupplier holds) throws IOException {
        long until = System.nanoTime() + PATIENCE_NANOS;
        while (!holds.getAsBoolean()) {
            assertThat(agent.isAlive() && System.nanoTime() - until < 0)
                    .as("%s\n%s", what, Files.readString(directory.resolve("said")))
                    .isTrue();
            measure();
            LockSupport.parkNanos(10_000_000L);
        }
    }

    private void measure() throws IOException {
        if (System.nanoTime() - lookAtDiskNanos >= 0) {
            lookAtDiskNanos = System.nanoTime() + 500_000_000L;
            mostOnDisk = Math.max(mostOnDisk, bytesOnDisk());
        }
        mostAnonymousKib = Math.max(mostAnonymousKib, status("RssAnon:"));
        mostResidentKib = Math.max(mostResidentKib, status("VmRSS:"));
        String heap = Files.exists(directory.resolve("heap"))
                ? Files.readString(directory.resolve("heap")).trim()
                : "";
        mostHeapKib = Math.max(mostHeapKib, heap.isEmpty() ? 0 : Long.parseLong(heap) >> 10);
    }

    /** What is allocated: a file's length also counts what is mapped ahead of the writer. */
    private long bytesOnDisk() throws IOException {
        Process du = new ProcessBuilder("du", "-sk", directory.resolve("data").toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String said = new String(du.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return said.isEmpty() ? 0 : Long.parseLong(said.substring(0, said.indexOf('\t'))) << 10;
    }

    private long status(String key) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/" + agent.pid() + "/status"))) {
            if (line.startsWith(key)) {
                return Long.parseLong(line.replaceAll("[^0-9]", ""));
            }
        }
        return 0;
    }

    private void forgetMaxima() {
        mostOnDisk = 0;
        mostAnonymousKib = 0;
        mostResidentKib = 0;
        mostHeapKib = 0;
    }

    /** @param padding the part of each line that does not compress */
    private void write(int seconds, int padding) throws IOException {
        long next = System.nanoTime();
        try (OutputStream out = new BufferedOutputStream(
                Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND), 1 << 16)) {
            for (int tick = 0; tick < seconds * LINES_A_SECOND / LINES_A_TICK; tick++) {
                StringBuilder text = new StringBuilder();
                for (int i = 0; i < LINES_A_TICK; i++) {
                    text.append("2026-11-29 12:00:00.123 INFO [worker-").append(written % 16);
                    text.append("] order ").append(written++).append(" was taken after ");
                    text.append(random.nextInt(1000)).append(" ms ");
                    for (int at = 0; at < padding; at++) {
                        text.append((char) ('!' + random.nextInt(90)));
                    }
                    text.append('\n');
                }
                out.write(text.toString().getBytes(StandardCharsets.ISO_8859_1));
                out.flush();
                if (tick % 20 == 0) {
                    measure();
                }
                next += TICK_NANOS;
                LockSupport.parkNanos(next - System.nanoTime());
            }
        }
    }

    private long arrived() {
        long[] events = new long[1];
        collector.change(() -> collector
                .epochs("busy.log")
                .forEach(epoch -> epoch.blocks.forEach(block -> events[0] += block.count())));
        return events[0];
    }

    /** Byte for byte, without holding either in memory. */
    private void assertSameAsFile() throws IOException {
        List<Block> blocks = new ArrayList<>();
        collector.change(() -> collector.epochs("busy.log").forEach(epoch -> blocks.addAll(epoch.blocks)));
        assertThat(blocks).noneMatch(block -> block.kind() == BlockKind.GAP);
        try (InputStream expected = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
                BlockReader reader = new BlockReader()) {
            long[] at = new long[1];
            for (Block block : blocks) {
                reader.writeRaw(block, new OutputStream() {
                    @Override
                    public void write(int b) throws IOException {
                        write(new byte[] {(byte) b}, 0, 1);
                    }

                    @Override
                    public void write(byte[] bytes, int from, int count) throws IOException {
                        for (int i = from; i < from + count; i++, at[0]++) {
                            if (expected.read() != (bytes[i] & 0xFF)) {
                                throw new AssertionError("another byte at " + at[0] + " of " + Files.size(file));
                            }
                        }
                    }
                });
            }
            assertThat(at[0]).isEqualTo(Files.size(file));
        }
    }

    @Test
    void outageLosesNothingMemoryIsFlatAndTheBacklogIsDrained() throws Exception {
        start("1GiB");
        write(2, 0);
        awaitThat("before", () -> arrived() == written);
        forgetMaxima();
        measure();
        long anonymousBefore = mostAnonymousKib;
        collector.down();
        long before = written;
        write(OUTAGE_SECONDS, 0);
        double read = written;
        awaitThat(
                "all is read",
                () -> AgentProcessTest.get(http, "/metrics")
                        .contains("raftsman_agent_read_events_total{stream=\"busy.log\"} " + read));
        assertThat(arrived()).isEqualTo(before);
        String line = String.format(
                "outage of %d s: %d lines, WAL %d KiB, heap after GC %d KiB, RSS %d KiB, anonymous %d KiB before, %d KiB"
                        + " at most",
                OUTAGE_SECONDS,
                written - before,
                mostOnDisk >> 10,
                mostHeapKib,
                mostResidentKib,
                anonymousBefore,
                mostAnonymousKib);
        assertThat(mostAnonymousKib).as(line).isLessThan(anonymousBefore + MEMORY_MARGIN_KIB);
        assertThat(mostOnDisk).as(line).isLessThan(1L << 30);
        collector.up();
        long began = System.nanoTime();
        awaitThat("after", () -> arrived() > before);
        long connected = System.nanoTime();
        awaitThat("after", () -> arrived() == written);
        long ended = System.nanoTime();
        System.err.printf(
                "%s; connected again after %d ms, drained in %d ms, RSS %d KiB at most%n",
                line, (connected - began) / 1_000_000, (ended - connected) / 1_000_000, mostResidentKib);
        assertSameAsFile();
    }

    @Test
    void whenTheQuotaIsReachedReadingWaitsAndNothingIsLost() throws Exception {
        start("16MiB");
        write(1, 0);
        awaitThat("before", () -> arrived() == written);
        collector.down();
        write(Math.max(2, OUTAGE_SECONDS / 3), 600);
        awaitThat("full", () -> AgentProcessTest.get(http, "/metrics").contains("raftsman_agent_wal_full 1.0"));
        assertThat(mostOnDisk).as("bytes on the disk").isLessThanOrEqualTo((16L << 20) + OTHER_BYTES);
        assertThat(Files.readString(directory.resolve("said"))).contains("the agent's own WAL is at its quota");
        collector.up();
        awaitThat("after", () -> arrived() == written);
        assertSameAsFile();
        awaitThat("room again", () -> AgentProcessTest.get(http, "/metrics").contains("raftsman_agent_wal_full 0.0"));
    }

    @Test
    void whenTheQuotaIsReachedAnInputThatDropsDeclaresEachLineThatIsMissing() throws Exception {
        start("16MiB", "drop");
        write(1, 0);
        awaitThat("before", () -> arrived() == written);
        collector.down();
        write(Math.max(2, OUTAGE_SECONDS / 3), 600);
        awaitThat(
                "dropping",
                () -> AgentProcessTest.get(http, "/metrics").contains("raftsman_agent_dropped_events_total"));
        awaitThat(
                "all is read",
                () -> !AgentProcessTest.get(http, "/metrics")
                        .contains("raftsman_agent_lag_bytes{kind=\"file\",stream=\"busy.log\"}"));
        collector.up();
        awaitThat("room again", () -> AgentProcessTest.get(http, "/metrics").contains("raftsman_agent_wal_full 0.0"));
        write(1, 0); // its first block declares what was dropped before it
        awaitThat("after", () -> arrived() + declared() == written);
        assertThat(declared()).isPositive();
        assertThat(mostOnDisk).as("bytes on the disk").isLessThanOrEqualTo((16L << 20) + OTHER_BYTES);
    }

    private long declared() {
        long[] events = new long[1];
        collector.change(() -> collector
                .epochs("busy.log")
                .forEach(epoch ->
                        epoch.blocks.forEach(block -> events[0] += block.loss().count())));
        return events[0];
    }
}
