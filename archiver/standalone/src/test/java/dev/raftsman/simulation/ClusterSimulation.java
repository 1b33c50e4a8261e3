package dev.raftsman.simulation;

import dev.raftsman.catalog.Command;
import dev.raftsman.disk.Durable;
import dev.raftsman.event.Loss;
import dev.raftsman.shipper.SimHost;
import dev.raftsman.store.Entry;
import dev.raftsman.store.EpochBlock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Hosts and collectors of one seed: they work through their events while links break, processes die, power is cut, disks fill
 * and clocks jump; then all heals, everything must be acknowledged and said farewell to, and the oracles judge.
 */
final class ClusterSimulation implements SimHost.Outside {
    private static final long FAULTS_NANOS = 90 * Scheduler.SECOND;
    private static final long HEALED_NANOS = 60 * Scheduler.SECOND;
    private static final long MOST_STEPS = 20_000_000;

    /** What happened, to see that the faults do happen. */
    record Summary(
            long events,
            long entries,
            int crashes,
            int hostCrashes,
            int installs,
            int snapshots,
            long terms,
            int networkFaults,
            int conflicts,
            long virtualMillis) {
        Summary plus(Summary other) {
            return new Summary(
                    events + other.events,
                    entries + other.entries,
                    crashes + other.crashes,
                    hostCrashes + other.hostCrashes,
                    installs + other.installs,
                    snapshots + other.snapshots,
                    terms + other.terms,
                    networkFaults + other.networkFaults,
                    conflicts + other.conflicts,
                    virtualMillis + other.virtualMillis);
        }
    }

    private final long seed;
    private final Scheduler scheduler;
    private final SimNetwork network;
    private final Journal journal = new Journal();
    private final Map<String, SimNode> nodes = new LinkedHashMap<>();
    private final List<SimHost> hosts = new ArrayList<>();
    private final Set<Sabotage> sabotage;
    private final List<String> failedSources = new ArrayList<>();

    private ClusterSimulation(long seed, Path root, int events, Set<Sabotage> sabotage) {
        this.seed = seed;
        this.scheduler = new Scheduler(seed);
        this.network = new SimNetwork(scheduler);
        this.sabotage = sabotage;
        List<String> members = new ArrayList<>();
        int size = scheduler.random().nextInt(4) == 0 ? 5 : 3;
        for (int i = 0; i < size; i++) {
            members.add("n" + i);
        }
        for (String id : members) {
            nodes.put(id, new SimNode(id, members, nodes, root, scheduler, network, sabotage));
        }
        int many = 1 + scheduler.random().nextInt(3);
        SimHost.Fault fault =
                sabotage.contains(Sabotage.GAP_LEFT_OUT) ? SimHost.Fault.LEAVES_GAPS_OUT : SimHost.Fault.NONE;
        for (int i = 0; i < many; i++) {
            String name = "h" + i;
            hosts.add(new SimHost(
                    name, members, events / many, scheduler, network, this, journal, root.resolve(name), fault));
        }
    }

    /** One in which a part of the model is broken. */
    static ClusterSimulation broken(Sabotage how, long seed, Path root, int events) {
        return new ClusterSimulation(seed, root, events, EnumSet.of(how));
    }

    static ClusterSimulation honest(long seed, Path root, int events) {
        return new ClusterSimulation(seed, root, events, EnumSet.noneOf(Sabotage.class));
    }

    /**
     * Runs it to its end.
     *
     * @return what the oracles complain of; empty if nothing
     */
    List<String> run() throws IOException {
        try {
            nodes.values().forEach(SimNode::start);
            hosts.forEach(SimHost::start);
            scheduler.after(0, this::trouble);
            scheduler.after(0, this::configure);
            long troubleUntil = scheduler.nowNanos() + FAULTS_NANOS;
            while (!allDone() && scheduler.nowNanos() < troubleUntil) {
                step();
            }
            heal();
            long healedUntil = scheduler.nowNanos() + HEALED_NANOS;
            while (!(allDone() && allEqual()) && scheduler.nowNanos() < healedUntil) {
                step();
            }
            List<String> complaints = new ArrayList<>();
            failedSources.forEach(source -> complaints.add("O7: source stopped: " + source));
            if (!allDone() || !allEqual()) {
                complaints.add("O7: not all is acknowledged and equal long after all has healed: " + standing());
            }
            sealAll();
            complaints.addAll(judge());
            return complaints;
        } catch (Violation e) {
            return List.of(e.getMessage());
        }
    }

