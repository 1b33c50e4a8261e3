package dev.raftsman.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.raftsman.block.Block;
import dev.raftsman.block.BlockKind;
import dev.raftsman.block.BlockReader;
import dev.raftsman.event.Level;
import dev.raftsman.event.LossReason;
import dev.raftsman.event.RowWriter;
import dev.raftsman.input.OperatorLog;
import dev.raftsman.ring.EventEncoder;
import dev.raftsman.ring.EventRing;
import dev.raftsman.ring.RingSettings;
import dev.raftsman.shipper.DamagedCursorException;
import dev.raftsman.wal.WalDirectory;
import dev.raftsman.wal.WalIdentity;
import dev.raftsman.wal.WalSettings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The agent is stopped with a backlog that no collector has, and one file of its WAL, of an application's WAL or its
 * cursor is damaged. What the next run ships is always in order, nothing twice, and each byte is one that was offered.
 * What is whole is shipped; the rest is declared as a gap, or read again from the file it came from, or stays on the disk
 * with a line that names it. The agent goes on either way.
 *
 * <p>{@code -Draftsman.damages=300} for more places, {@code -Draftsman.seed} to repeat.
 */
@Tag("long")
class DamagedWalTest {
    private static final int PLACES = Integer.getInteger("raftsman.damages", 24);
    private static final String[] STREAMS = {"a.log", "b.log", "c.log"};

    /** So many agents run at a time, each on its own copy of what was damaged. */
    private static final int AT_A_TIME = 12;

    private static final int OLD_LINES = 700;
    private static final int ACKNOWLEDGED_LINES = 100;
    private static final int NEW_LINES = 20;
    private static final int EVENTS = 4_000;

    private static final EventEncoder<Integer, Void> NUMBERED = new EventEncoder<>() {
        @Override
        public Level level(Integer event) {
            return Level.INFO;
        }

        @Override
        public long timestampNanos(Integer event) {
            return 1;
        }

        @Override
        public void encode(Integer event, Void nothing, RowWriter row) {
            row.logger("shop.Orders").message(message(event));
        }
    };

    @TempDir
    Path directory;

    private final long seed = Long.getLong("raftsman.seed", System.nanoTime());
    private final Random random = new Random(seed);

    /** One agent, its data and collector. */
    private final class Trial implements AutoCloseable {
        final Path home;
        final FakeCollector collector;
        final ByteArrayOutputStream said = new ByteArrayOutputStream();
        String damage = "none";
        Path damaged;
        private Agent agent;

        Trial(String name, FakeCollector collector) throws IOException {
            this.home = Files.createDirectory(directory.resolve(name));
            this.collector = collector;
        }

        Path data() {
            return home.resolve("data");
        }

        Path apps() {
            return home.resolve("apps");
        }

        Path own() {
            return data().resolve("wal/host");
        }

        void damageOneOf(Path under, int place) throws IOException {
            List<Path> files = Damage.filesUnder(under);
            damaged = files.get(place % files.size());
            Damage kind = Damage.values()[place / files.size() % Damage.values().length];
            damage = kind + " in " + damaged.getFileName() + " at " + kind.in(damaged, random);
        }

        void start() throws Exception {
            Path config = home.resolve("agent.yaml");
            Files.writeString(
                    config,
                    String.join(
                            "\n",
                            "version: 1",
                            "agent: host",
                            "data: " + data(),
                            "collectors: ['" + collector.address() + "']",
                            "http: {listen: '127.0.0.1:0'}",
                            "wal: {roots: ['" + apps() + "'], quota: 16MiB, force: 10ms}",
                            "inputs:",
                            "  - {type: file, paths: ['" + directory.resolve("logs") + "/*.log'], idle: 200ms}",
                            "shipper: {linger: 10ms, block: 4KiB}"));
            agent = new Agent(
                    AgentConfig.read(config),
                    new OperatorLog(new PrintStream(said, true, StandardCharsets.UTF_8), Clock.systemUTC()));
            agent.start();
        }

        String said() {
            return said.toString(StandardCharsets.UTF_8);
        }

        boolean hasEnded() {
            return said().contains("the agent stops:");
        }

