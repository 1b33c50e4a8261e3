package dev.raftsman.archiver;

import dev.raftsman.archive.ColdTargets;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.LeaseView;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.cluster.TestState;
import dev.raftsman.policy.ArchiveRule;
import dev.raftsman.policy.Policy;
import dev.raftsman.policy.RetentionFile;
import dev.raftsman.policy.RetentionPolicies;
import dev.raftsman.segment.SegmentId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/**
 * Two archivers, two stores and a collector's real state from one seed. While streams are written, requests fail before or
 * after what they ask for, stores go away, bytes turn, disks are full, segments cannot be fetched; archivers are killed and
 * started again, and paused at any step to wake up after the other has acted. Then all is well, and the oracles judge.
 *
 * <p>Real is all that makes up an archiver: rounds, deciding, recoding, manifest, lease, snapshots, outages; and the state
 * machine. The stores, the network and the clocks are models.
 */
final class ArchiverSimulation implements AutoCloseable {
    static final long START_MILLIS = 1_790_000_000_000L;
    static final long MINUTE = TimeUnit.MINUTES.toMillis(1);

    private static final int ACTIONS = 100;

    /** Small, so that what is due is more than one object. */
    private static final long OBJECT_BYTES = 4 << 10;

    private static final String POLICIES = """
            targets: {cold: {type: directory, path: /sim/cold}, far: {type: directory, path: /sim/far}}
            defaults: {to: cold, keepHot: {age: 5m}}
            policies:
              - {name: chatter, match: {stream: "*-probe"}, then: truncate, grace: 10m}
              - {name: ledger, match: {stream: ledger}, then: snapshot, snapshot: {every: 1h, keep: 2}}
              - {name: brief, match: {stream: brief}, archive: {keep: 1h}, grace: 0s}
              - {name: plain, match: {stream: plain}, to: far, archive: {format: segment}}
              - {name: spill, match: {stream: spill}, to: far, outageAfter: 15m, onArchiveOutage: truncate, grace: 0s}
              - {name: rest, sealAfter: 1h}
            """;

    private static final List<String> STREAMS =
            List.of("orders", "orders", "carts", "plain", "spill", "brief", "ledger", "disk-probe");

    private final long seed;
    private final Path root;
    private final Set<ArchiverSabotage> sabotage;
    private final TestState cluster;
    private final SimTrouble trouble;
    private final Random random;
    private final RetentionPolicies policies;
    private final Map<String, SimStore> stores = new LinkedHashMap<>();
    private final List<SimArchiver> archivers = new ArrayList<>();
    private final Set<SegmentId> lost = new TreeSet<>();
    private final Map<String, Long> epochs = new HashMap<>();
    private final Map<String, StringBuilder> written = new LinkedHashMap<>();
    private final ArchiverOracles oracles;

    private ArchiverSimulation(long seed, Path root, Set<ArchiverSabotage> sabotage) throws Exception {
        this.seed = seed;
        this.root = root;
        this.sabotage = sabotage;
        this.random = new Random(seed);
        this.cluster = new TestState(root.resolve("state"), START_MILLIS);
        this.trouble = new SimTrouble(random, cluster);
        this.policies =
                withSmallObjects(RetentionFile.read("retention.yaml", POLICIES.getBytes(StandardCharsets.UTF_8)));
        policies.targets().keySet().stream()
                .sorted()
                .forEach(name -> stores.put(name, new SimStore(name, trouble, sabotage)));
        this.oracles = new ArchiverOracles(cluster, stores, policies, OBJECT_BYTES);
        start("a");
        start("b");
    }

    static ArchiverSimulation honest(long seed, Path root) throws Exception {
        return new ArchiverSimulation(seed, root, EnumSet.noneOf(ArchiverSabotage.class));
    }

    /** One in which a part of the model is broken. */
    static ArchiverSimulation broken(ArchiverSabotage how, long seed, Path root) throws Exception {
        return new ArchiverSimulation(seed, root, EnumSet.of(how));
    }