    private void step() {
        if (scheduler.steps() > MOST_STEPS) {
            throw new Violation("O7", "no end after " + MOST_STEPS + " steps");
        }
        scheduler.step();
    }

    private List<String> judge() throws IOException {
        try (Oracles oracles = new Oracles(journal)) {
            return oracles.judge(nodes.values().stream()
                    .filter(SimNode::isUp)
                    .map(SimNode::evidence)
                    .toList());
        }
    }

    private boolean allDone() {
        return hosts.stream().allMatch(SimHost::isDone);
    }

    private boolean allEqual() {
        boolean whole = nodes.values().stream().allMatch(node -> node.isUp() && node.applied() == node.lastIndex());
        if (!whole || nodes.values().stream().map(SimNode::applied).distinct().count() > 1) {
            return false;
        }
        return nodes.values().stream().anyMatch(SimNode::leads);
    }

    /** So that all segments have a digest in the tables. */
    private void sealAll() {
        leader().ifPresent(node -> node.command(new Command.Seal(null, Command.EVERY_STREAM, 0)));
        long until = scheduler.nowNanos() + 10 * Scheduler.SECOND;
        do {
            step();
        } while (scheduler.nowNanos() < until && !allEqual());
    }

    private Optional<SimNode> leader() {
        return nodes.values().stream().filter(SimNode::leads).findFirst();
    }

    // ---- faults

    private void heal() {
        scheduler.trace("all heals");
        scheduler.calm();
        network.heal();
        nodes.values().forEach(node -> node.full(false));
    }

    /** What operators and leaders do anyway: the segments' length, seals by age. */
    private void configure() {
        leader().ifPresent(node -> {
            node.configure();
            if (scheduler.random().nextInt(4) == 0) {
                node.command(new Command.Seal(null, Command.EVERY_STREAM, scheduler.between(0, 5_000)));
            }
            if (sabotage.contains(Sabotage.EVENTS_INVENTED)) {
                invent(node);
            }
        });
        if (!scheduler.isCalm()) {
            scheduler.after(scheduler.between(300, 2_000) * Scheduler.MILLI, this::configure);
        }
    }

    private void invent(SimNode node) {
        UUID incarnation = new UUID(13, 13);
        node.command(new Command.Open("acme", "ghost", incarnation, "s0"));
        node.view().epochs().stream()
                .filter(epoch -> epoch.producer().equals("ghost") && epoch.last() < 0)
                .forEach(epoch -> node.submit(new Entry.Append(
                        node.clockMillis(),
                        List.of(new EpochBlock(
                                epoch.epoch(), Tampering.lines(List.of("boo", "hoo"), 0, Loss.NONE, 1))))));
    }

    private void trouble() {
        if (scheduler.isCalm()) {
            return;
        }
        scheduler.after(scheduler.between(20, 1_000) * Scheduler.MILLI, this::trouble);
        SimNode node = any(List.copyOf(nodes.values()));
        SimHost host = any(hosts);
        switch (scheduler.random().nextInt(13)) {
            case 0, 1 -> crash(node, scheduler.random().nextBoolean());
            case 2 ->
                leader().ifPresent(leading -> crash(leading, scheduler.random().nextBoolean()));
            case 3 -> {
                if (scheduler.random().nextInt(3) == 0) {
                    scheduler.trace("the power of all is cut");
                    nodes.values().forEach(each -> crash(each, true));
                }
            }
            case 4 -> cut();
            case 5 -> {
                scheduler.trace("the network heals");
                network.heal();
            }
            case 6, 7 -> host.breakConnection();
            case 8, 9 -> crash(host);
            case 10 -> {
                long[] jumps = {0, 1_000, -1_000, 3_600_000, -3_600_000, 315_360_000_000L, -315_360_000_000L};
                node.jumpClock(jumps[scheduler.random().nextInt(jumps.length)]);
                host.jumpClock(jumps[scheduler.random().nextInt(jumps.length)]);
            }
            case 11 -> node.full(scheduler.random().nextInt(3) == 0);
            default -> {
                if (node.isUp()) {
                    node.lag(scheduler.between(10, 3_000) * Scheduler.MILLI);
                }
            }
        }
    }

