package dev.raftsman.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.raftsman.event.Level;
import dev.raftsman.event.RowWriter;
import dev.raftsman.input.OperatorLog;
import dev.raftsman.ring.EventEncoder;
import dev.raftsman.ring.EventRing;
import dev.raftsman.ring.EventRing.State;
import dev.raftsman.ring.FullPolicy;
import dev.raftsman.ring.RingSettings;
import dev.raftsman.ring.SyncPolicy;
import dev.raftsman.wal.WalDirectory;
import dev.raftsman.wal.WalIdentity;
import dev.raftsman.wal.WalSettings;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The disk is full: an application logs on, loses and counts, and records again when an agent has released what it
 * shipped, or when somebody else has given space back. Root only, for the mounts.
 */
@Tag("long")
class DiskFullTest {
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
            row.message(event);
        }
    };

    @TempDir
    Path directory;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final OperatorLog log =
            new OperatorLog(new PrintStream(said, true, StandardCharsets.UTF_8), Clock.systemUTC());

    @ParameterizedTest
    @CsvSource({"tmpfs,DROP,0", "tmpfs,BLOCK,1048576", "ext4,DROP,1048576", "ext4,BLOCK,0"})
    void anApplicationOnAFullDiskGoesOnCountsAndRecordsAgain(String kind, FullPolicy policy, long reserve)
            throws Exception {
        try (SmallDisk disk = kind.equals("tmpfs") ? SmallDisk.tmpfs(directory, 8) : SmallDisk.ext4(directory, 16);
                FakeCollector collector = new FakeCollector(1, 0)) {
            assumeTrue(disk != null, "skipped: nothing can be mounted here");
            Path root = Files.createDirectory(disk.path().resolve("apps"));
            Path tallyFile = directory.resolve("tally");
            Tally tally = new Tally(tallyFile);
            Process application = LoadedApplication.start(
                    directory.resolve("app.out"),
                    root,
                    "app",
                    tally,
                    tallyFile,
                    Map.of(
                            "threads", "2",
                            "whenFull", policy.name(),
                            "maxBlockMillis", "100",
                            "reserve", Long.toString(reserve),
                            "paceNanos", "50000"));
            try {
                awaitThat(() -> tally.lost() > 1000);
                long lostByThen = tally.lost();
                try (Agent agent = agent(collector, root)) {
                    // Released, and written again: more than the disk holds at once.
                    long stored = tally.returned() - lostByThen;
                    awaitThat(() -> tally.returned() - tally.lost() > 2 * stored);
                    assertThat(application.isAlive()).isTrue();
                    tally.state(Tally.ENDING);
                    assertThat(application.waitFor(30, TimeUnit.SECONDS)).isTrue();
                    awaitThat(() -> Account.isOver(collector, "app"));
                    assertThat(agent.metrics()).isNotNull();
                }
            } finally {
                application.destroyForcibly().waitFor();
            }
            Account account = Account.of(collector, "app");
            String line = kind + ", " + policy + ", reserve " + reserve + ": calls=" + tally.returned() + " " + account
                    + ", log() p99.9=" + tally.p999Nanos() / 1000 + " us max=" + tally.maxNanos() / 1000 + " us";
            System.err.println(line);
            assertThat(application.exitValue()).as(line).isZero();
            assertThat(tally.hasThrown()).as(line).isFalse();
            assertThat(Files.readAllLines(directory.resolve("app.out")))
                    .as("there is no provider for SLF4J here, nothing else to say")
                    .allMatch(printed -> printed.startsWith("SLF4J"));
            assertThat(account.died()).as(line).isZero();
            assertThat(account.lost()).as(line).isEqualTo(tally.lost());
            assertThat(account.total()).as(line).isEqualTo(tally.returned());
            assertThat(collector.epochs("app")).as(line).hasSize(1);
            Account.assertOrder(collector, "app", true);
        }
    }

    @Test
    void anApplicationThatStartsOnAFullOrReadOnlyDiskRecordsOnceItCan() throws Exception {
        try (SmallDisk disk = SmallDisk.tmpfs(directory, 8)) {
            assumeTrue(disk != null, "skipped: nothing can be mounted here");
            List<EventRing.Status> states = new CopyOnWriteArrayList<>();
            assertThat(disk.readOnly(true)).isTrue();
            record(disk.path().resolve("read-only"), states, () -> disk.readOnly(false));
            assertThat(states).extracting(EventRing.Status::state).containsExactly(State.NO_LOG, State.RECORDING);
            assertThat(states.get(0).text()).contains("Read-only file system");
            states.clear();
            Path filler = disk.fill();
            record(disk.path().resolve("full"), states, () -> {
                Files.delete(filler);
                return null;
            });
            assertThat(states).extracting(EventRing.Status::state).containsExactly(State.NO_LOG, State.RECORDING);
            assertThat(states.get(0).text()).contains("No space left on device");
        }
    }

    @ParameterizedTest
    @EnumSource(FullPolicy.class)
    void anApplicationWhoseDiskFailsGoesOnAndRecordsOnTheNextOne(FullPolicy policy) throws Exception {
        try (SmallDisk disk = SmallDisk.ext4(directory, 64)) {
            assumeTrue(disk != null, "skipped: nothing can be mounted here");
            Path root = Files.createDirectory(disk.path().resolve("apps"));
            Path tallyFile = directory.resolve("tally");
            Tally tally = new Tally(tallyFile);
            Process application = LoadedApplication.start(
                    directory.resolve("app.out"),
                    root,
                    "app",
                    tally,
                    tallyFile,
                    Map.of(
                            "threads", "2",
                            "whenFull", policy.name(),
                            "maxBlockMillis", "100",
                            "paceNanos", "100000"));
            try {
                awaitThat(() -> tally.returned() > 1000
                        && WalDirectory.list(root).size() == 1
                        && WalDirectory.list(root).get(0).writtenPosition() >= 0);
                assumeTrue(disk.fail(), "skipped: a disk cannot be made to fail here");
                awaitThat(() -> tally.lost() > 100);
                assertThat(disk.replace()).isTrue();
                awaitThat(() -> WalDirectory.list(root).stream()
                        .anyMatch(log -> log.writerAlive() && log.writtenPosition() >= 0));
                long taken = tally.returned() - tally.lost();
                awaitThat(() -> tally.returned() - tally.lost() > taken + 2L * RingSettings.DEFAULTS.slots());
                tally.state(Tally.ENDING);
                assertThat(application.waitFor(30, TimeUnit.SECONDS)).isTrue();
                assertThat(application.exitValue()).isZero();
                assertThat(tally.hasThrown()).isFalse();
                System.err.println("disk failed, " + policy + ": calls=" + tally.returned() + " lost=" + tally.lost()
                        + ", log() p99.9=" + tally.p999Nanos() / 1000 + " us max=" + tally.maxNanos() / 1000 + " us");
            } finally {
                application.destroyForcibly().waitFor();
            }
        }
    }

    private interface Remedy {
        Object apply() throws Exception;
    }

    private void record(Path root, List<EventRing.Status> states, Remedy remedy) throws Exception {
        WalSettings wal = WalSettings.ofQuota(1 << 20).withReserveBytes(0);
        RingSettings settings = RingSettings.DEFAULTS.withSlots(64).withPolicies(FullPolicy.DROP, SyncPolicy.INTERVAL);
        WalIdentity identity = WalIdentity.startingNow("default", "app", "app");
        try (EventRing ring = EventRing.open(root, identity, wal, settings, states::add)) {
            for (int i = 0; i < 100; i++) {
                ring.publish(ENCODER, "event " + i, null, false);
            }
            awaitThat(() -> ring.state() == State.NO_LOG);
            assertThat(ring.writtenCount()).isZero();
            remedy.apply();
            awaitThat(() -> ring.writtenCount() == 64);
        }
    }

    /** How near to its quota it comes depends on which of the two is faster. */
    @Test
    void anApplicationAtFullRateKeepsToItsQuotaAndLosesNothingBesideAnAgent() throws Exception {
        long quota = 256L << 20;
        // Not allocated, but counted: of the newest file, and of the one before until the next append has begun
        // another.
        long mapped = 2 * WalSettings.ofQuota(quota).blockBytes() * 5L / 4;
        int padding = 400;
        try (FakeCollector collector = new FakeCollector(1, 0)) {
            Path root = Files.createDirectory(directory.resolve("apps"));
            Path tallyFile = directory.resolve("tally");
            Tally tally = new Tally(tallyFile);
            long most = 0;
            try (Agent agent = agent(collector, root)) {
                Process application = LoadedApplication.start(
                        directory.resolve("app.out"),
                        root,
                        "app",
                        tally,
                        tallyFile,
                        Map.of("threads", "2", "whenFull", "BLOCK", "quota", "" + quota, "padding", "" + padding));
                long began = System.nanoTime();
                try {
                    while (tally.returned() < 2 * quota / padding) {
                        for (WalDirectory each : WalDirectory.list(root)) {
                            most = Math.max(most, each.bytesOnDisk());
                        }
                        LockSupport.parkNanos(5_000_000);
                    }
                } finally {
                    application.destroyForcibly().waitFor();
                }
                System.err.println("at most " + (most >> 20) + " MiB of a quota of " + (quota >> 20) + " at "
                        + tally.returned() * padding * 1000 / (System.nanoTime() - began) + " MB/s");
                awaitThat(() -> Account.isOver(collector, "app"));
                assertThat(agent.metrics()).isNotNull();
            }
            assertThat(most).isBetween(1L, quota + mapped);
            assertThat(tally.lost()).isZero();
            assertThat(Account.of(collector, "app").total()).isBetween(tally.returned(), tally.begun());
        }
    }

    private Agent agent(FakeCollector collector, Path root) throws Exception {
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
                        "wal: {roots: ['" + root + "']}"));
        Agent agent = new Agent(AgentConfig.read(config), log);
        agent.start();
        return agent;
    }

    private void awaitThat(BooleanSupplier holds) {
        try {
            await().atMost(Duration.ofSeconds(60))
                    .pollInterval(Duration.ofMillis(2))
                    .until(holds::getAsBoolean);
        } catch (org.awaitility.core.ConditionTimeoutException e) {
            throw new AssertionError(said.toString(StandardCharsets.UTF_8), e);
        }
    }
}
