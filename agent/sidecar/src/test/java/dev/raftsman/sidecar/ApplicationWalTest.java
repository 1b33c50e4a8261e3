package dev.raftsman.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.raftsman.block.Block;
import dev.raftsman.block.BlockKind;
import dev.raftsman.event.Level;
import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import dev.raftsman.event.NameTable;
import dev.raftsman.event.RowBatch;
import dev.raftsman.event.RowWriter;
import dev.raftsman.input.OperatorLog;
import dev.raftsman.wal.ExcerptKind;
import dev.raftsman.wal.WalDirectory;
import dev.raftsman.wal.WalIdentity;
import dev.raftsman.wal.WalProgress;
import dev.raftsman.wal.WalSettings;
import dev.raftsman.wal.WalWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** WALs of applications, written by the real writer, shipped by the whole agent. */
class ApplicationWalTest {
    private static final WalSettings SMALL = WalSettings.ofQuota(32 << 20)
            .withReserveBytes(0)
            .withRollBytes(256 << 10)
            .withForceInterval(Duration.ofMillis(20));

    @TempDir
    Path directory;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final OperatorLog log =
            new OperatorLog(new PrintStream(said, true, StandardCharsets.UTF_8), Clock.systemUTC());
    private final NameTable names = new NameTable();
    private final RowBatch batch = new RowBatch(names, 1 << 20, 1 << 20);
    private final RowWriter row = new RowWriter(names);
    private final byte[] scratch = new byte[256];
    private FakeCollector collector;

    @AfterEach
    void stopCollector() throws IOException {
        if (collector != null) {
            collector.close();
        }
    }

    private Agent agent() throws Exception {
        Path config = directory.resolve("agent.yaml");
        Files.writeString(
                config,
                String.join(
                        "\n",
                        "version: 1",
                        "agent: host",
                        "data: " + directory.resolve("data"),
                        "collectors: ['" + collector.address() + "']",
                        "http: {listen: '127.0.0.1:0'}",
                        "wal: {roots: ['" + directory.resolve("apps") + "']}",
                        "shipper: {linger: 20ms, block: 16KiB}"));
        Agent agent = new Agent(AgentConfig.read(config), log);
        agent.start();
        return agent;
    }

    private WalWriter application() {
        WalDirectory wal =
                WalDirectory.create(directory.resolve("apps"), WalIdentity.startingNow("default", "shop", "shop-log"));
        return WalWriter.open(wal, SMALL);
    }

    private static void end(WalWriter wal) {
        wal.close();
    }

    private static String message(long sequence) {
        return "event " + sequence + " happened in the shop";
    }

    private void write(WalWriter wal, long first, int count, Loss loss) {
        batch.clear();
        for (int i = 0; i < count; i++) {
            int length = row.begin(scratch, 0, 256, Level.INFO, 1_000_000L * (first + i), RowWriter.UNCUT)
                    .logger("shop.Orders")
                    .thread("main")
                    .message(message(first + i))
                    .attribute("order", Long.toString(first + i))
                    .end();
            assertThat(batch.add(scratch, 0, length)).isTrue();
        }
        WalProgress.ofWriter(wal.directory()).claimed(first + count - 1);
        wal.append(ExcerptKind.ROWS, first, count, loss, batch.definitions(), batch.rows());
    }

    private void awaitThat(BooleanSupplier holds) {
        try {
            await().atMost(Duration.ofSeconds(20))
                    .pollInterval(Duration.ofMillis(20))
                    .until(holds::getAsBoolean);
        } catch (org.awaitility.core.ConditionTimeoutException e) {
            throw new AssertionError(said.toString(StandardCharsets.UTF_8), e);
        }
    }

