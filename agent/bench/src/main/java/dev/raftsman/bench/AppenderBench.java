package dev.raftsman.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * The set-ups side by side. In each round each set-up has, one after the other and each in a JVM of its own: throughput with
 * every number of threads (JMH, one fork; bytes allocated, CPU and bytes on disk are those of one thread), service times at a
 * fixed rate, and a {@code kill -9} in the midst of that rate. Every other round goes the other way round, so that what drifts on the
 * machine does not fall on the same set-ups. After each run a reader counts what is there; a row whose count does not come out is
 * shown as broken.
 */
public final class AppenderBench {
    /** Touched beforehand, as that of a server that runs for hours is: else a call pays for each fresh page of the heap. */
    private static final List<String> HEAP = List.of("-Xms512m", "-Xmx512m", "-XX:+AlwaysPreTouch");

    private static final long CHILD_SECONDS = 120;
    private static final long RATE = 50_000;
    private static final int USAGE = 64; // of sysexits.h

    /**
     * How long each part takes.
     *
     * @param iterationMillis of JMH, warm-up and measurement
     * @param killedAfter calls that have returned
     */
    private record Plan(
            int rounds,
            List<Integer> threads,
            int warmUpIterations,
            int iterations,
            long iterationMillis,
            long serviceWarmUpMillis,
            long serviceMillis,
            long killedAfter) {
        /** Some 22 minutes. */
        static final Plan FULL = new Plan(3, List.of(1, 2, 4), 4, 3, 1000, 2000, 6000, 100_000);
        /** Within 2 minutes; too short for the compiler on a small machine, so good for a look only. */
        static final Plan QUICK = new Plan(1, List.of(1, 2), 3, 1, 700, 700, 1000, 25_000);
    }

    private final Plan plan;
    private final List<Row> rows = new ArrayList<>();
    private final Path lib;
    private final Path data;
    private final PrintStream out;
    private final boolean outliers;
    private int runsDone;
    private int runsPlanned;

    private AppenderBench(Plan plan, List<Setup> setups, Path lib, Path data, boolean outliers, PrintStream out) {
        this.plan = plan;
        this.lib = lib;
        this.data = data;
        this.outliers = outliers;
        this.out = out;
        setups.forEach(setup -> rows.add(new Row(setup)));
    }