        /** A WAL whose identity is damaged: it stays, and an ERROR says so. */
        boolean isUnreadable() {
            return said().lines()
                    .anyMatch(line -> line.contains(" ERROR ")
                            && line.contains(home.toString())
                            && line.contains("cannot be read"));
        }

        /** Whose lines they were nobody knows any more, if the files are gone too: then an ERROR is all there is. */
        boolean isTailLost() {
            return said().lines()
                    .anyMatch(
                            line -> line.contains(" ERROR WAL is damaged") && line.contains("excerpts after position"));
        }

        boolean ownWalIsDone() {
            try (Stream<Path> wals = Files.list(own())) {
                return isUnreadable()
                        || wals.filter(path -> !path.getFileName().toString().startsWith("."))
                                        .count()
                                == 1;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        boolean applicationIsDone() {
            return isUnreadable()
                    || WalDirectory.list(apps(), (path, why) -> {}).isEmpty() && Account.isOver(collector, "shop-log");
        }

        @Override
        public void close() throws IOException {
            if (agent != null) {
                agent.close();
            }
            collector.close();
        }
    }

    private static void awaitThat(String what, BooleanSupplier holds) {
        await(what)
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(10))
                .until(holds::getAsBoolean);
    }

    private void write(int generation, int from, int to) throws IOException {
        byte[] padding = new byte[1_200];
        for (String stream : STREAMS) {
            try (OutputStream out = Files.newOutputStream(
                    directory.resolve("logs").resolve(stream), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
                for (int i = from; i < to; i++) {
                    for (int at = 0; at < padding.length; at++) {
                        padding[at] = (byte) (' ' + random.nextInt(90));
                    }
                    out.write(new TortureLine(stream, generation, i, 0).encode(padding));
                }
            }
        }
    }

    /** What a stream's blocks hold, checked on the way. */
    private record Stored(int old, int fresh, long gaps) {
        static Stored of(FakeCollector collector, String stream) {
            int[] next = new int[2];
            int[] count = new int[2];
            long gaps = 0;
            List<Block> blocks = new ArrayList<>();
            collector.change(() -> collector.epochs(stream).forEach(epoch -> blocks.addAll(epoch.blocks)));
            try (BlockReader reader = new BlockReader()) {
                for (Block block : blocks) {
                    if (block.kind() == BlockKind.GAP) {
                        assertThat(block.gapReason()).isEqualTo(LossReason.DAMAGED);
                        gaps += block.count();
                    } else {
                        reader.forEachLine(block, (sequence, bytes, offset, length, terminated) -> {
                            byte[] text = new byte[length];
                            bytes.get(offset, text);
                            check(stream, text, next, count);
                        });
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return new Stored(count[0], count[1], gaps);
        }

        private static void check(String stream, byte[] text, int[] next, int[] count) {
            TortureLine line = TortureLine.parse(text);
            assertThat(line).as("whole: %s", TortureLine.nameIn(text)).isNotNull();
            assertThat(line.stream()).isEqualTo(stream);
            assertThat(line.number()).as("in order, once: %s", line).isGreaterThanOrEqualTo(next[line.generation()]);
            assertThat(line.generation() == 0 && next[1] > 0)
                    .as("old behind new")
                    .isFalse();
            next[line.generation()] = line.number() + 1;
            count[line.generation()]++;
        }
    }

    private static boolean haveAll(FakeCollector collector, int old, int fresh) {
        for (String stream : STREAMS) {
            Stored stored = Stored.of(collector, stream);
            if (stored.old < old || stored.fresh < fresh) {
                return false;
            }
        }
        return true;
    }

    /** The first lines are acknowledged, the rest of them is only in the WAL. */
    private void backlog(Trial trial) throws Exception {
        Files.createDirectories(directory.resolve("logs"));
        write(0, 0, ACKNOWLEDGED_LINES);
        trial.start();
        awaitThat("acknowledged", () -> haveAll(trial.collector, ACKNOWLEDGED_LINES, 0));
        trial.collector.down();
        // By turns, so that the excerpts of one stream lie between those of others.
        for (int at = ACKNOWLEDGED_LINES; at < OLD_LINES; at += 100) {
            write(0, at, at + 100);
            double read = STREAMS.length * (at + 100.0);
            awaitThat("read", () -> eventsRead(trial.agent) >= read);
        }
        trial.agent.close();
        trial.agent = null;
    }

    private static double eventsRead(Agent agent) {
        try {
            return new String(agent.metrics().page(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> line.startsWith("raftsman_agent_read_events_total{"))
                    .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf('}') + 1)))
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest(name = "its files are still there: {0}")
    @ValueSource(booleans = {true, false})
    void shipsWhatIsWholeOfADamagedWalAndDeclaresTheRest(boolean filesAreThere) throws Exception {
        List<String> failures = new ArrayList<>();
        int withGaps = 0;
        try (Trial first = new Trial("first", new FakeCollector(seed, 0))) {
            backlog(first);
            for (int place = 0; place < PLACES; place += AT_A_TIME) {
                List<Trial> trials = new ArrayList<>();
                try {
                    for (int i = place; i < Math.min(PLACES, place + AT_A_TIME); i++) {
                        Trial trial = new Trial("trial-" + i, first.collector.copy());
                        trials.add(trial);
                        Damage.copyTree(first.data(), trial.data());
                        trial.damageOneOf(trial.data().resolve("wal"), i);
                    }
                    leaveLogs(filesAreThere);
                    for (Trial trial : trials) {
                        trial.start();
                    }
                    write(1, 0, NEW_LINES);
                    for (Trial trial : trials) {
                        withGaps += ships(trial, filesAreThere, failures);
                    }
                } finally {
                    end(trials);
                }
            }
        }
        System.err.println("own WAL damaged at " + PLACES + " places, files there: " + filesAreThere + ": with gaps "
                + withGaps + ", failed " + failures.size() + ", -Draftsman.seed=" + seed);
        assertThat(failures).as("-Draftsman.seed=" + seed).isEmpty();
    }

    private static void end(List<Trial> trials) throws IOException {
        for (Trial trial : trials) {
            trial.close();
            Damage.deleteTree(trial.home);
        }
    }

    /** As they were when the agent stopped; or somebody has removed them, and new ones of those names are begun. */
    private void leaveLogs(boolean filesAreThere) throws IOException {
        for (String stream : STREAMS) {
            Path log = directory.resolve("logs").resolve(stream);
            if (!filesAreThere) {
                Files.deleteIfExists(log);
                continue;
            }
            int fresh = Files.readString(log, StandardCharsets.ISO_8859_1).indexOf("\n" + stream + " 1 0 ");
            if (fresh >= 0) {
                try (FileChannel channel = FileChannel.open(log, StandardOpenOption.WRITE)) {
                    channel.truncate(fresh + 1);
                }
            }
        }
    }

    /** @return 1 if gaps were declared */
    private static int ships(Trial trial, boolean filesAreThere, List<String> failures) {
        try {
            awaitThat(
                    "new lines are shipped and the old WAL is done with",
                    () -> trial.hasEnded() || haveAll(trial.collector, 0, NEW_LINES) && trial.ownWalIsDone());
            assertThat(trial.hasEnded()).as("it has stopped").isFalse();
            long gaps = 0;
            for (String stream : STREAMS) {
                Stored stored = Stored.of(trial.collector, stream);
                long missing = OLD_LINES - stored.old;
                gaps += stored.gaps;
                if (filesAreThere) {
                    // What is declared may have been read again, as other events.
                    assertThat(missing).as("missing in " + stream).isLessThanOrEqualTo(stored.gaps);
                } else if (!trial.isUnreadable()) {
                    assertThat(missing).as("missing in " + stream).isGreaterThanOrEqualTo(stored.gaps);
                    assertThat(trial.isTailLost() || missing == stored.gaps)
                            .as("missing in %s: %d, declared: %d", stream, missing, stored.gaps)
                            .isTrue();
                }
            }
            return gaps > 0 ? 1 : 0;
        } catch (AssertionError | RuntimeException e) {
            failures.add(trial.damage + ": " + e + "\n" + trial.said());
            return 0;
        }
    }

    @Test
    void shipsWhatIsWholeOfAnApplicationsDamagedWalAndDeclaresTheRest() throws Exception {
        List<String> failures = new ArrayList<>();
        Files.createDirectories(directory.resolve("logs"));
        Path template = Files.createDirectory(directory.resolve("apps"));
        application(template);
        for (int place = 0; place < PLACES; place += AT_A_TIME) {
            List<Trial> trials = new ArrayList<>();
            try {
                for (int i = place; i < Math.min(PLACES, place + AT_A_TIME); i++) {
                    Trial trial = new Trial("trial-" + i, new FakeCollector(seed, 0));
                    trials.add(trial);
                    Damage.copyTree(template, trial.apps());
                    trial.damageOneOf(trial.apps(), i);
                    trial.start();
                }
                for (Trial trial : trials) {
                    shipsEvents(trial, failures);
                }
            } finally {
                end(trials);
            }
        }
        assertThat(failures).as("-Draftsman.seed=" + seed).isEmpty();
    }

    private static void application(Path root) {
        WalSettings wal = WalSettings.ofQuota(16 << 20)
                .withReserveBytes(0)
                .withRollBytes(128 << 10)
                .withForceInterval(Duration.ofMillis(20));
        RingSettings ring = RingSettings.DEFAULTS.withMaxBlock(Duration.ofSeconds(30));
        try (EventRing open =
                EventRing.open(root, WalIdentity.startingNow("default", "shop", "shop-log"), wal, ring, status -> {})) {
            for (int i = 0; i < EVENTS; i++) {
                open.publish(NUMBERED, i, null, i % 20 == 0);
            }
        }
    }

    private static String message(int number) {
        return number + " " + "0123456789abcdef".repeat(number % 10);
    }

    private static void shipsEvents(Trial trial, List<String> failures) {
        try {
            awaitThat("the WAL is done with", () -> trial.hasEnded() || trial.applicationIsDone());
            assertThat(trial.hasEnded()).as("it has stopped").isFalse();
            int next = 0;
            int stored = 0;
            String raw = new String(trial.collector.raw("shop-log"), StandardCharsets.ISO_8859_1);
            for (String message : raw.lines().toList()) {
                int number = Integer.parseInt(message.substring(0, message.indexOf(' ')));
                assertThat(message).isEqualTo(message(number));
                assertThat(number).as("in order, once").isGreaterThanOrEqualTo(next);
                next = number + 1;
                stored++;
            }
            long gaps = trial.collector.gapEvents("shop-log");
            if (trial.isUnreadable()) {
                assertThat(trial.damaged).as("it stays").exists();
            } else if (trial.damaged.endsWith("progress")) {
                assertThat(stored).isEqualTo(EVENTS); // how many were claimed is in that file
            } else {
                assertThat(stored + gaps)
                        .as("stored %d, declared %d", stored, gaps)
                        .isEqualTo(EVENTS);
            }
        } catch (AssertionError | RuntimeException e) {
            failures.add(trial.damage + ": " + e + "\n" + trial.said());
        }
    }

    @Test
    void neverGoesOnFromADamagedCursor() throws Exception {
        try (Trial trial = new Trial("trial", new FakeCollector(seed, 0))) {
            Files.createDirectories(directory.resolve("logs"));
            write(0, 0, ACKNOWLEDGED_LINES);
            trial.start();
            Path cursor = trial.data().resolve("cursor");
            awaitThat("acknowledged", () -> haveAll(trial.collector, ACKNOWLEDGED_LINES, 0));
            trial.agent.close();
            byte[] whole = Files.readAllBytes(cursor);
            for (int place = 0; place < PLACES; place++) {
                Files.write(cursor, whole);
                trial.damageOneOf(cursor, place);
                assertThatThrownBy(trial::start)
                        .as(trial.damage + ", -Draftsman.seed=" + seed)
                        .isInstanceOf(DamagedCursorException.class)
                        .hasMessageContaining(cursor + " is damaged")
                        .hasMessageContaining("put back a copy, or move it away");
            }
        }
    }
}
