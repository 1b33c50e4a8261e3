package dev.raftsman.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.ratis.metrics.MetricRegistries;
import org.apache.ratis.metrics.RatisMetricRegistry;
import org.apache.ratis.metrics.impl.RatisMetricRegistryImpl;
import org.apache.ratis.server.metrics.SegmentedRaftLogMetrics;
import org.apache.ratis.thirdparty.com.codahale.metrics.Gauge;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three members at full speed, of which one takes entries for a third of the time only: slow, but it moves. What the
 * leader keeps of its log in memory for it must not grow; with the engine's own rule it did, until a collector's heap was
 * full. {@code -Draftsman.slow.mib=2048} for longer.
 */
@Tag("long")
class SlowFollowerTest {
    /** With what the engine adds, a MiB. */
    private static final int ENTRY_BYTES = (1 << 20) - 1_024;

    private static final int ENTRIES = Integer.getInteger("raftsman.slow.mib", 256);
    private static final int WINDOW = (int) (RaftLimits.MAX_IN_FLIGHT_BYTES / RaftLimits.charged(ENTRY_BYTES));
    private static final long PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(400);

    /** Four may be in memory by the settings; some more until the engine's thread has dropped them. All are 32 of 8 MiB. */
    private static final long MOST_SEGMENTS = 8;

    @TempDir
    Path root;

    private final List<LogMember> members = new ArrayList<>();
    private final List<String> failures = new CopyOnWriteArrayList<>();
    private final RatisLog[] logs = new RatisLog[3];
    private final AtomicLong[] applied = {new AtomicLong(), new AtomicLong(), new AtomicLong()};
    private volatile int slow = -1;

    /** Counts entries. */
    private record Counting(AtomicLong applied) implements AppliedState {
        @Override
        public byte[] apply(long term, long index, ByteBuffer entry) {
            applied.incrementAndGet();
            return new byte[0];
        }

        @Override
        public void advance(long term, long index) {}

        @Override
        public Captured capture() {
            return Files::createFile;
        }

        @Override
        public void close() {}
    }

    @AfterEach
    void stop() {
        slow = -1;
        for (RatisLog log : logs) {
            if (log != null) {
                log.close();
            }
        }
        assertThat(failures).isEmpty();
    }

    private void start() throws IOException {
        for (String id : List.of("n1", "n2", "n3")) {
            members.add(new LogMember(id, "127.0.0.1", LoopbackPorts.free()));
        }
        for (int i = 0; i < 3; i++) {
            int node = i;
            logs[i] = RatisLog.start(
                    new LogSettings(
                            "slow",
                            members.get(i).id(),
                            members,
                            "127.0.0.1",
                            root.resolve(members.get(i).id()).resolve("raft"),
                            Long.MAX_VALUE,
                            Duration.ofSeconds(1)),
                    new LogSurroundings(
                            null,
                            Map.of(),
                            snapshot -> new Counting(applied[node]),
                            DiskMarks.of(() -> freeBytes(node), 1 << 20),
                            (failure, detail, cause) -> failures.add(failure + " " + detail)));
        }
    }

    /** Entries are kept from a node whose disk is full. */
    private long freeBytes(int node) {
        boolean takes = System.nanoTime() % PERIOD_NANOS < PERIOD_NANOS / 3;
        return node != slow || takes ? Long.MAX_VALUE : 0;
    }

    private int leader() {
        return await().atMost(30, TimeUnit.SECONDS)
                .until(
                        () -> {
                            for (int i = 0; i < 3; i++) {
                                if (logs[i].leadership().ready()) {
                                    return i;
                                }
                            }
                            return -1;
                        },
                        i -> i >= 0);
    }

    private long segmentsInMemory(int node) {
        long found = -1;
        for (RatisMetricRegistry registry : MetricRegistries.global().getMetricRegistries()) {
            Collection<?> gauges = ((RatisMetricRegistryImpl) registry)
                    .getDropWizardMetricRegistry()
                    .getGauges(
                            (name, metric) -> name.endsWith(SegmentedRaftLogMetrics.RAFT_LOG_CACHE_CLOSED_SEGMENTS_NUM)
                                    && name.contains(members.get(node).id() + "@"))
                    .values();
            for (Object gauge : gauges) {
                found = Math.max(found, ((Number) ((Gauge<?>) gauge).getValue()).longValue());
            }
        }
        return found;
    }

    @Test
    void aFollowerThatIsSlowButMovesDoesNotFillTheLeadersMemory() throws Exception {
        start();
        int leader = leader();
        slow = (leader + 1) % 3;
        Deque<CompletableFuture<Outcome>> underWay = new ArrayDeque<>();
        long most = 0;
        long behind = 0;
        for (int i = 0; i < ENTRIES; i++) {
            if (underWay.size() == WINDOW) {
                assertThat(underWay.remove().get(30, TimeUnit.SECONDS)).isInstanceOf(Outcome.Applied.class);
            }
            underWay.add(logs[leader].submit(ByteBuffer.allocate(ENTRY_BYTES)));
            most = Math.max(most, segmentsInMemory(leader));
            behind = Math.max(behind, applied[leader].get() - applied[slow].get());
        }
        for (CompletableFuture<Outcome> each : underWay) {
            assertThat(each.get(30, TimeUnit.SECONDS)).isInstanceOf(Outcome.Applied.class);
        }
        long moved = applied[slow].get();
        System.err.printf(
                "slow follower: entries of 1 MiB=%d, it had at the end=%d, most behind=%d, segments in memory at most=%d%n",
                ENTRIES, moved, behind, most);
        assertThat(logs[leader].leadership().ready()).as("it leads still").isTrue();
        assertThat(moved).as("the follower moves").isPositive();
        assertThat(behind).as("and is slow").isGreaterThan(ENTRIES / 4);
        assertThat(most).as("segments in memory").isBetween(1L, MOST_SEGMENTS);

        slow = -1;
        await().atMost(60, TimeUnit.SECONDS).until(() -> applied[(leader + 1) % 3].get() == ENTRIES);
    }
}
