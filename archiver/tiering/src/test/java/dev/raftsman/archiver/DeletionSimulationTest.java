package dev.raftsman.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.archive.ColdTargets;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.cluster.TestState;
import dev.raftsman.policy.RetentionFile;
import dev.raftsman.policy.RetentionPolicies;
import dev.raftsman.policy.Target;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clocks that jump, by seconds or by years, forwards and backwards, that of the cluster, that of the archiver's machine, or
 * both together; archivers that are restarted; people who undo, release and thaw. Nothing is deleted before its time of
 * grace has really passed, but for the hour that a jump may have without being noticed; nothing held is; and once time
 * goes right and people have looked, everything due is.
 */
class DeletionSimulationTest {
    private static final long START_MILLIS = 1_790_000_000_000L;
    private static final long HOUR = TimeUnit.HOURS.toMillis(1);
    private static final long GRACE = 12 * HOUR;

    @TempDir(factory = FastDirectory.class)
    Path temporary;

    private TestState cluster;

    /** What no clock shows. */
    private long trueMillis;

    private long wallAheadMillis;
    private RetentionRound round;
    private RetentionPolicies policies;
    private final RecordingListener listener = new RecordingListener();
    private final Map<String, Long> markedAt = new HashMap<>();
    private final Set<String> gone = new HashSet<>();
    private int deletedWhileClocksJumped;
    private int frozenRuns;

    @AfterEach
    void end() {
        if (cluster != null) {
            cluster.close();
        }
    }

    private RetentionRound open() throws IOException {
        ClockWatch.Clocks clocks = new ClockWatch.Clocks() {
            @Override
            public long wallMillis() {
                return START_MILLIS + trueMillis + wallAheadMillis;
            }

            @Override
            public long monotonicMillis() {
                return trueMillis;
            }
        };
        return RetentionRound.open(
                policies,
                cluster,
                new ColdTargets(policies, Target::open),
                "archiver",
                temporary.resolve("staging"),
                clocks,
                listener);
    }

    @Test
    void deletesNothingBeforeItsTimeWhateverTheClocksShow() throws Exception {
        int seeds = Integer.getInteger("deletion.seeds", 100);
        for (long seed = 1; seed <= seeds; seed++) {
            run(seed);
        }
        assertThat(deletedWhileClocksJumped).as("deletions by the way").isGreaterThan(seeds / 2);
        assertThat(frozenRuns).as("runs that froze").isBetween(seeds / 4, seeds - 1);
    }

    private void run(long seed) throws Exception {
        if (cluster != null) {
            cluster.close();
        }
        Path directory = temporary.resolve("seed-" + seed);
        cluster = new TestState(directory.resolve("state"), START_MILLIS);
        policies = RetentionFile.read(
                "retention.yaml", """
                targets: {cold: {type: directory, path: "%s"}}
                defaults: {to: cold}
                policies: [{name: chatter, then: truncate, keepHot: {age: 2h}, grace: 12h}]
                """.formatted(directory.resolve("archive")).getBytes(StandardCharsets.UTF_8));
        trueMillis = 0;
        wallAheadMillis = 0;
        markedAt.clear();
        gone.clear();
        round = open();
        Random random = new Random(seed);
        long epoch = cluster.open("probe", "disk-probe");
        int steps = 10 + random.nextInt(50);
        for (int step = 0; step < steps; step++) {
            act(random, epoch);
            check("seed " + seed + ", step " + step);
        }
        deletedWhileClocksJumped += gone.size();
        frozenRuns += cluster.catalog().freeze() == null ? 0 : 1;
        calm();
        assertThat(cluster.catalog().segments())
                .as("seed %d: once all is well, everything due goes", seed)
                .allMatch(segment -> segment.state() == SegmentState.TRUNCATED || segment.state() == SegmentState.OPEN);
    }

    private void act(Random random, long epoch) throws IOException {
        switch (random.nextInt(20)) {
            case 0, 1 -> {
                cluster.append(epoch, "up");
                cluster.seal("disk-probe");
            }
            case 2 -> cluster.advance(jump(random));
            case 3 -> wallAheadMillis += jump(random);
            case 4 -> {
                long together = jump(random);
                cluster.advance(together);
                wallAheadMillis += together;
            }
            case 5 -> round = open();
            case 6 -> keep(random);
            default -> {
                long millis = (long) (random.nextDouble() * 4 * HOUR);
                trueMillis += millis;
                cluster.advance(millis);
            }
        }
        round.run();
    }

    private static long jump(Random random) {
        long[] small = {1_000, 60_000, HOUR / 4};
        long[] large = {2 * HOUR, 24 * HOUR, 87_600 * HOUR};
        long[] sizes = random.nextInt(6) == 0 ? large : small;
        return sizes[random.nextInt(sizes.length)] * (random.nextBoolean() ? 1 : -1);
    }

    private void keep(Random random) {
        List<SegmentView> kept = cluster.catalog().segments().stream()
                .filter(segment -> segment.state() == SegmentState.SEALED)
                .toList();
        if (!kept.isEmpty()) {
            SegmentView one = kept.get(random.nextInt(kept.size()));
            cluster.execute(
                    one.hold() == null
                            ? new Command.Unmark("alice", List.of(one.ref()), "why not", true)
                            : new Command.Release("alice", List.of(one.ref())));
        }
    }

    /** Of each segment: since when it has been marked without a break, by the time that no clock shows. */
    private void check(String when) {
        for (SegmentView segment : cluster.catalog().segments()) {
            String id = segment.id().toString();
            if (segment.state() == SegmentState.TRUNCATED) {
                if (gone.add(id)) {
                    assertThat(markedAt).as("%s: %s was marked", when, id).containsKey(id);
                    assertThat(trueMillis - markedAt.get(id))
                            .as("%s: %s was marked for long enough", when, id)
                            .isGreaterThanOrEqualTo(GRACE - HOUR);
                }
            } else if (segment.mark() == null) {
                markedAt.remove(id);
            } else {
                assertThat(segment.hold()).as("%s: %s is not held", when, id).isNull();
                markedAt.putIfAbsent(id, trueMillis);
            }
        }
    }

    /** Clocks go right from here on, and people have looked. */
    private void calm() throws IOException {
        for (SegmentView segment : cluster.catalog().segments()) {
            if (segment.hold() != null) {
                cluster.execute(new Command.Release("alice", List.of(segment.ref())));
            }
        }
        long behind = cluster.catalog().stampMillis() - cluster.nowMillis();
        cluster.advance(Math.max(0, behind)); // As if the cluster's clock had caught up with its newest stamp.
        cluster.execute(new Command.Freeze("alice", "so that the archiver sees it thawed"));
        round.run();
        cluster.execute(new Command.Thaw("alice"));
        for (int i = 0; i < 20; i++) {
            trueMillis += HOUR;
            cluster.advance(HOUR);
            round.run();
        }
    }
}
