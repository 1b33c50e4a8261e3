package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.standalone.FaultTable.Measured;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Faults of processes, networks and disks under load: nothing acknowledged is lost or doubled, and the cluster mends itself.
 * A few in every build; {@code -Draftsman.matrix=N} does each of them N times on ext4 and on XFS and prints a table.
 */
class FaultMatrixIT {
    private static final long SEED = Long.getLong("raftsman.seed", 20_261_129L);
    private static final int ROUNDS = Integer.getInteger("raftsman.matrix", 0);

    /** For a campaign of a part: a regular expression for "fault, file system". */
    private static final String ONLY = System.getProperty("raftsman.matrix.only", ".*");

    private enum Need {
        NOTHING,
        NETWORK,
        DISK,
        TRACE,
        TRACED_DISK
    }

    @FunctionalInterface
    private interface Fault {
        Measured happens(FaultyCluster cluster) throws IOException;
    }

    private record Row(Need need, boolean smoke, Fault fault) {}

    @RegisterExtension
    final TestDirectory directory = new TestDirectory();

    private final FaultTable table = new FaultTable();
    private final Map<String, Row> rows = new LinkedHashMap<>();

    FaultMatrixIT() {
        row("kill -9 of the leader", Need.NOTHING, false, c -> c.kill(true));
        row("kill -9 of a follower", Need.NOTHING, false, c -> c.kill(false));
        row("kill -9 of all", Need.NOTHING, false, FaultyCluster::killAll);
        row("SIGSTOP of the leader, 1 to 30 s", Need.NOTHING, false, c -> c.stop(true, c.pause(30)));
        row("SIGSTOP of a follower, 1 to 30 s", Need.NOTHING, false, c -> c.stop(false, c.pause(30)));
        row("SIGSTOP of the leader, 3 s", Need.NOTHING, true, c -> c.stop(true, Duration.ofSeconds(3)));
        row("leader's link pulled, 1 to 20 s", Need.NETWORK, false, c -> c.pull(true, c.pause(20)));
        row("leader's link pulled, 5 s", Need.NETWORK, true, c -> c.pull(true, Duration.ofSeconds(5)));
        row("follower's link pulled, 1 to 20 s", Need.NETWORK, false, c -> c.pull(false, c.pause(20)));
        row("all links pulled, 1 to 20 s", Need.NETWORK, false, c -> c.pullAll(c.pause(20)));
        row(
                "leader hears, but is not heard by nodes, 12 s",
                Need.NETWORK,
                false,
                c -> c.muteLeader(Duration.ofSeconds(12)));
        row("leader and a follower parted, 12 s", Need.NETWORK, false, c -> c.part(Duration.ofSeconds(12)));
        row(
                "leader's forces 0.3 to 2 s slower, 10 s",
                Need.TRACE,
                false,
                c -> c.slowForces(true, c.slowness(), Duration.ofSeconds(10)));
        row(
                "follower's forces 0.3 to 2 s slower, 10 s",
                Need.TRACE,
                false,
                c -> c.slowForces(false, c.slowness(), Duration.ofSeconds(10)));
        row("leader's force fails (EIO)", Need.TRACE, true, c -> c.failForces(true));
        row(
                "leader's force fails (EIO), then its power is cut",
                Need.TRACED_DISK,
                false,
                FaultyCluster::failForcesAndCutPower);
        row("follower's force fails (EIO)", Need.TRACE, false, c -> c.failForces(false));
        row("leader's disk full", Need.DISK, false, c -> c.fillOne(true));
        row("a follower's disk full", Need.DISK, false, c -> c.fillOne(false));
        row("disks of two full", Need.DISK, false, c -> c.fillMost(2));
        row("all disks full", Need.DISK, true, c -> c.fillMost(3));
        row("power cut of the leader", Need.DISK, false, c -> c.cutPowerOfOne(true));
        row("power cut of a follower", Need.DISK, false, c -> c.cutPowerOfOne(false));
        row("power cut of all", Need.DISK, true, FaultyCluster::cutPowerOfAll);
    }

    private void row(String name, Need need, boolean smoke, Fault fault) {
        rows.put(name, new Row(need, smoke, fault));
    }

    @Test
    void nothingIsLostOrDoubledByFaultsOfProcessesNetworksAndDisks() throws IOException {
        SplittableRandom seeds = new SplittableRandom(SEED);
        if (ROUNDS == 0) {
            campaign("", 1, seeds.nextLong(), disk(LoopDisk.Type.EXT4));
        } else {
            for (LoopDisk.Type type : LoopDisk.Type.values()) {
                Optional<LoopDisk.Type> disk = disk(type);
                if (disk.isPresent()) {
                    campaign(", " + type, ROUNDS, seeds.nextLong(), disk);
                }
            }
        }
        System.out.println(table.text());
        assertThat(table.isEmpty()).as("no fault could be done here").isFalse();
    }

    private static Optional<LoopDisk.Type> disk(LoopDisk.Type type) {
        String unavailable = LoopDisk.unavailable(type);
        if (unavailable != null) {
            skipped("faults on " + type, unavailable);
        }
        return unavailable == null ? Optional.of(type) : Optional.empty();
    }

    private void campaign(String suffix, int rounds, long seed, Optional<LoopDisk.Type> disk) throws IOException {
        String noNetwork = NodeNetwork.unavailable();
        String noTrace = SystemCalls.unavailable();
        String noDisk = disk.isPresent() ? null : "no loop mount";
        List<String> names = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            rows.forEach((name, row) -> {
                String missing = switch (row.need) {
                    case NETWORK -> noNetwork;
                    case TRACE -> noTrace;
                    case DISK -> noDisk;
                    case TRACED_DISK -> noTrace != null ? noTrace : noDisk;
                    case NOTHING -> null;
                };
                if (ROUNDS == 0 && !row.smoke || !(name + suffix).matches(ONLY)) {
                    return;
                }
                if (missing == null) {
                    names.add(name);
                } else {
                    skipped(name, missing);
                }
            });
        }
        if (names.isEmpty()) {
            return;
        }
        shuffle(names, new SplittableRandom(seed));
        Path home = Files.createDirectories(
                directory.path().resolve(disk.map(LoopDisk.Type::toString).orElse("plain")));
        System.out.println("seed " + SEED + suffix + ": " + names);
        try (FaultyCluster cluster = new FaultyCluster(home, seed, noNetwork == null, disk)) {
            for (String name : names) {
                cluster.settle();
                Measured measured;
                try {
                    measured = rows.get(name).fault.happens(cluster);
                } catch (AssertionError | RuntimeException e) {
                    throw new AssertionError("seed " + SEED + ", " + name + suffix, e);
                }
                table.add(name + suffix, measured);
                System.out.println(name + suffix + ": " + measured);
            }
            cluster.verify();
        }
    }

    private static void skipped(String what, String why) {
        System.out.println("skipped: " + what + ": " + why);
    }

    private static void shuffle(List<String> names, SplittableRandom random) {
        for (int i = names.size() - 1; i > 0; i--) {
            names.set(i, names.set(random.nextInt(i + 1), names.get(i)));
        }
    }
}
