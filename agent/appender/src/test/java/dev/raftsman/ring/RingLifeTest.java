package dev.raftsman.ring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.raftsman.event.CompactRows;
import dev.raftsman.event.EventRow;
import dev.raftsman.event.Level;
import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import dev.raftsman.event.RowWriter;
import dev.raftsman.ring.EventRing.Outcome;
import dev.raftsman.ring.EventRing.State;
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
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The ring and its logs: there may be none yet, none any more, or another one. */
@Timeout(60)
final class RingLifeTest {
    private static final WalSettings WAL = new WalSettings(64 << 20, 0, 4 << 20, 8 << 20, Duration.ofMillis(20));
    private static final RingSettings RING = RingSettings.DEFAULTS
            .withSlots(64)
            .withPolicies(FullPolicy.DROP, SyncPolicy.INTERVAL)
            .withMaxBlock(Duration.ofSeconds(20));
    private static final EventEncoder<String, Void> ENCODER = new EventEncoder<>() {
        @Override
        public Level level(String event) {
            return Level.INFO;
        }

        @Override
        public long timestampNanos(String event) {
            return 1;
        }

        @Override
        public void encode(String event, Void nothing, RowWriter row) {
            row.logger("logger").message(event);
        }
    };

    @TempDir
    Path directory;

    private final List<EventRing.Status> said = new CopyOnWriteArrayList<>();

    @Test
    void holdsWhatItCanAndCountsTheRestUntilThereIsAPlace() throws IOException {
        Path root = Files.createFile(directory.resolve("root"));
        try (EventRing ring = open(root)) {
            for (int i = 0; i < 100; i++) {
                assertThat(publish(ring, i, false)).isEqualTo(i < 64 ? Outcome.PUBLISHED : Outcome.LOST);
            }
            assertThat(ring.directory()).isNull();
            Files.delete(root);
            awaitThat(() -> ring.writtenCount() == 64);
            publish(ring, 100, false);
            assertThat(ring.lostCount(LossReason.RING_FULL)).isEqualTo(36);
        }
        assertThat(states()).containsExactly(State.NO_LOG, State.RECORDING);
        assertThat(said.get(0).text()).contains(root + " is not a directory");
        Log log = Log.of(logs(root).get(0));
        assertThat(log.messages).startsWith("0", "1").endsWith("63", "100").hasSize(65);
        assertThat(log.lost).isEqualTo(36);
        assertThat(log.directory.claimed()).isEqualTo(64);
        assertThat(log.directory.undeclaredLoss()).isEqualTo(Loss.NONE);
    }