    private static RetentionPolicies withSmallObjects(RetentionPolicies read) {
        List<Policy> small = read.policies().stream()
                .map(policy -> {
                    ArchiveRule rule = policy.archive();
                    ArchiveRule shrunk = new ArchiveRule(
                            rule.keep(),
                            rule.lock(),
                            rule.lockFor(),
                            rule.legalHold(),
                            OBJECT_BYTES,
                            rule.format(),
                            rule.delta(),
                            rule.dropBelow());
                    return new Policy(
                            policy.name(),
                            policy.match(),
                            policy.keepHot(),
                            policy.then(),
                            policy.target(),
                            shrunk,
                            policy.snapshot(),
                            policy.auto(),
                            policy.grace(),
                            policy.outage(),
                            policy.sealAfter());
                })
                .toList();
        return new RetentionPolicies(read.targets(), read.defaultTarget(), small);
    }

    /** What happened, to see that it does happen. */
    Map<String, Integer> counts() {
        return trouble.counts();
    }

    String report(List<String> complaints) {
        return "seed " + seed + ":\n  " + String.join("\n  ", complaints) + "\nlast of the trace:\n" + trouble.tail();
    }

    /**
     * Runs it to its end.
     *
     * @return what the oracles complain of; empty if nothing
     */
    List<String> run() throws IOException {
        for (int i = 0; i < ACTIONS && oracles.complaints().isEmpty(); i++) {
            act();
            oracles.lookAtStaging(archivers);
        }
        if (oracles.complaints().isEmpty()) {
            heal();
            oracles.judge(written, archivers, lost, root.resolve("reader"));
        }
        return oracles.complaints();
    }

    private void act() throws IOException {
        int dice = random.nextInt(100);
        if (dice < 35) {
            write();
        } else if (dice < 45) {
            pass(random.nextInt(4) == 0 ? random.nextInt(40) * MINUTE : random.nextInt(120) * 1_000L);
        } else if (dice < 80) {
            turn(archivers.get(random.nextInt(archivers.size())));
        } else if (dice < 83) {
            kill(random.nextInt(archivers.size()));
        } else if (dice < 90) {
            // Whoever stands in the middle of something wakes up after the lease has run out and the other has acted.
            pass(RetentionRound.LEASE.toMillis() + 1);
            turn(archivers.get(random.nextInt(archivers.size())));
        } else if (dice < 93) {
            SimStore store = List.copyOf(stores.values()).get(random.nextInt(stores.size()));
            store.out(!store.isOut());
            trouble.trace(store.name() + (store.isOut() ? " is out" : " is back"));
        } else if (dice < 97) {
            dropWhatIsCold();
        } else {
            loseASegment();
        }
        thaw();
    }

    /** An archiver that slept for more than an hour may take that for a clock that jumped; a person has looked. */
    private void thaw() {
        if (cluster.catalog().freeze() != null) {
            trouble.count("frozen");
            cluster.execute(new Command.Thaw("alice"));
        }
    }

    private void pass(long millis) {
        cluster.advance(millis);
    }

    private void write() {
        String stream = STREAMS.get(random.nextInt(STREAMS.size()));
        long epoch = epochs.computeIfAbsent(stream, name -> cluster.open("producer-of-" + name, name));
        int blocks = 1 + random.nextInt(3);
        for (int i = 0; i < blocks; i++) {
            String[] lines = new String[1 + random.nextInt(12)];
            for (int line = 0; line < lines.length; line++) {
                lines[line] = stream + " " + random.nextInt(1_000_000) + " of seed " + seed;
                written.computeIfAbsent(stream, name -> new StringBuilder())
                        .append(lines[line])
                        .append('\n');
            }
            if (sabotage.contains(ArchiverSabotage.BLOCK_LEFT_OUT) && random.nextInt(4) == 0) {
                continue;
            }
            cluster.append(epoch, lines);
        }
        if (random.nextInt(3) != 0) {
            cluster.seal(stream);
        }
    }

    private void start(String owner) {
        archivers.add(process(owner));
    }

    private SimArchiver process(String owner) {
        RetentionRound[] opened = new RetentionRound[1];
        return new SimArchiver(owner, root.resolve("staging-" + owner), archiver -> {
            if (opened[0] == null) {
                opened[0] = open(archiver);
            }
            try {
                RetentionRound.Outcome outcome = opened[0].run();
                trouble.count("rounds " + outcome);
            } catch (IOException e) {
                trouble.count("rounds failed");
                trouble.trace(archiver.owner() + " round failed: " + e.getMessage());
            }
        });
    }