    private static byte[] messages(long from, long to) {
        StringBuilder text = new StringBuilder();
        for (long i = from; i < to; i++) {
            text.append(message(i)).append('\n');
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private FakeCollector.Epoch epoch() {
        List<FakeCollector.Epoch> epochs = collector.epochs("shop-log");
        return epochs.isEmpty() ? null : epochs.get(epochs.size() - 1);
    }

    @Test
    void shipsRowsWhileTheWriterLivesAndRetiresTheWalWhenItEnded() throws Exception {
        collector = new FakeCollector(1, 0);
        try (WalWriter wal = application();
                Agent agent = agent()) {
            for (int i = 0; i < 200; i++) {
                write(wal, i * 50L, 50, Loss.NONE);
            }
            awaitThat(() -> Arrays.equals(collector.raw("shop-log"), messages(0, 10_000)));
            assertThat(epoch().closed).isFalse();
            end(wal);
            awaitThat(() -> epoch().forgotten);
            awaitThat(() -> WalDirectory.list(directory.resolve("apps")).isEmpty());
            assertThat(epoch().last).isEqualTo(9_999);
            assertThat(epoch().producer).isEqualTo("shop");
            assertThat(agent.metrics().isConnected()).isTrue();
        }
    }

    @Test
    void releasesAcknowledgedFilesWhileTheWriterLives() throws Exception {
        collector = new FakeCollector(1, 0);
        try (WalWriter wal = application();
                Agent agent = agent()) {
            for (int i = 0; i < 300; i++) {
                write(wal, i * 50L, 50, Loss.NONE);
            }
            awaitThat(() -> queueFiles(wal.directory()) <= 2);
            awaitThat(() -> Arrays.equals(collector.raw("shop-log"), messages(0, 15_000)));
            assertThat(agent.metrics().isConnected()).isTrue();
        }
    }

    private static long queueFiles(WalDirectory wal) {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(wal.path(), "*.cq4")) {
            long count = 0;
            for (Path file : files) {
                count += Files.exists(file) ? 1 : 0;
            }
            return count;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void carriesLossesOnceAlsoOverRestartsAndDrops() throws Exception {
        long seed = Long.getLong("raftsman.seed", System.nanoTime());
        System.err.println("carriesLossesOnceAlsoOverRestartsAndDrops: -Draftsman.seed=" + seed);
        collector = new FakeCollector(seed, 0.1);
        Random random = new Random(seed);
        long next = 0;
        long lost = 0;
        try (WalWriter wal = application()) {
            for (int run = 0; run < 3; run++) {
                try (Agent agent = agent()) {
                    for (int i = 0; i < 60; i++) {
                        int count = 1 + random.nextInt(80);
                        Loss loss = random.nextInt(4) == 0
                                ? new Loss(LossReason.RING_FULL, 1 + random.nextInt(9))
                                : Loss.NONE;
                        lost += loss.count();
                        write(wal, next, count, loss);
                        next += count;
                    }
                    assertThat(agent.metrics()).isNotNull();
                }
            }
        }
        long all = next;
        try (Agent agent = agent()) {
            awaitThat(() -> epoch() != null && epoch().forgotten);
            assertThat(collector.raw("shop-log")).isEqualTo(messages(0, all));
            assertThat(epoch().blocks.stream().mapToLong(Block::lostCount).sum())
                    .isEqualTo(lost);
            assertThat(agent.metrics()).isNotNull();
        }
    }

    @Test
    void declaresWhatWasClaimedAndNeverWritten() throws Exception {
        collector = new FakeCollector(1, 0);
        try (WalWriter wal = application()) {
            write(wal, 0, 100, Loss.NONE);
            WalProgress progress = WalProgress.ofWriter(wal.directory());
            progress.lost(LossReason.QUOTA, 2);
            progress.lost(LossReason.RING_FULL, 5);
            progress.claimed(130); // and then the process was killed
        }
        try (Agent agent = agent()) {
            awaitThat(() -> epoch() != null && epoch().forgotten);
            assertThat(agent.metrics()).isNotNull();
        }
        assertThat(epoch().last).isEqualTo(130);
        Block gap = epoch().blocks.get(epoch().blocks.size() - 1);
        assertThat(gap.kind()).isEqualTo(BlockKind.GAP);
        assertThat(gap.gapReason()).isEqualTo(LossReason.PROCESS_DIED);
        assertThat(gap.count()).isEqualTo(31);
        assertThat(epoch().closeLoss).isEqualTo(new Loss(LossReason.RING_FULL, 7));
    }

    @Test
    void aLossBehindTheLastRowIsDeclaredOnceAlsoAfterARestart() throws Exception {
        collector = new FakeCollector(1, 0);
        try (WalWriter wal = application()) {
            try (Agent agent = agent()) {
                write(wal, 0, 100, Loss.NONE);
                write(wal, 100, 0, new Loss(LossReason.RING_FULL, 7));
                awaitThat(() -> epoch() != null && epoch().last == 99);
                assertThat(agent.metrics()).isNotNull();
            }
        }
        try (Agent agent = agent()) {
            awaitThat(() -> epoch().forgotten);
            assertThat(agent.metrics()).isNotNull();
        }
        assertThat(epoch().closeLoss).isEqualTo(new Loss(LossReason.RING_FULL, 7));
        assertThat(epoch().blocks.stream().mapToLong(Block::lostCount).sum()).isZero();
    }

    @Test
    void declaresDamageAndGoesOnBehindIt() throws Exception {
        collector = new FakeCollector(1, 0);
        Path wal;
        try (WalWriter writer = application()) {
            for (int i = 0; i < 20; i++) {
                write(writer, i * 50L, 50, Loss.NONE);
            }
            wal = writer.directory().path();
        }
        flipByteOf(wal, message(525)); // in the batch of 500 to 549
        try (Agent agent = agent()) {
            awaitThat(() -> epoch() != null && epoch().forgotten);
            assertThat(agent.metrics()).isNotNull();
        }
        assertThat(epoch().last).isEqualTo(999);
        assertThat(collector.gapEvents("shop-log")).isEqualTo(50);
        byte[] expected = (new String(messages(0, 500), StandardCharsets.UTF_8)
                        + new String(messages(550, 1000), StandardCharsets.UTF_8))
                .getBytes(StandardCharsets.UTF_8);
        assertThat(collector.raw("shop-log")).isEqualTo(expected);
        assertThat(said.toString(StandardCharsets.UTF_8))
                .contains("WAL is damaged, reading on behind it")
                .contains("events are missing, declared as a gap: first=500, last=549, reason=DAMAGED");
    }

    private static void flipByteOf(Path wal, String text) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(wal, "*.cq4")) {
            for (Path file : files) {
                String content = Files.readString(file, StandardCharsets.ISO_8859_1);
                int at = content.indexOf(text);
                if (at >= 0) {
                    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
                        out.seek(at);
                        out.write(content.charAt(at) ^ 0x20);
                    }
                    return;
                }
            }
        }
        throw new AssertionError("no file holds: " + text);
    }