    @Test
    void whereThereIsNoLogNobodyWaitsForAForceAndClosingTakesNoTime() throws IOException {
        Path root = Files.createFile(directory.resolve("root"));
        long began = System.nanoTime();
        EventRing ring = open(root);
        awaitThat(() -> ring.state() == State.NO_LOG);
        assertThat(publish(ring, 0, true)).isEqualTo(Outcome.NOT_YET_FORCED);
        ring.close();
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(4));
        assertThat(publish(ring, 1, true)).isEqualTo(Outcome.LOST);
        assertThat(ring.state()).isEqualTo(State.CLOSED);
    }

    @Test
    void aLogThatFailsAccountsForItsRowsAndTheNextOneForAllOthers() throws IOException {
        Path root = directory.resolve("root");
        WalDirectory first;
        try (EventRing ring = open(root)) {
            first = ring.directory();
            for (int i = 0; i < 10; i++) {
                publish(ring, i, false);
            }
            awaitThat(() -> ring.writtenCount() == 10);
            // The next force does not find it. What is mapped stays, so rows still go there until then.
            Path file = first.walFiles().get(0).path();
            Path aside = directory.resolve("aside");
            Files.move(file, aside);
            awaitThat(() -> {
                publish(ring, (int) ring.claimedCount() + (int) ring.lostCount(LossReason.RING_FULL), false);
                return ring.state() == State.NO_LOG;
            });
            while (ring.lostCount(LossReason.RING_FULL) < 5) {
                publish(ring, (int) ring.claimedCount() + (int) ring.lostCount(LossReason.RING_FULL), false);
            }
            Files.move(aside, file);
            awaitThat(() -> ring.writtenCount() == ring.claimedCount());
            publish(ring, (int) ring.claimedCount() + (int) ring.lostCount(LossReason.RING_FULL), false);
        }
        assertThat(states()).containsExactly(State.RECORDING, State.NO_LOG, State.RECORDING);
        List<WalDirectory> logs = logs(root);
        assertThat(logs).hasSize(2);
        assertThat(logs.get(0)).isEqualTo(first);
        List<String> messages = new ArrayList<>();
        long lost = 0;
        for (WalDirectory each : logs) {
            Log log = Log.of(each);
            assertThat(each.claimed()).as("%s", each).isEqualTo(log.messages.size() - 1);
            assertThat(each.undeclaredLoss()).isEqualTo(Loss.NONE);
            assertThat(each.writerAlive()).isFalse();
            assertThat(log.messages).isNotEmpty();
            messages.addAll(log.messages);
            lost += log.lost;
        }
        assertThat(lost).isGreaterThanOrEqualTo(5);
        long calls = messages.size() + lost;
        assertThat(Long.parseLong(messages.get(messages.size() - 1))).isEqualTo(calls - 1);
        assertThat(messages).doesNotHaveDuplicates();
    }

    @Test
    void aClaimInTheTimeBetweenTwoLogsIsInThePageOfTheOldOne() throws IOException {
        Path root = directory.resolve("root");
        EventRing ring = open(root);
        awaitThat(() -> ring.state() == State.RECORDING);
        publish(ring, 0, false);
        awaitThat(() -> ring.writtenCount() == 1);
        WalDirectory first = ring.directory();
        // Neither can the log go on, nor can there be another one.
        Files.move(first.walFiles().get(0).path(), directory.resolve("aside"));
        Path producer = first.path().getParent();
        Path moved = Files.move(producer, directory.resolve("producer"));
        Files.createFile(producer);
        publish(ring, 1, false);
        awaitThat(() -> ring.state() == State.NO_LOG);
        for (int i = 0; i < 100; i++) {
            publish(ring, 2 + i, false);
        }
        ring.close();
        WalDirectory found = WalDirectory.at(moved.resolve(first.path().getFileName()));
        assertThat(found.claimed() + 1).isEqualTo(ring.claimedCount());
        assertThat(found.undeclaredLoss()).isEqualTo(new Loss(LossReason.RING_FULL, 102 - ring.claimedCount()));
    }

    @Test
    void whatIsInTheRingWhenALogGetsItsPlaceIsInItsPageAtOnce() throws IOException {
        Path root = Files.createFile(directory.resolve("root"));
        WalSettings noRoom =
                WAL.withReserveBytes(2 * Files.getFileStore(directory).getTotalSpace());
        EventRing ring = EventRing.open(
                root,
                identity(),
                noRoom,
                new RingSettings(
                        64, 1024, 4096, FullPolicy.DROP, SyncPolicy.INTERVAL, Duration.ZERO, Duration.ofMillis(1)),
                said::add);
        for (int i = 0; i < 100; i++) {
            publish(ring, i, false);
        }
        Files.delete(root);
        awaitThat(() -> ring.state() == State.RECORDING);
        WalDirectory log = ring.directory();
        assertThat(log.claimed()).isEqualTo(63);
        assertThat(log.undeclaredLoss()).isEqualTo(new Loss(LossReason.RING_FULL, 36));
        ring.close();
        assertThat(log.claimed()).isEqualTo(63);
    }

    @Test
    void aWaiterIsNotToldThatItsEventIsForcedByTheForceOfAnotherLog() throws Exception {
        Path root = directory.resolve("root");
        try (EventRing ring =
                EventRing.open(root, identity(), WAL.withForceInterval(Duration.ofHours(1)), RING, said::add)) {
            awaitThat(() -> ring.state() == State.RECORDING);
            publish(ring, 0, false);
            awaitThat(() -> ring.writtenCount() == 1);
            Files.delete(ring.directory().walFiles().get(0).path());
            assertThat(publish(ring, 1, true)).isEqualTo(Outcome.NOT_YET_FORCED);
            awaitThat(() -> ring.state() == State.RECORDING && logs(root).size() == 2);
            assertThat(publish(ring, 2, true)).isEqualTo(Outcome.PUBLISHED);
        }
    }

    @Test
    void aLogThatIsRemovedWholeIsFollowedByAnotherOneWhereverNothingIsForced() throws IOException {
        Path root = directory.resolve("root");
        try (EventRing ring =
                EventRing.open(root, identity(), WAL.withForceInterval(Duration.ofHours(1)), RING, said::add)) {
            awaitThat(() -> ring.state() == State.RECORDING);
            Files.move(root, directory.resolve("gone"));
            awaitThat(() -> Files.exists(root) && ring.state() == State.RECORDING);
            publish(ring, 1, false);
            awaitThat(() -> ring.writtenCount() == ring.claimedCount());
        }
        assertThat(Log.of(logs(root).get(0)).messages).containsExactly("1");
        assertThat(states()).containsExactly(State.RECORDING, State.NO_LOG, State.RECORDING);
    }

    @Test
    void whatAnotherHookLogsBesideOursOrAfterItIsInTheLogWhenTheJvmEnds() throws Exception {
        Process process =
                java(List.of(), LateHook.class, directory.resolve("root").toString());
        assertThat(process.waitFor(40, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(3);
        Log log = Log.of(logs(directory.resolve("root")).get(0));
        assertThat(log.messages)
                .containsExactlyElementsOf(
                        IntStream.range(0, 220).mapToObj(Integer::toString).toList());
        assertThat(log.directory.claimed()).isEqualTo(219);
    }

    /** Logs, exits, and logs on in a hook: as a rule once ours has run, and beside it where the JVM starts ours last. */
    static final class LateHook {
        private LateHook() {}

        public static void main(String[] args) {
            // Nothing is waited for before ours runs: where the ring is full by then, that must not count as lost.
            RingSettings blocking = RING.withPolicies(FullPolicy.BLOCK, SyncPolicy.INTERVAL);
            EventRing ring = EventRing.open(Path.of(args[0]), identity(), WAL, blocking, status -> {});
            for (int i = 0; i < 20; i++) {
                publish(ring, i, false);
            }
            Thread main = Thread.currentThread();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                while (hookRuns()) {
                    Thread.onSpinWait();
                }
                for (int i = 20; i < 220; i++) {
                    publish(ring, i, false);
                }
            }));
            assert main.isAlive();
            System.exit(3);
        }

        private static boolean hookRuns() {
            return Thread.getAllStackTraces().keySet().stream()
                    .anyMatch(thread -> thread.getName().equals("raftsman-drain"));
        }
    }

    @Test
    void aContainerThatIsRestartedWithTheSamePid1LogsAgain() throws Exception {
        org.junit.jupiter.api.Assumptions.assumeTrue(canUnshare(), "skipped: no new PID name space for us here");
        List<String> container = List.of("unshare", "--fork", "--pid", "--mount-proc", "--kill-child");
        Path root = directory.resolve("root");
        Process first = java(container, AsPid1.class, root.toString(), "stays");
        try {
            awaitThat(() -> !logs(root).isEmpty() && logs(root).get(0).writtenPosition() >= 0);
        } finally {
            first.descendants().forEach(ProcessHandle::destroyForcibly);
            first.destroyForcibly().waitFor();
        }
        Process second = java(container, AsPid1.class, root.toString(), "ends");
        assertThat(second.waitFor(40, TimeUnit.SECONDS)).isTrue();
        assertThat(second.exitValue()).isZero();
        List<WalDirectory> logs = logs(root);
        assertThat(logs).hasSize(2).noneMatch(WalDirectory::writerAlive);
        for (WalDirectory each : logs) {
            assertThat(Log.of(each).messages).startsWith("0").allMatch(message -> message.matches("[0-9]+"));
        }
    }

    private static boolean canUnshare() throws Exception {
        try {
            return new ProcessBuilder("unshare", "--fork", "--pid", "--mount-proc", "true")
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException absent) {
            return false;
        }
    }

    static final class AsPid1 {
        private AsPid1() {}

        public static void main(String[] args) {
            if (ProcessHandle.current().pid() != 1) {
                System.exit(2);
            }
            EventRing ring = EventRing.open(Path.of(args[0]), identity(), WAL, RING, status -> {});
            for (int i = 0; i < 20 || args[1].equals("stays"); i++) {
                publish(ring, i, i < 20);
            }
            ring.close();
        }
    }

    private EventRing open(Path root) {
        return EventRing.open(root, identity(), WAL, RING, said::add);
    }

    private static WalIdentity identity() {
        return WalIdentity.startingNow("acme", "app", "events");
    }

    private static Outcome publish(EventRing ring, int number, boolean force) {
        return ring.publish(ENCODER, Integer.toString(number), null, force);
    }

    private List<State> states() {
        return said.stream().map(EventRing.Status::state).toList();
    }

    private static List<WalDirectory> logs(Path root) {
        return WalDirectory.list(root);
    }

    private static Process java(List<String> before, Class<?> main, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(before);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private static void awaitThat(java.util.concurrent.Callable<Boolean> holds) {
        await().atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(2))
                .until(holds);
    }

    /** What a log holds, read to its end. */
    private record Log(WalDirectory directory, List<String> messages, long lost) {
        static Log of(WalDirectory directory) {
            List<String> messages = new ArrayList<>();
            long lost = 0;
            Excerpt excerpt = new Excerpt();
            CompactRows compact = new CompactRows();
            EventRow row = new EventRow();
            try (WalReader reader = WalReader.open(directory)) {
                while (reader.next(excerpt)) {
                    assertThat(excerpt.kind()).isEqualTo(ExcerptKind.ROWS);
                    assertThat(excerpt.firstSequence()).isEqualTo(messages.size());
                    lost += excerpt.lossBefore().count();
                    ByteBuffer body = excerpt.body();
                    compact.begin(excerpt.extra());
                    for (int offset = 0; offset < body.limit(); ) {
                        offset = compact.expand(body, offset, body.limit());
                        messages.add(
                                row.wrap(compact.row(), 0, compact.length()).message());
                    }
                }
            }
            return new Log(directory, messages, lost);
        }
    }
}