    private <T> T any(List<T> of) {
        return of.get(scheduler.random().nextInt(of.size()));
    }

    private void crash(SimNode node, boolean powerCut) {
        if (node.isUp()) {
            node.crash(powerCut);
            node.comeBack();
        }
    }

    private void crash(SimHost host) {
        if (host.isUp()) {
            host.crash();
            scheduler.after(scheduler.between(0, 3_000) * Scheduler.MILLI, host::start);
        }
    }

    /** One node from the others, both ways or one, or a host from a node. */
    private void cut() {
        SimNode node = any(List.copyOf(nodes.values()));
        String id = nodes.entrySet().stream()
                .filter(each -> each.getValue() == node)
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow();
        int how = scheduler.random().nextInt(4);
        for (String other : nodes.keySet()) {
            if (!other.equals(id) && how != 3) {
                if (how != 1) {
                    network.cut(id, other);
                }
                if (how != 2) {
                    network.cut(other, id);
                }
            }
        }
        if (how == 3) {
            String host = "h" + scheduler.random().nextInt(hosts.size());
            network.cut(
                    scheduler.random().nextBoolean() ? host : id,
                    scheduler.random().nextBoolean() ? host : id);
            network.cut(host, id);
        }
        scheduler.trace("cut: " + id + " " + (how == 0 ? "both ways" : how == 3 ? "from a host" : "one way"));
    }

    // ---- what hosts see of the outside

    @Override
    public SimNetwork.Receiver accept(String node, SimNetwork.Direction back) {
        SimNode there = nodes.get(node);
        return there.isUp() ? there.ingest().accept(back) : null;
    }

    @Override
    public boolean isCut(String from, String to) {
        return network.isCut(from, to);
    }

    @Override
    public void failed(String host, String what) {
        failedSources.add(host + " " + what);
        scheduler.trace(host + " has a source that stopped: " + what);
    }

    // ---- reporting

    private String standing() {
        return nodes.values() + ", hosts done "
                + hosts.stream().map(SimHost::isDone).toList();
    }

    /** How to run it again, and what happened last. */
    String report(List<String> complaints) {
        return "-Draftsman.seed=" + seed + "\n" + String.join("\n", complaints) + "\n" + scheduler.tail();
    }

    Summary summary() {
        return new Summary(
                journal.events(),
                nodes.values().stream().mapToLong(SimNode::lastIndex).max().orElse(0),
                nodes.values().stream().mapToInt(node -> node.crashes).sum(),
                hosts.stream().mapToInt(SimHost::crashes).sum(),
                nodes.values().stream().mapToInt(node -> node.installs).sum(),
                nodes.values().stream().mapToInt(node -> node.snapshotsTaken).sum(),
                nodes.values().stream().mapToLong(SimNode::term).max().orElse(0),
                network.faults(),
                nodes.values().stream().mapToInt(SimNode::conflicts).sum(),
                scheduler.nowNanos() / Scheduler.MILLI);
    }

    /** Of all segments, as the tables of a node have them. */
    List<String> digests() {
        return nodes.values().iterator().next().view().segments().stream()
                .map(segment -> segment.id() + " " + segment.sha256())
                .toList();
    }

    void close() throws IOException {
        for (SimNode node : nodes.values()) {
            node.close();
        }
        hosts.forEach(SimHost::close);
    }

    /** Where directories are cheap to make and to force. */
    static Path directory() throws IOException {
        Path memory = Path.of("/dev/shm");
        return Files.isWritable(memory)
                ? Files.createTempDirectory(memory, "raftsman-simulation")
                : Files.createTempDirectory("raftsman-simulation");
    }

    static void delete(Path directory) throws IOException {
        Durable.deleteTree(directory);
    }
}