    @Test
    void leavesWalOfAnotherTenantAlone() throws Exception {
        collector = new FakeCollector(1, 0);
        WalDirectory foreign =
                WalDirectory.create(directory.resolve("apps"), WalIdentity.startingNow("other", "shop", "other-log"));
        try (WalWriter wal = WalWriter.open(foreign, SMALL);
                Agent agent = agent()) {
            write(wal, 0, 10, Loss.NONE);
            awaitThat(() -> said.toString(StandardCharsets.UTF_8).contains("WAL of another tenant is left alone"));
            assertThat(agent.metrics()).isNotNull();
        }
        assertThat(collector.epochs("other-log")).isEmpty();
        assertThat(WalDirectory.list(directory.resolve("apps"))).hasSize(1);
    }

    @Test
    void declaresWhatTheClusterLostAndTheHostReleased() throws Exception {
        collector = new FakeCollector(1, 0);
        try (WalWriter wal = application();
                Agent agent = agent()) {
            for (int i = 0; i < 300; i++) {
                write(wal, i * 50L, 50, Loss.NONE);
            }
            awaitThat(() -> queueFiles(wal.directory()) <= 2);
            collector.change(() -> {
                FakeCollector.Epoch restored = epoch();
                while (restored.blocks.size() > 3) {
                    restored.blocks.remove(restored.blocks.size() - 1);
                }
                restored.last = restored.blocks.get(2).endSequence();
            });
            collector.down();
            collector.up();
            write(wal, 15_000, 50, Loss.NONE);
            awaitThat(() -> epoch().last == 15_049);
            assertThat(agent.metrics()).isNotNull();
        }
        assertThat(collector.gapEvents("shop-log")).isPositive();
        assertThat(epoch().blocks.stream()
                        .filter(block -> block.kind() == BlockKind.GAP)
                        .map(Block::gapReason))
                .containsOnly(LossReason.CLUSTER_LOSS);
        assertThat(new String(collector.raw("shop-log"), StandardCharsets.UTF_8))
                .endsWith(message(15_049) + "\n");
    }
    /** What a restored cluster may know of an epoch that it had closed: all of it, a part, nothing. */
    private enum Known {
        ALL {
            @Override
            int blocksOf(FakeCollector.Epoch epoch) {
                return epoch.blocks.size();
            }
        },
        THE_FIRST_BLOCKS {
            @Override
            int blocksOf(FakeCollector.Epoch epoch) {
                return epoch.blocks.size() / 2;
            }
        },
        NOTHING {
            @Override
            int blocksOf(FakeCollector.Epoch epoch) {
                return 0;
            }
        };

        abstract int blocksOf(FakeCollector.Epoch epoch);
    }

    private void wipeAndRestore(Known known) throws IOException {
        collector.down();
        collector.change(() -> collector.restored(epoch(), known.blocksOf(epoch())));
        collector.deafToForget(false);
        collector.up();
    }

