package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.SegmentView;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Power cuts of one host in mid-transfer. What was acknowledged is there afterwards, once. */
class PowerCutIT {
    private static final long SEED = Long.getLong("raftsman.seed", 20_261_123L);
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final int THOUSANDS_OF_LINES = 1_500;

    @RegisterExtension
    final TestDirectory directory = new TestDirectory();

    private LocalCluster cluster;
    private Offered offered;

    @Test
    void anAgentsHostLosesPower() throws IOException {
        try (LoopDisk disk = disk();
                LocalCluster running = start(disk, 0)) {
            cluster = running;
            awaitShare(0.2);
            cluster.child(LocalCluster.AGENT).kill();
            disk.cutPower();
            cluster.startAgent();
            awaitShare(0.5);
            cluster.child(LocalCluster.AGENT).kill();
            disk.cutPower();
            cluster.startAgent();
            verify();
        }
    }

    @Test
    void aCollectorsHostLosesPower() throws IOException {
        try (LoopDisk disk = disk();
                LocalCluster running = start(disk, 3)) {
            cluster = running;
            for (double share : new double[] {0.15, 0.5}) {
                awaitShare(share);
                cluster.collector(3).kill();
                disk.cutPower();
                cluster.startCollector(3);
            }
            verify();
        }
    }

    private LoopDisk disk() throws IOException {
        assumeTrue(LoopDisk.unavailable() == null, "skipped: no loop mount: " + LoopDisk.unavailable());
        LoopDisk disk = LoopDisk.create(directory.path(), "disk", 1024);
        assumeTrue(disk != null, "skipped: the kernel mounts no loop devices here");
        return disk;
    }

    /** @param node the collector whose data lie on the disk; 0 for the agent's data and its log file */
    private LocalCluster start(LoopDisk disk, int node) throws IOException {
        ClusterFiles files = new ClusterFiles(directory.path().resolve("data"), 3);
        Files.createDirectories(files.dir());
        Path log = (node == 0 ? disk.path() : directory.path()).resolve("source.log");
        try (FileChannel out = FileChannel.open(log, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            SplittableRandom random = new SplittableRandom(SEED);
            for (int i = 0; i < THOUSANDS_OF_LINES; i++) {
                out.write(ByteBuffer.wrap(OddFiles.lines(random, 1_000, "\n", true)));
            }
            out.force(true);
        }
        offered = Offered.ofFile("source", log);
        files.writeCollectors("2MiB", "1h");
        files.writeAgent(Map.of("source", log), "256MiB");
        Path onDisk = Files.createDirectories(disk.path().resolve("home"));
        try (FileChannel dir = FileChannel.open(disk.path())) {
            dir.force(true);
        }
        Files.createSymbolicLink(files.dir().resolve(node == 0 ? "agent" : ClusterFiles.node(node)), onDisk);
        LocalCluster started = new LocalCluster(files);
        started.startCollectors();
        started.startAgent();
        return started;
    }

    private long stored() {
        try {
            return Demo.storedEvents(cluster.catalog(), "source");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void awaitShare(double share) {
        LocalCluster.await(share + " of the file stored", LIMIT, () -> stored() >= share * offered.events());
        assertThat(stored()).as("stored when the power goes").isLessThan(offered.events());
    }

    private void verify() throws IOException {
        LocalCluster.await("the whole file stored, seed " + SEED, LIMIT, () -> stored() >= offered.events());
        cluster.execute(new Command.Seal(null, Command.EVERY_STREAM, 0));
        String addresses = String.join(",", cluster.files().https());
        Ran audit = Ran.raftsman("audit", "--cluster", addresses);
        assertThat(audit.output().strip()).as("seed " + SEED + audit.error()).endsWith(" lost=0 duplicated=0");
        Ran cat = Ran.raftsman("cat", "--cluster", addresses, "--raw", "source");
        Offered.Tally tally = new Offered.Tally();
        tally.write(cat.outputBytes(), 0, cat.outputBytes().length);
        assertThat(tally.offered("source")).as("seed " + SEED).isEqualTo(offered);
        cluster.awaitApplied(LIMIT);
        for (SegmentView segment : cluster.catalog().segments()) {
            for (int node = 1; node <= 3; node++) {
                assertThat(cluster.segmentSha256(node, segment))
                        .as("segment %s on node %d, seed %d", segment.id(), node, SEED)
                        .isEqualTo(segment.sha256());
            }
        }
    }
}