    public static void main(String[] args) throws Exception {
        Arguments arguments = Arguments.of(
                args,
                List.of(
                        "only",
                        "threads",
                        "rounds",
                        "quick",
                        "json",
                        "data",
                        "outliers",
                        "jfr",
                        "seconds",
                        "rate",
                        "command"));
        Path lib = Path.of(AppenderBench.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toURI())
                .getParent();
        Path data = arguments.has("data")
                ? Files.createDirectories(Path.of(arguments.text("data", ""))).toAbsolutePath()
                : Files.createTempDirectory("raftsman-bench-");
        boolean temporary = !arguments.has("data");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> leaveNothing(temporary ? data : null), "bench-stop"));
        try {
            System.exit(arguments.has("jfr") ? profile(arguments, lib, data) : bench(arguments, lib, data));
        } catch (IllegalArgumentException wrong) {
            System.err.println("raftsman: " + wrong.getMessage());
            System.exit(USAGE);
        }
    }

    private static int bench(Arguments arguments, Path lib, Path data) throws Exception {
        boolean outliers = arguments.has("outliers");
        AppenderBench bench = new AppenderBench(plan(arguments), setups(arguments), lib, data, outliers, System.out);
        bench.run(arguments.text("command", "AppenderBench"), arguments.text("json", null));
        return bench.rows.stream().allMatch(row -> row.broken.isEmpty()) ? 0 : 1;
    }

    /** Also after Ctrl-C: no JVM that goes on logging, and not the GiB it has logged. */
    private static void leaveNothing(Path data) {
        ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
        if (data != null) {
            try {
                Directories.delete(data);
            } catch (IOException stillInUse) {
                System.err.println("raftsman: cannot remove " + data + ": " + stillInUse.getMessage());
            }
        }
    }

    private static Plan plan(Arguments arguments) {
        Plan base = arguments.has("quick") ? Plan.QUICK : Plan.FULL;
        List<Integer> threads = arguments.has("threads")
                ? Stream.of(arguments.text("threads", "").split(","))
                        .map(Integer::valueOf)
                        .toList()
                : base.threads;
        return new Plan(
                (int) arguments.number("rounds", arguments.has("outliers") ? 1 : base.rounds),
                threads,
                base.warmUpIterations,
                base.iterations,
                base.iterationMillis,
                base.serviceWarmUpMillis,
                arguments.has("seconds") ? 1000 * arguments.number("seconds", 0) : base.serviceMillis,
                base.killedAfter);
    }

    private static List<Setup> setups(Arguments arguments) {
        if (arguments.has("only")) {
            return Stream.of(arguments.text("only", "").split(","))
                    .map(Setup::named)
                    .toList();
        }
        boolean quick = arguments.has("quick");
        return Stream.of(Setup.values())
                .filter(setup -> setup.available() && !(quick && setup.isVariant()))
                .toList();
    }

    /** One set-up under load, with a flight recording. */
    private static int profile(Arguments arguments, Path lib, Path data) throws Exception {
        Setup setup = Setup.named(arguments.text("only", "raftsman-logback"));
        Process load = java(
                        lib,
                        setup,
                        List.of("-XX:StartFlightRecording=settings=profile,filename="
                                + Path.of(arguments.text("jfr", "")).toAbsolutePath()),
                        Load.class,
                        "--setup",
                        setup.id(),
                        "--threads",
                        arguments.text("threads", "1"),
                        "--seconds",
                        arguments.text("seconds", "20"),
                        "--rate",
                        arguments.text("rate", "0"),
                        "--dir",
                        data.resolve("load").toString())
                .inheritIO()
                .start();
        return load.waitFor();
    }

    private void run(String command, String json) throws Exception {
        System.setProperty("jmh.ignoreLock", "true"); // its lock is one for all users of the machine
        String loadBefore = Machine.load();
        long begun = System.nanoTime();
        runsPlanned = plan.rounds * rows.size() * (outliers ? 1 : plan.threads.size() + 2);
        for (int round = 0; round < plan.rounds; round++) {
            List<Row> order = new ArrayList<>(rows);
            if (round % 2 == 1) {
                Collections.reverse(order);
            }
            for (Row row : order) {
                measure(row, round);
            }
        }
        progress("");
        Report report = new Report(
                rows,
                plan.threads,
                plan.rounds,
                RATE,
                command,
                Machine.describe(data),
                loadBefore + " to " + Machine.load());
        long seconds = (System.nanoTime() - begun) / 1_000_000_000L;
        if (outliers) {
            report.printOutliers(out, seconds);
        } else {
            report.print(out, seconds);
        }
        if (json != null) {
            Files.writeString(Path.of(json), report.json());
        }
    }

    private void measure(Row row, int round) throws Exception {
        if (outliers) {
            attempt(row, "slow calls", directory -> service(row, directory, true));
            return;
        }
        for (int threads : plan.threads) {
            attempt(row, threads + " threads", directory -> throughput(row, threads, directory));
        }
        attempt(
                row,
                plan.rounds > 1 ? "service times, round " + (round + 1) : "service times",
                directory -> service(row, directory, false));
        attempt(row, "kill -9", directory -> kill(row, directory));
    }

    @FunctionalInterface
    private interface Run {
        void in(Path directory) throws Exception;
    }

    /** A run that fails breaks its row, not the others. */
    private void attempt(Row row, String what, Run run) throws Exception {
        progress("[%d of %d] %s: %s".formatted(++runsDone, runsPlanned, row.setup.id(), what));
        Path directory = data.resolve("run").resolve("files");
        Directories.delete(directory.getParent());
        Files.createDirectories(directory);
        quiesce();
        try {
            run.in(directory);
        } catch (RuntimeException | IOException | RunnerException failed) {
            row.broken.add(what + ": " + failed.getMessage());
        } finally {
            Directories.delete(directory.getParent());
        }
    }

    /** One line that is written over, for a person who waits. */
    private static void progress(String now) {
        if (Boolean.getBoolean("raftsman.terminal")) {
            System.err.printf("\r%-78.78s\r", now);
        }
    }

    /** The last run's bytes are not to be written during the next one. */
    private static void quiesce() throws Exception {
        Process sync = new ProcessBuilder("sync").inheritIO().start();
        if (!sync.waitFor(20, TimeUnit.SECONDS)) {
            sync.destroyForcibly();
        }
    }

    private void throughput(Row row, int threads, Path directory) throws Exception {
        TimeValue iteration = TimeValue.milliseconds(plan.iterationMillis);
        Collection<RunResult> results;
        String ownClassPath = System.getProperty("java.class.path");
        System.setProperty("java.class.path", row.setup.classPath(lib)); // which JMH gives its fork
        try {
            results = new Runner(new OptionsBuilder()
                            .include("^" + ThroughputBenchmark.class.getName() + "\\.log$")
                            .param("setup", row.setup.id())
                            .param("directory", directory.toString())
                            .threads(threads)
                            .forks(1)
                            .jvmArgs(HEAP.toArray(String[]::new))
                            .warmupIterations(plan.warmUpIterations)
                            .warmupTime(iteration)
                            .measurementIterations(plan.iterations)
                            .measurementTime(iteration)
                            .timeUnit(TimeUnit.SECONDS)
                            .addProfiler(GCProfiler.class)
                            .verbosity(VerboseMode.SILENT)
                            .shouldFailOnError(true)
                            .build())
                    .run();
        } finally {
            System.setProperty("java.class.path", ownClassPath);
        }
        Result child = Result.read(directory);
        Stored stored = Stored.in(row.setup, directory);
        long calls = child.number("calls");
        row.account(threads + " threads", calls, child.number("taken"), stored);
        for (RunResult result : results) {
            row.throughput
                    .computeIfAbsent(threads, any -> new Samples())
                    .add(result.getPrimaryResult().getScore());
            if (threads == plan.threads.get(0)) {
                row.allocatedBytes.add(
                        result.getSecondaryResults().get("gc.alloc.rate.norm").getScore());
                row.cpuSecondsPerMillion.add(
                        child.number("measured.cpu.nanos") / 1e3 / Math.max(1, child.number("measured.calls")));
                row.diskBytes.add(Stored.bytes(row.setup, directory) / (double) Math.max(1, stored.events()));
            }
        }
    }

    private void service(Row row, Path directory, boolean watched) throws Exception {
        Path log = directory.resolveSibling("jvm.log");
        List<String> options = new ArrayList<>();
        List<String> arguments = new ArrayList<>(List.of(
                "--setup",
                row.setup.id(),
                "--dir",
                directory.toString(),
                "--rate",
                Long.toString(RATE),
                "--warm-up-millis",
                Long.toString(plan.serviceWarmUpMillis),
                "--millis",
                Long.toString(plan.serviceMillis)));
        if (watched) {
            options.add("-Xlog:safepoint:file=" + log + ":uptimenanos");
            options.add("-D" + Outliers.JVM_LOG + "=" + log);
            arguments.add("--outliers");
        }
        Process child = start(row.setup, options, ServiceTime.class, arguments, directory);
        if (!child.waitFor(CHILD_SECONDS, TimeUnit.SECONDS)) {
            child.destroyForcibly();
            throw new IllegalStateException("took longer than " + CHILD_SECONDS + " s");
        }
        if (child.exitValue() != 0) {
            throw new IllegalStateException("ended with " + child.exitValue() + ": " + lastWords(directory));
        }
        Result result = Result.read(directory);
        row.account("service times", result.number("calls"), result.number("taken"), Stored.in(row.setup, directory));
        row.p50Nanos.add(result.number("p50"));
        row.p99Nanos.add(result.number("p99"));
        row.p999Nanos.add(result.number("p999"));
        row.maxNanos.add(result.number("max"));
        for (int i = 0; watched && i < result.number("outliers"); i++) {
            row.outliers.add(result.text("outlier." + i));
        }
    }

    private void kill(Row row, Path directory) throws Exception {
        if (row.setup.storage() == Setup.Storage.NONE) {
            return;
        }
        List<String> arguments =
                List.of("--setup", row.setup.id(), "--dir", directory.toString(), "--rate", Long.toString(RATE));
        Process child = start(row.setup, List.of(), KillVictim.class, arguments, directory);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(CHILD_SECONDS);
        while (KillVictim.returned(directory) < plan.killedAfter && child.isAlive() && System.nanoTime() < deadline) {
            LockSupport.parkNanos(1_000_000);
        }
        boolean alive = child.isAlive();
        child.destroyForcibly().waitFor();
        long returned = KillVictim.returned(directory);
        if (!alive || returned < plan.killedAfter) {
            throw new IllegalStateException("made %,d calls: %s".formatted(returned, lastWords(directory)));
        }
        Stored stored = Stored.in(row.setup, directory);
        row.killedLost.add(Math.max(0, returned - stored.events()));
        row.killedDeclared.add(stored.declared());
    }

    private Process start(Setup setup, List<String> options, Class<?> main, List<String> arguments, Path directory)
            throws IOException {
        return java(lib, setup, options, main, arguments.toArray(String[]::new))
                .redirectErrorStream(true)
                .redirectOutput(directory.resolveSibling("child.log").toFile())
                .start();
    }

    private static ProcessBuilder java(Path lib, Setup setup, List<String> options, Class<?> main, String... arguments)
            throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(HEAP);
        command.addAll(options);
        command.addAll(List.of("-cp", setup.classPath(lib), main.getName()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command);
    }

    private static String lastWords(Path directory) throws IOException {
        Path log = directory.resolveSibling("child.log");
        List<String> lines = Files.exists(log) ? Files.readAllLines(log) : List.of();
        return lines.isEmpty() ? "(said nothing)" : lines.get(0);
    }
}