    private void endsWithWhatIsLost(long stored) {
        awaitThat(() -> epoch() != null && epoch().forgotten);
        assertThat(epoch().last).isEqualTo(999);
        assertThat(collector.raw("shop-log")).isEqualTo(messages(0, stored));
        assertThat(collector.gapEvents("shop-log")).isEqualTo(1_000 - stored);
        assertThat(epoch().blocks.stream()
                        .filter(block -> block.kind() == BlockKind.GAP)
                        .map(Block::gapReason))
                .allMatch(reason -> reason == LossReason.CLUSTER_LOSS);
        assertThat(epoch().closeLoss.count()).isZero();
    }

    private void writeAndEnd() {
        try (WalWriter wal = application()) {
            for (int i = 0; i < 20; i++) {
                write(wal, i * 50L, 50, Loss.NONE);
            }
        }
    }

    private void awaitClosedAndDeleted() {
        awaitThat(() -> epoch() != null && epoch().closed);
        awaitThat(() -> WalDirectory.list(directory.resolve("apps")).isEmpty());
        assertThat(epoch().forgotten).isFalse();
    }

    @ParameterizedTest
    @EnumSource(Known.class)
    void saysFarewellAnewToAClusterThatLacksTheEndOfWhatItHadClosed(Known known) throws Exception {
        collector = new FakeCollector(1, 0);
        collector.deafToForget(true);
        writeAndEnd();
        try (Agent agent = agent()) {
            awaitClosedAndDeleted();
            long stored = 1 + epochEndAfter(known);
            wipeAndRestore(known);
            endsWithWhatIsLost(stored);
            assertThat(agent.metrics().isConnected()).isTrue();
        }
    }

    private long epochEndAfter(Known known) {
        int blocks = known.blocksOf(epoch());
        return blocks == 0 ? -1 : epoch().blocks.get(blocks - 1).endSequence();
    }

    @ParameterizedTest
    @EnumSource(Known.class)
    void saysFarewellAnewAlsoIfItsOwnCursorAloneKnowsOfTheEpoch(Known known) throws Exception {
        collector = new FakeCollector(1, 0);
        collector.deafToForget(true);
        writeAndEnd();
        try (Agent agent = agent()) {
            awaitClosedAndDeleted();
            assertThat(agent.metrics().isConnected()).isTrue();
        }
        long stored = 1 + epochEndAfter(known);
        wipeAndRestore(known);
        collector.deafToAppend(true);
        try (Agent agent = agent()) { // Another one is killed while it declares.
            awaitThat(() -> agent.metrics().isConnected());
            awaitThat(() -> epoch() != null);
        }
        collector.deafToAppend(false);
        try (Agent agent = agent()) {
            endsWithWhatIsLost(stored);
            assertThat(agent.metrics().isConnected()).isTrue();
        }
        awaitThat(() -> cursor().noneMatch(line -> line.startsWith("epoch")));
    }

    private Stream<String> cursor() {
        try {
            return Files.readAllLines(directory.resolve("data").resolve("cursor")).stream();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void shipsAgainWhatItHoldsAlsoIfItIsKilledOnTheWay() throws Exception {
        collector = new FakeCollector(1, 0);
        try (WalWriter wal = application()) {
            try (Agent agent = agent()) {
                for (int i = 0; i < 20; i++) {
                    write(wal, i * 50L, 50, Loss.NONE);
                }
                awaitThat(() -> epoch() != null && epoch().last == 999);
                awaitThat(() -> cursor().anyMatch(line -> line.contains("\t999\tOPEN")));
                assertThat(agent.metrics().isConnected()).isTrue();
            }
            wipeAndRestore(Known.THE_FIRST_BLOCKS);
            int connections = collector.connections();
            collector.deafToAppend(true);
            try (Agent agent = agent()) {
                awaitThat(() ->
                        collector.connections() > connections && agent.metrics().isConnected());
                write(wal, 1_000, 50, Loss.NONE);
                awaitThat(() -> said.toString(StandardCharsets.UTF_8).contains("goes on from another sequence"));
            }
            collector.deafToAppend(false);
            try (Agent agent = agent()) {
                awaitThat(() -> epoch().last == 1_049);
                assertThat(agent.metrics().isConnected()).isTrue();
            }
        }
        assertThat(collector.raw("shop-log")).isEqualTo(messages(0, 1_050));
        assertThat(collector.gapEvents("shop-log")).isZero();
    }
}