    private RetentionRound open(SimArchiver archiver) throws IOException {
        ClockWatch.Clocks clocks = new ClockWatch.Clocks() {
            @Override
            public long wallMillis() {
                return cluster.nowMillis();
            }

            @Override
            public long monotonicMillis() {
                archiver.step(); // It is asked before each cold block, too.
                return cluster.nowMillis() - START_MILLIS;
            }
        };
        SimCluster seen = new SimCluster(cluster, archiver, trouble, lost, sabotage, oracles);
        ColdTargets targets =
                new ColdTargets(policies, target -> stores.get(target.name()).of(archiver));
        return RetentionRound.open(
                policies,
                seen,
                targets,
                archiver.owner(),
                archiver.staging(),
                clocks,
                sabotage.contains(ArchiverSabotage.NOBODY_TOLD) ? new RecordingListener() : oracles.listener(archiver));
    }

    private void turn(SimArchiver archiver) {
        LeaseView lease = cluster.catalog().lease();
        if (archiver.isInRound() && lease != null && !lease.owner().equals(archiver.owner())) {
            trouble.count("woke up late");
        }
        archiver.turn(random.nextInt(3) == 0 ? SimArchiver.WHOLE_ROUND : 1 + random.nextInt(60));
        oracles.endOfTurn(archiver);
    }

    private void kill(int which) {
        SimArchiver victim = archivers.get(which);
        trouble.count(victim.isInRound() ? "killed in a round" : "killed between rounds");
        trouble.trace(victim.owner() + " killed");
        victim.kill();
        oracles.killed(victim);
        archivers.set(which, process(victim.owner()));
    }

    private void loseASegment() {
        List<SegmentView> sealed = cluster.catalog().segments().stream()
                .filter(segment -> segment.state() == SegmentState.SEALED
                        && !segment.stream().equals("ledger")) // A snapshot without one of its segments is none.
                .toList();
        if (!sealed.isEmpty() && lost.size() < 2) {
            SegmentId id = sealed.get(random.nextInt(sealed.size())).id();
            lost.add(id);
            trouble.count("lost a segment");
            trouble.trace(id + " is sent by nobody");
        }
    }

    /** Nothing fails any more; one archiver, perhaps the one that stood in the middle of something, has the time it needs. */
    private void heal() throws IOException {
        trouble.trace("all is well");
        trouble.calm();
        stores.values().forEach(store -> store.out(false));
        if (random.nextBoolean()) {
            lost.clear();
        }
        for (SimArchiver archiver : archivers) {
            if (archiver.isInRound()) {
                archiver.turn(SimArchiver.WHOLE_ROUND);
                oracles.endOfTurn(archiver);
            }
        }
        int last = random.nextInt(archivers.size());
        kill(1 - last);
        if (random.nextBoolean() || oracles.waitsForAPerson(archivers.get(last))) {
            kill(last);
        }
        cluster.execute(new Command.Seal(null, Command.EVERY_STREAM, 0));
        // A day and more: what is due once a day is due, and there are many rounds for what is tried again ever more
        // seldom.
        for (int hour = 0; hour < 30; hour++) {
            thaw();
            pass(hour == 0 ? 2 * MINUTE : 55 * MINUTE);
            archivers.get(last).turn(SimArchiver.WHOLE_ROUND);
            oracles.endOfTurn(archivers.get(last));
            cluster.execute(new Command.Seal(null, Command.EVERY_STREAM, 0));
        }
        dropWhatIsCold();
    }

    private void dropWhatIsCold() throws IOException {
        cluster.snapshot(root.resolve("snapshot-" + cluster.catalog().appliedIndex()));
        oracles.lookAtWhatIsCold();
    }

    @Override
    public void close() {
        archivers.forEach(SimArchiver::kill);
        cluster.close();
    }

    /** Deletes what a run left on the disk. */
    static void delete(Path root) throws IOException {
        try (var files = Files.walk(root)) {
            List<Path> deepestFirst = new ArrayList<>(files.toList());
            deepestFirst.sort(Comparator.reverseOrder());
            for (Path file : deepestFirst) {
                Files.delete(file);
            }
        }
    }
}
