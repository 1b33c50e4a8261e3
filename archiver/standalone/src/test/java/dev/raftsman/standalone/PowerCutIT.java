package dev.raftsman.standalone;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Power cuts of an agent's host in mid-transfer. What was acknowledged is there afterwards, once, and so is all that came later.
 * Those of collectors: {@link FaultMatrixIT}.
 */
class PowerCutIT {
    private static final long SEED = Long.getLong("raftsman.seed", 20_261_123L);
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final int CUTS = 2;

    @RegisterExtension
    final TestDirectory directory = new TestDirectory();

    private Feed feed;

    @Test
    void anAgentsHostLosesPower() throws IOException {
        try (LoopDisk disk = disk();
                LocalCluster cluster = start(disk)) {
            Delivery delivery = new Delivery(cluster, LIMIT, SEED);
            for (int cut = 0; cut < CUTS; cut++) {
                delivery.awaitMore("feed");
                feed.rotate();
                cluster.child(LocalCluster.AGENT).kill();
                feed.pause();
                disk.cutPower();
                feed.resume();
                cluster.startAgent();
            }
            delivery.awaitMore("feed");
            delivery.verify(List.of(feed.finish()));
        }
    }

    private LoopDisk disk() throws IOException {
        assumeTrue(LoopDisk.unavailable() == null, "skipped: no loop mount: " + LoopDisk.unavailable());
        LoopDisk disk = LoopDisk.create(directory.path(), "disk", 1024);
        assumeTrue(disk != null, "skipped: the kernel mounts no loop devices here");
        return disk;
    }

    /** An agent whose data, as the file that it follows, lies on the disk. */
    private LocalCluster start(LoopDisk disk) throws IOException {
        Path log = disk.path().resolve("feed.log");
        ClusterFiles files = new ClusterFiles(directory.path().resolve("data"), 3);
        files.writeCollectors("1MiB", "1h");
        files.writeAgent(Map.of("feed", log), "256MiB");
        Path home = Files.createDirectories(disk.path().resolve("home"));
        try (FileChannel dir = FileChannel.open(disk.path())) {
            dir.force(true);
        }
        Files.createSymbolicLink(files.dir().resolve(LocalCluster.AGENT), home);
        LocalCluster cluster = new LocalCluster(files);
        try {
            cluster.startCollectors();
            cluster.startAgent();
            cluster.awaitAgent(LIMIT);
        } catch (RuntimeException | Error e) {
            cluster.close();
            throw e;
        }
        // The program that logs runs on that host too, and forces what it writes.
        feed = new Feed(log, SEED, true).start();
        return cluster;
    }
}
