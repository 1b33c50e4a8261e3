package dev.raftsman.sidecar;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/**
 * One seed of the torture of file inputs: an agent as a process, a collector that goes away now and then, and one stream
 * for each {@link Rotation}, others in directories that appear later. See {@link RotationTortureTest} for what must hold.
 */
final class RotationTorture {
    static final int IDLE_MILLIS = 500;

    private static final long PATIENCE_NANOS = 15_000_000_000L;
    private static final long STOP_SECONDS = 20;
    private static final int LATER_STREAMS = 4;
    private static final int SAID_LINES = 60;

    private final Path directory;
    private final Path logs;
    private final Random random;
    private final boolean kills;
    private final FakeCollector collector;
    private final List<TortureStream> streams = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();
    private Process agent;
    private int killed;

    /** @param problems empty if all held */
    record Result(
            long seed,
            boolean withKills,
            long offered,
            long arrived,
            long excused,
            long doubled,
            long lost,
            Map<Rotation, Integer> rotations,
            int kills,
            long millis,
            List<String> problems) {

        static String heading() {
            return String.format(
                    "%22s %9s %9s %8s %8s %8s %6s %7s  rotations",
                    "seed", "offered", "arrived", "excused", "doubled", "lost", "kills", "ms");
        }

        String row() {
            return String.format(
                    "%22d %9d %9d %8d %8d %8d %6d %7d  %s",
                    seed,
                    offered,
                    arrived,
                    excused,
                    doubled,
                    lost,
                    kills,
                    millis,
                    rotations.entrySet().stream()
                            .map(entry -> entry.getKey() + "=" + entry.getValue())
                            .collect(Collectors.joining(" ")));
        }
    }

    private RotationTorture(Path directory, long seed, boolean kills) throws IOException {
        this.directory = directory;
        this.logs = Files.createDirectories(directory.resolve("logs"));
        this.random = new Random(seed);
        this.kills = kills;
        this.collector = new FakeCollector(seed, 0.005);
    }

    /** @param directory empty, for logs and the agent's data */
    static Result run(Path directory, long seed, Duration writing, Set<Rotation> rotations, boolean kills)
            throws Exception {
        RotationTorture torture = new RotationTorture(directory, seed, kills);
        long began = System.nanoTime();
        try {
            torture.write(writing, rotations);
            torture.finish();
        } finally {
            torture.collector.close();
            if (torture.agent != null) {
                torture.agent.destroyForcibly().waitFor();
            }
        }
        return torture.result(seed, (System.nanoTime() - began) / 1_000_000);
    }

    private void write(Duration writing, Set<Rotation> rotations) throws Exception {
        List<Rotation> kinds = List.copyOf(rotations);
        for (Rotation rotation : kinds) {
            add(logs.resolve(rotation.name().toLowerCase(java.util.Locale.ROOT) + ".log"), rotation);
        }
        start();
        long began = System.nanoTime();
        long end = began + writing.toNanos() + PATIENCE_NANOS;
        boolean known = false;
        long nextKill = 0;
        long nextOutage = began + millis(500, 3_000);
        long nextStream = began + millis(500, 2_000);
        long nextStart = 0;
        long up = 0;
        int later = 0;
        int wantedKills = kills ? (int) Math.max(2, writing.toSeconds() / 5) : 0;
        long last = end + PATIENCE_NANOS;
        for (long now = began; now - end < 0 || killed < wantedKills && now - last < 0; now = System.nanoTime()) {
            turn();
            if (!known && streams.stream().allMatch(TortureStream::isKnown)) {
                known = true; // before, nothing is rotated
                end = now + writing.toNanos();
                last = end + PATIENCE_NANOS;
            }
            if (agent == null) {
                if (now - nextStart >= 0) {
                    start();
                    nextKill = 0;
                }
            } else if (nextKill == 0) {
                // Only an agent that has got somewhere is worth killing.
                nextKill = kills
                                && streams.stream()
                                        .anyMatch(s -> s.truth.current().isHeld())
                        ? now + millis(0, 2_000)
                        : 0;
            } else if (now - nextKill >= 0) {
                kill();
                nextStart = System.nanoTime() + millis(0, 800);
            }
            if (now - nextOutage >= 0) {
                collector.down();
                up = now + millis(100, 1_000);
                nextOutage = up + millis(1_000, 3_000);
            } else if (up != 0 && now - up >= 0) {
                collector.up();
                up = 0;
            }
            if (later < LATER_STREAMS && now - nextStream >= 0) {
                Path deep = Files.createDirectories(logs.resolve("new-" + later + "/deep"));
                add(deep.resolve("later-" + later + ".log"), kinds.get(random.nextInt(kinds.size())));
                later++;
                nextStream = now + millis(500, 2_000);
            }
        }
    }

