package dev.raftsman.ring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.raftsman.event.CompactRows;
import dev.raftsman.event.EventRow;
import dev.raftsman.event.Level;
import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import dev.raftsman.event.RowWriter;
import dev.raftsman.ring.EventRing.Outcome;
import dev.raftsman.wal.Excerpt;
import dev.raftsman.wal.ExcerptKind;
import dev.raftsman.wal.WalDirectory;
import dev.raftsman.wal.WalIdentity;
import dev.raftsman.wal.WalReader;
import dev.raftsman.wal.WalSettings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class EventRingTest {
    private static final WalSettings WAL = new WalSettings(64 << 20, 0, 4 << 20, 8 << 20, Duration.ofMillis(20));
    private static final RingSettings RING = RingSettings.DEFAULTS.withSlots(64);

    private static final WalIdentity IDENTITY = WalIdentity.startingNow("acme", "app", "events");

    @TempDir
    Path root;

    @ParameterizedTest
    @EnumSource(FullPolicy.class)
    void everyCallOfFourThreadsAgainstAFullRingIsStoredOrDeclared(FullPolicy policy) throws Exception {
        int threads = 4;
        int calls = 25_000;
        AtomicLong lost = new AtomicLong();
        EventRing ring =
                open(WAL, RING.withPolicies(policy, SyncPolicy.INTERVAL).withMaxBlock(Duration.ofMillis(200)));
        CountDownLatch go = new CountDownLatch(1);
        List<Thread> producers = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            int id = t;
            Thread producer = new Thread(() -> {
                awaitQuietly(go);
                for (int i = 0; i < calls; i++) {
                    // Every 97th is larger than a slot.
                    String padding = i % 97 == 0 ? "x".repeat(3000) : "";
                    if (publish(ring, Level.INFO, id + ":" + i + ":" + padding, false) == Outcome.LOST) {
                        lost.incrementAndGet();
                    }
                }
            });
            producer.start();
            producers.add(producer);
        }
        go.countDown();
        for (Thread producer : producers) {
            producer.join();
        }
        ring.close();

        WalDirectory directory = directory();
        Contents contents = Contents.of(directory);
        assertThat(contents.messages.size() + contents.lost()).isEqualTo((long) threads * calls);
        assertThat(contents.lost()).isEqualTo(lost.get());
        assertThat(directory.claimed()).isEqualTo(contents.messages.size() - 1);
        assertThat(directory.undeclaredLoss()).isEqualTo(Loss.NONE);
        if (policy == FullPolicy.DROP) {
            assertThat(lost.get()).as("the ring was full").isPositive();
        }
        int[] last = {-1, -1, -1, -1};
        for (String message : contents.messages) {
            String[] parts = message.split(":", 3);
            int thread = Integer.parseInt(parts[0]);
            int number = Integer.parseInt(parts[1]);
            assertThat(number).as("order of thread %d", thread).isGreaterThan(last[thread]);
            last[thread] = number;
        }
    }

    @Test
    void anEventLargerThanASlotTakesTheSlowWayAndOneThatIsTooLargeIsCutAndMarked() {
        RingSettings settings = new RingSettings(
                64, 256, 64 << 10, FullPolicy.BLOCK, SyncPolicy.INTERVAL, Duration.ofSeconds(1), Duration.ofSeconds(5));
        try (EventRing ring = open(WAL, settings)) {
            publish(ring, Level.INFO, "small", false);
            publish(ring, Level.INFO, "ü".repeat(10_000), false);
            publish(ring, Level.INFO, "z".repeat(100_000), false);
            publish(ring, Level.INFO, "after", false);
        }
        Contents contents = Contents.of(directory());
        assertThat(contents.messages).hasSize(4);
        assertThat(contents.messages.get(1)).isEqualTo("ü".repeat(10_000));
        assertThat(contents.messages.get(2)).matches("z{30000,65000}");
        assertThat(contents.truncated).containsExactly(false, false, true, false);
        assertThat(contents.messages.get(3)).isEqualTo("after");
    }

    @Test
    void rowsLargerThanABatchGoIntoExcerptsOfTheirOwn() {
        try (EventRing ring = open(WAL, RING)) {
            for (int i = 0; i < 10; i++) {
                publish(ring, Level.INFO, "x".repeat(i % 3 == 0 ? 600_000 : 10), false);
            }
        }
        Contents contents = Contents.of(directory());
        assertThat(contents.messages).hasSize(10);
        assertThat(contents.messages.get(9)).hasSize(600_000);
    }

    @Test
    void anEventThatCannotEncodeItselfLeavesARowThatSaysSo() {
        try (EventRing ring = open(WAL, RING)) {
            publish(ring, Level.INFO, "before", false);
            ring.publish(
                    new TextEncoder() {
                        @Override
                        public void encode(TextEvent event, Void nothing, RowWriter row) {
                            throw new IllegalStateException("broken");
                        }
                    },
                    new TextEvent(Level.WARN, "broken"),
                    null,
                    false);
            publish(ring, Level.INFO, "after", false);
        }
        assertThat(Contents.of(directory()).messages)
                .containsExactly("before", "event could not be encoded: java.lang.IllegalStateException", "after");
    }

    @ParameterizedTest
    @EnumSource(SyncPolicy.class)
    void anEventThatAsksForItIsForcedWhenPublishReturns(SyncPolicy sync) {
        try (EventRing ring = open(
                WAL.withForceInterval(Duration.ofHours(1)),
                RING.withPolicies(FullPolicy.BLOCK, sync).withMaxBlock(Duration.ofSeconds(20)))) {
            WalDirectory directory = directory();
            for (int i = 0; i < 20; i++) {
                assertThat(publish(ring, Level.ERROR, "audit", true)).isEqualTo(Outcome.PUBLISHED);
                assertThat(directory.forcedPosition()).isEqualTo(directory.writtenPosition());
                assertThat(directory.forcedPosition()).isNotNegative();
            }
        }
    }

    @Test
    void whereTheLogHasNoRoomCallersWaitNoLongerThanAllowedAndTheLossIsDeclaredOnceThereIs() {
        WalSettings tiny = new WalSettings(1 << 20, 0, 128 << 10, 256 << 10, Duration.ofMillis(20));
        RingSettings settings = new RingSettings(
                16,
                1024,
                32 << 10,
                FullPolicy.BLOCK,
                SyncPolicy.INTERVAL,
                Duration.ofMillis(20),
                Duration.ofSeconds(5));
        String message = "x".repeat(900);
        Contents contents = new Contents();
        int calls = 0;
        try (EventRing ring = open(tiny, settings);
                WalReader reader = WalReader.open(ring.directory())) {
            while (ring.lostCount(LossReason.QUOTA) < 3) {
                long before = System.nanoTime();
                publish(ring, Level.INFO, message, false);
                calls++;
                assertThat(System.nanoTime() - before)
                        .isLessThan(Duration.ofSeconds(5).toNanos());
                assertThat(ring.claimedCount()).isLessThan(5000);
            }
            contents.read(reader);
            reader.releaseBelow(reader.position());
            publish(ring, Level.INFO, "room again", false);
            calls++;
            await().atMost(Duration.ofSeconds(10)).until(() -> ring.writtenCount() == ring.claimedCount());
        }
        try (WalReader reader = WalReader.open(directory())) {
            reader.seekAfter(contents.position);
            contents.read(reader);
        }
        assertThat(contents.losses.get(LossReason.QUOTA)).isGreaterThanOrEqualTo(3);
        assertThat(contents.messages.size() + contents.lost()).isEqualTo(calls);
    }

    @Test
    void chatterIsDroppedFirstWhenTheRingFillsUp() throws IOException {
        WalSettings noRoom = WAL.withReserveBytes(2 * Files.getFileStore(root).getTotalSpace());
        EventRing ring = open(
                noRoom,
                new RingSettings(
                        64, 1024, 4096, FullPolicy.DROP, SyncPolicy.INTERVAL, Duration.ZERO, Duration.ofMillis(1)));
        int debug = 0;
        int info = 0;
        while (publish(ring, Level.DEBUG, "chatter", false) == Outcome.PUBLISHED) {
            debug++;
        }
        while (publish(ring, Level.INFO, "news", false) == Outcome.PUBLISHED) {
            info++;
        }
        ring.close();
        assertThat(debug).isEqualTo(49);
        assertThat(info).isEqualTo(15);
        WalDirectory directory = directory();
        // Nothing could be written: the page says what was claimed, and what never was.
        assertThat(directory.claimed()).isEqualTo(63);
        assertThat(directory.undeclaredLoss().count()).isEqualTo(2);
        assertThat(directory.writerAlive()).isFalse();
    }

    @Test
    void refusesAnEventLimitThatNoExcerptTakes() {
        assertThatThrownBy(() -> open(WAL.withBlockBytes(256 << 10), RING))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private record TextEvent(Level level, String message) {}

    private static class TextEncoder implements EventEncoder<TextEvent, Void> {
        @Override
        public Level level(TextEvent event) {
            return event.level;
        }

        @Override
        public long timestampNanos(TextEvent event) {
            return 1;
        }

        @Override
        public void encode(TextEvent event, Void nothing, RowWriter row) {
            row.logger("logger").message(event.message);
        }
    }

    private static Outcome publish(EventRing ring, Level level, String message, boolean force) {
        return ring.publish(new TextEncoder(), new TextEvent(level, message), null, force);
    }

    /** What a directory holds, checked for contiguous sequences. */
    private static final class Contents {
        private final List<String> messages = new ArrayList<>();
        private final List<Boolean> truncated = new ArrayList<>();
        private final Map<LossReason, Long> losses = new EnumMap<>(LossReason.class);
        private long position = WalReader.BEFORE_FIRST;

        static Contents of(WalDirectory directory) {
            Contents contents = new Contents();
            try (WalReader reader = WalReader.open(directory)) {
                contents.read(reader);
                assertThat(reader.atEnd()).isTrue();
            }
            return contents;
        }

        void read(WalReader reader) {
            Excerpt excerpt = new Excerpt();
            CompactRows compact = new CompactRows();
            EventRow row = new EventRow();
            while (reader.next(excerpt)) {
                assertThat(excerpt.kind()).isEqualTo(ExcerptKind.ROWS);
                assertThat(excerpt.firstSequence()).isEqualTo(messages.size());
                position = excerpt.position();
                if (excerpt.lossBefore().count() > 0) {
                    losses.merge(
                            excerpt.lossBefore().reason(), excerpt.lossBefore().count(), Long::sum);
                }
                ByteBuffer body = excerpt.body();
                int rows = 0;
                compact.begin(excerpt.extra());
                for (int offset = 0; offset < body.limit(); rows++) {
                    offset = compact.expand(body, offset, body.limit());
                    row.wrap(compact.row(), 0, compact.length());
                    messages.add(row.message());
                    truncated.add(row.truncated());
                }
                assertThat(rows).isEqualTo((int) excerpt.count());
            }
        }

        long lost() {
            return losses.values().stream().mapToLong(Long::longValue).sum();
        }
    }

    private EventRing open(WalSettings wal, RingSettings settings) {
        return EventRing.open(root, IDENTITY, wal, settings, EventRingTest::expectNoTrouble);
    }

    /** The only log there is. */
    private WalDirectory directory() {
        List<WalDirectory> found = WalDirectory.list(root);
        assertThat(found).hasSize(1);
        return found.get(0);
    }

    private static void expectNoTrouble(EventRing.Status status) {
        if (status.cause() != null) {
            throw new AssertionError(status.text(), status.cause());
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
