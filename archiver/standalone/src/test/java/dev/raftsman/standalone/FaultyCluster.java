package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.standalone.FaultTable.Measured;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/**
 * Three collectors, each with a disk and a network of its own where this machine lets us have them, an agent and a file that
 * grows: what faults are done to. Each fault ends with the cluster whole again. One thread drives it.
 */
final class FaultyCluster implements AutoCloseable {
    static final int NODES = 3;

    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final int DISK_MEBIBYTES = 2048;
    private static final Duration WITHOUT_ACKS = Duration.ofSeconds(3);

    private final SplittableRandom random;
    private final Path dir;
    private final NodeNetwork network;
    private final List<LoopDisk> disks = new ArrayList<>();
    private final LocalCluster cluster;
    private final Delivery delivery;
    private final Feed feed;
    private final AckWatch acks;
    private final Thread hook = new Thread(this::endedFromOutside, "faulty-cluster-stop");
    private int traces;

    /**
     * @param network whether each node gets one of its own; else all are on loopback
     * @param disks what each node's disk is; empty for the directory's own
     */
    FaultyCluster(Path dir, long seed, boolean network, Optional<LoopDisk.Type> disks) throws IOException {
        this.random = new SplittableRandom(seed);
        this.dir = dir;
        this.network = network ? NodeNetwork.create(NODES) : null;
        Path data = Files.createDirectories(dir.resolve("data"));
        ClusterFiles files =
                this.network == null ? new ClusterFiles(data, NODES) : new ClusterFiles(data, this.network.addresses());
        cluster = new LocalCluster(files);
        // Mounts and networks outlive a process that is told to end.
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            Path log = dir.resolve("feed.log");
            files.writeCollectors("1MiB", "1h");
            files.writeAgent(Map.of("feed", log), "1GiB");
            for (int node = 1; node <= NODES; node++) {
                if (disks.isPresent()) {
                    mount(node, disks.get());
                }
                if (this.network != null) {
                    cluster.surround(ClusterFiles.node(node), this.network.entering(node));
                }
            }
            cluster.startCollectors();
            cluster.startAgent();
            cluster.awaitCollectors(LIMIT);
            cluster.awaitAgent(LIMIT);
            delivery = new Delivery(cluster, LIMIT, seed);
            acks = new AckWatch(cluster);
            feed = Feed.slow(log, seed).start();
        } catch (IOException | RuntimeException | Error e) {
            release();
            throw e;
        }
    }

    private void mount(int node, LoopDisk.Type type) throws IOException {
        LoopDisk disk = LoopDisk.create(dir, "disk-" + node, DISK_MEBIBYTES, type);
        if (disk == null) {
            throw new IOException("the kernel does not mount " + type);
        }
        disks.add(disk);
        Path home = Files.createDirectories(disk.path().resolve("home"));
        try (FileChannel root = FileChannel.open(disk.path())) {
            root.force(true);
        }
        Files.createSymbolicLink(cluster.files().dir().resolve(ClusterFiles.node(node)), home);
    }

    /** Everything flows, and nobody is behind. */
    void settle() throws IOException {
        cluster.awaitCollectors(LIMIT);
        delivery.awaitMore("feed");
        cluster.awaitApplied(LIMIT);
    }

    private int leader() {
        return cluster.awaitLeader(LIMIT);
    }

    private int follower() {
        return (leader() + random.nextInt(NODES - 1)) % NODES + 1;
    }

    /** @param leads whether it is to be the leader, or one that is not */
    private int node(boolean leads) {
        return leads ? leader() : follower();
    }

    /** What came after the heal that was just now. */
    private Measured healed(OptionalLong fault) throws IOException {
        long healed = System.nanoTime();
        Duration fromHeal = acks.next(healed, LIMIT);
        Duration silence = fault.isEmpty() ? null : acks.longestSilence(fault.getAsLong());
        cluster.awaitApplied(LIMIT);
        return new Measured(silence, fromHeal, Duration.ofNanos(System.nanoTime() - healed));
    }

    private static OptionalLong now() {
        return OptionalLong.of(System.nanoTime());
    }

    private static void last(Duration time) {
        LockSupport.parkNanos(time.toNanos());
    }

    // --- processes

    Measured kill(boolean leads) throws IOException {
        int node = node(leads);
        OptionalLong fault = now();
        cluster.collector(node).kill();
        delivery.awaitMore("feed");
        cluster.startCollector(node);
        return healed(fault);
    }

    Measured killAll() throws IOException {
        for (int node = 1; node <= NODES; node++) {
            cluster.collector(node).kill();
        }
        cluster.startCollectors();
        return healed(OptionalLong.empty());
    }

    Measured stop(boolean leads, Duration time) throws IOException {
        ChildProcess child = cluster.collector(node(leads));
        signal(child, "STOP");
        OptionalLong fault = now();
        try {
            last(time);
        } finally {
            signal(child, "CONT");
        }
        return healed(fault);
    }

    private static void signal(ChildProcess child, String signal) {
        assertThat(Ran.command("kill", "-" + signal, Long.toString(child.pid())).exitCode())
                .isZero();
    }

    // --- networks

    Measured pull(boolean leads, Duration time) throws IOException {
        int node = node(leads);
        network.pull(node);
        OptionalLong fault = now();
        try {
            last(time);
        } finally {
            network.plug(node);
        }
        return healed(fault);
    }

    Measured pullAll(Duration time) throws IOException {
        for (int node = 1; node <= NODES; node++) {
            network.pull(node);
        }
        last(time);
        for (int node = 1; node <= NODES; node++) {
            network.plug(node);
        }
        return healed(OptionalLong.empty());
    }

    /** The leader's words do not reach the others; theirs, and the agent's, reach it. */
    Measured muteLeader(Duration time) throws IOException {
        int leader = leader();
        int[] others = IntStream.rangeClosed(1, NODES).filter(n -> n != leader).toArray();
        for (int other : others) {
            network.swallow(leader, other);
        }
        OptionalLong fault = now();
        last(time);
        for (int other : others) {
            network.pass(leader, other);
        }
        return healed(fault);
    }

    /** The leader and one other lose each other; the third hears both. */
    Measured part(Duration time) throws IOException {
        int leader = leader();
        int other = leader % NODES + 1;
        network.swallow(leader, other);
        network.swallow(other, leader);
        OptionalLong fault = now();
        last(time);
        network.pass(leader, other);
        network.pass(other, leader);
        return healed(fault);
    }

    // --- disks

    Measured slowForces(boolean leads, long millis, Duration time) throws IOException {
        ChildProcess child = cluster.collector(node(leads));
        Path log = trace();
        OptionalLong fault = now();
        SystemCalls slow = SystemCalls.slowForces(child, log, millis);
        last(time);
        slow.close();
        assertThat(SystemCalls.injected(log)).as("calls that were slow").isPositive();
        return healed(fault);
    }

    Measured failForces(boolean leads) throws IOException {
        return failForces(node(leads));
    }

    /** What it has in its log and could not force is the last of a file that it closes when it hears the next leader. */
    Measured failForcesAndCutPower() throws IOException {
        int node = leader();
        failForces(node);
        return cutPowerOf(node);
    }

    private Measured failForces(int node) throws IOException {
        ChildProcess child = cluster.collector(node);
        Path log = trace();
        OptionalLong fault = now();
        SystemCalls failing = SystemCalls.failingForces(child, log);
        assertThat(child.awaitExit(LIMIT)).as("%s ends", child.name()).isTrue();
        failing.close();
        assertThat(SystemCalls.injected(log)).as("calls that failed").isPositive();
        assertThat(child.exitCode())
                .as("%s: %s", child.name(), child.lastWords())
                .isEqualTo(74);
        delivery.awaitMore("feed");
        cluster.startCollector(node);
        return healed(fault);
    }

    private Path trace() {
        return dir.resolve("strace-" + ++traces + ".log");
    }

    /** Others take all space of one node's disk, so much of it that nothing at all may be left. */
    Measured fillOne(boolean leads) throws IOException {
        int node = node(leads);
        OptionalLong fault = now();
        disks.get(node - 1).fill(left());
        delivery.awaitMore("feed");
        LocalCluster.await(
                "acknowledgements from nodes with room",
                LIMIT,
                () -> cluster.leader().orElse(node) != node);
        delivery.awaitMore("feed");
        disks.get(node - 1).empty();
        Measured measured = healed(fault);
        requireAlive();
        return measured;
    }

    /** @param count 2 or 3: what is left cannot acknowledge anything */
    Measured fillMost(int count) throws IOException {
        int first = random.nextInt(NODES);
        for (int i = 0; i < count; i++) {
            disks.get((first + i) % NODES).fill(left());
        }
        long[] before = {acks.events(), System.nanoTime()};
        LocalCluster.await("the end of acknowledgements", LIMIT, () -> {
            long now = acks.events();
            if (now != before[0]) {
                before[0] = now;
                before[1] = System.nanoTime();
            }
            return System.nanoTime() - before[1] > WITHOUT_ACKS.toNanos();
        });
        requireAlive();
        for (int i = 0; i < count; i++) {
            disks.get((first + i) % NODES).empty();
        }
        Measured measured = healed(OptionalLong.empty());
        requireAlive();
        return measured;
    }

    private long left() {
        return new long[] {0, 1 << 20, 40 << 20}[random.nextInt(3)];
    }

    private void requireAlive() {
        cluster.requireAlive(
                IntStream.rangeClosed(1, NODES).mapToObj(ClusterFiles::node).toArray(String[]::new));
    }

    Measured cutPowerOfOne(boolean leads) throws IOException {
        return cutPowerOf(node(leads));
    }

    private Measured cutPowerOf(int node) throws IOException {
        OptionalLong fault = now();
        cluster.collector(node).kill();
        disks.get(node - 1).cutPower();
        delivery.awaitMore("feed");
        cluster.startCollector(node);
        return healed(fault);
    }

    Measured cutPowerOfAll() throws IOException {
        for (int node = 1; node <= NODES; node++) {
            cluster.collector(node).kill();
        }
        for (LoopDisk disk : disks) {
            disk.cutPower();
        }
        cluster.startCollectors();
        return healed(OptionalLong.empty());
    }

    /** 1 to 30 s, short ones more often. */
    Duration pause(int maxSeconds) {
        long millis = Math.round(Math.exp(random.nextDouble() * Math.log(maxSeconds)) * 1_000);
        return Duration.ofMillis(millis);
    }

    long slowness() {
        return 300 + random.nextInt(1_700);
    }

    /** Everything that was written is there, once, in order, and the same on all nodes. */
    void verify() throws IOException {
        delivery.awaitMore("feed");
        delivery.verify(List.of(feed.finish()));
    }

    private void endedFromOutside() {
        try {
            release();
        } catch (IOException e) {
            System.err.println("left behind in " + dir + ": " + e);
        }
    }

    private void release() throws IOException {
        cluster.close();
        for (LoopDisk disk : disks) {
            disk.close();
        }
        if (network != null) {
            network.close();
        }
    }

    @Override
    public void close() throws IOException {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException ending) {
            // The hook does it.
            return;
        }
        acks.close();
        release();
    }
}