    private long millis(int from, int to) {
        return (from + random.nextInt(to - from)) * 1_000_000L;
    }

    private void add(Path name, Rotation rotation) throws IOException {
        streams.add(new TortureStream(name, rotation, new Random(random.nextLong())));
    }

    private void turn() throws IOException {
        long now = System.nanoTime();
        for (TortureStream stream : streams) {
            stream.step(now);
        }
        poll();
        LockSupport.parkNanos(2_000_000L);
    }

    private void poll() throws IOException {
        for (TortureStream stream : streams) {
            stream.truth.poll(collector);
        }
    }

    /** All that was begun is ended, each line has its time to come; then a restart, which must not bring one twice. */
    private void finish() throws Exception {
        collector.up();
        if (agent == null) {
            start();
        }
        long until = System.nanoTime() + 3 * PATIENCE_NANOS;
        while (!streams.stream().allMatch(TortureStream::isIdle) && System.nanoTime() - until < 0) {
            for (TortureStream stream : streams) {
                if (!stream.isIdle()) {
                    stream.step(System.nanoTime());
                }
            }
            poll();
            LockSupport.parkNanos(2_000_000L);
        }
        awaitLastLines();
        stop();
        start();
        awaitLastLines();
        stop();
        poll();
        for (TortureStream stream : streams) {
            stream.end();
        }
    }

    private void awaitLastLines() throws IOException {
        for (TortureStream stream : streams) {
            stream.write(1);
        }
        long lost = Long.MAX_VALUE;
        long until = 0;
        while (lost > 0 && (until == 0 || System.nanoTime() - until < 0)) {
            if (!agent.isAlive()) {
                problems.add("the agent has ended by itself with " + agent.exitValue());
                return;
            }
            poll();
            long now = streams.stream().mapToLong(stream -> stream.truth.lost()).sum();
            if (now < lost) {
                lost = now;
                until = System.nanoTime() + PATIENCE_NANOS;
            }
            LockSupport.parkNanos(5_000_000L);
        }
    }

    private void start() throws IOException {
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
                        "wal: {quota: 64MiB, force: 20ms}",
                        "inputs:",
                        "  - {type: file, paths: ['" + logs + "/**/*.log'], idle: " + IDLE_MILLIS + "ms}",
                        "shipper: {linger: 50ms, block: 64KiB}",
                        ""));
        agent = AgentProcessTest.launch(config, directory.resolve("said"), List.of());
        streams.forEach(stream -> {
            stream.truth.agentStarts();
            stream.note("agent starts");
        });
    }

    private void kill() throws InterruptedException {
        if (!agent.isAlive()) {
            problems.add("the agent has ended by itself with " + agent.exitValue());
        }
        agent.destroyForcibly().waitFor();
        agent = null;
        killed++;
        ended("killed");
    }

    private void ended(String how) {
        streams.forEach(stream -> {
            stream.truth.agentEnded();
            stream.note("agent " + how);
        });
    }

    private void stop() throws InterruptedException {
        agent.destroy();
        if (!agent.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
            problems.add("the agent does not end within " + STOP_SECONDS + " s of SIGTERM");
        } else if (agent.exitValue() != 0) {
            problems.add("the agent ended with " + agent.exitValue());
        }
        ended("stopped");
    }

    private Result result(long seed, long millis) throws IOException {
        Map<Rotation, Integer> rotations = new EnumMap<>(Rotation.class);
        long offered = 0;
        long arrived = 0;
        long excused = 0;
        long doubled = 0;
        long lost = 0;
        Set<String> strange = new TreeSet<>(collector.streams());
        for (TortureStream stream : streams) {
            TortureTruth truth = stream.truth;
            truth.end();
            rotations.merge(stream.rotation(), stream.rotations, Integer::sum);
            offered += truth.offered();
            arrived += truth.arrived();
            excused += truth.excused();
            doubled += truth.doubled;
            lost += truth.lost();
            strange.remove(truth.stream);
            if (!truth.problems.isEmpty()) {
                problems.addAll(truth.problems);
                problems.add("  what happened to " + truth.stream + ":");
                stream.notes().forEach(note -> problems.add("    " + note));
            }
        }
        if (!strange.isEmpty()) {
            problems.add("streams that nobody wrote: " + strange);
        }
        if (!problems.isEmpty()) {
            List<String> said = Files.readAllLines(directory.resolve("said"));
            problems.add("what the agent said last:");
            problems.addAll(said.subList(Math.max(0, said.size() - SAID_LINES), said.size()));
        }
        return new Result(
                seed,
                kills,
                offered,
                arrived,
                excused,
                doubled,
                lost,
                rotations,
                killed,
                millis,
                List.copyOf(problems));
    }
}
