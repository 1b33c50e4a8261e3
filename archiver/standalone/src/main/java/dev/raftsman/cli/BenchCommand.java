package dev.raftsman.cli;

import dev.raftsman.standalone.PipelineBench;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "bench",
        description = "Measures.",
        subcommands = {
            BenchCommand.Pipeline.class,
            BenchAgentCommand.class,
            BenchFilesCommand.class,
            BenchClusterCommand.class,
            BenchCatchUpCommand.class,
            BenchArchiveCommand.class,
            BenchLakeCommand.class,
            BenchTailCommand.class,
            BenchGrepCommand.class,
            BenchCommand.Appender.class
        })
final class BenchCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "missing verb: pipeline, agent, files, cluster, catch-up, archive, lake, tail or appender");
    }

    @Command(
            name = "pipeline",
            description = {
                "A file through one agent process into three collector processes, fsynced by a majority.",
                "Prints raw MB/s, lines/s, acknowledgement times, CPU seconds per GiB and peak memory of each process:"
                        + " cold (from the first byte on) and steady (after a warm-up) apart."
            })
    static final class Pipeline implements Callable<Integer> {
        @Option(names = "--file", paramLabel = "FILE", required = true, description = "what to ship, again and again")
        private Path file;

        @Mixin
        private BenchPlace place;

        @Option(
                names = "--cold-mib",
                defaultValue = "1024",
                description = "MiB that count as cold (default: ${DEFAULT-VALUE})")
        private long coldMib;

        @Option(names = "--cold-only", description = "leave warm-up and steady out")
        private boolean coldOnly;

        @Option(
                names = "--warm-up-seconds",
                defaultValue = "60",
                description = "between cold and steady (default: ${DEFAULT-VALUE})")
        private long warmUpSeconds;

        @Option(
                names = "--steady-mib",
                defaultValue = "10240",
                description = "MiB that count as steady (default: ${DEFAULT-VALUE})")
        private long steadyMib;

        @Override
        public Integer call() throws IOException {
            GivenPath.readable(file);
            return place.run(dir -> {
                PipelineBench.run(
                        new PipelineBench.Settings(
                                file,
                                dir,
                                coldMib << 20,
                                Duration.ofSeconds(warmUpSeconds),
                                coldOnly ? 0 : steadyMib << 20),
                        System.out);
                return true;
            });
        }
    }

    @Command(
            name = "appender",
            description = {
                "The appender beside the appenders people use: same event, same run, each in JVMs of its own.",
                "Prints throughput with 1, 2 and 4 threads, what a call takes its thread at 50,000 a second, bytes allocated, CPU"
                        + " and disk of an event, events lost, and what is missing after a kill -9. Some 22 minutes; ends with 1 if"
                        + " a count does not come out. Only in a checkout: it brings other people's appenders."
            })
    static final class Appender implements Callable<Integer> {
        /** Where a build of the checkout leaves it. */
        private static final Path LIB = Path.of("agent", "bench", "target", "bench", "lib");

        @Option(
                names = "--quick",
                description = "within 2 minutes: one short round with 1 and 2 threads, for a look only")
        private boolean quick;

        @Option(names = "--only", paramLabel = "SET-UP", split = ",", description = "these only, in this order")
        private List<String> only;

        @Option(names = "--threads", paramLabel = "N", split = ",", description = "instead of 1,2,4 (or 1,2)")
        private List<Integer> threads;

        @Option(names = "--rounds", paramLabel = "N", description = "how often each is measured (default: 3)")
        private Integer rounds;

        @Option(names = "--json", paramLabel = "FILE", description = "all figures of all rounds, too")
        private Path json;

        @Option(
                names = "--data",
                paramLabel = "DIR",
                description =
                        "where log files go, on the file system to be measured (default: a temporary directory, removed)")
        private Path data;

        @Option(
                names = "--outliers",
                description = "instead: the ten slowest calls of each, and what the kernel says of them")
        private boolean outliers;

        @Option(
                names = "--jfr",
                paramLabel = "FILE",
                description = "instead: one set-up of --only at full speed, or at --rate, with a flight recording")
        private Path jfr;

        @Option(names = "--seconds", paramLabel = "N", description = "of service times, or under the flight recorder")
        private Integer seconds;

        @Option(names = "--rate", paramLabel = "N", description = "with --jfr: calls a second of each thread")
        private Integer rate;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() throws IOException, InterruptedException {
            GivenPath.directory(data);
            GivenPath.writable(json);
            GivenPath.writable(jfr);
            String launcher = System.getProperty("raftsman.launcher");
            Path lib = launcher == null ? LIB : Path.of(launcher).resolveSibling(LIB);
            if (!Files.isDirectory(lib)) {
                throw new CommandException(
                        ExitCodes.UNAVAILABLE,
                        "no bench here (" + lib + "): it is part of a checkout and not of an installation, because it"
                                + " brings other people's appenders");
            }
            List<String> command = new ArrayList<>(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Draftsman.terminal=" + System.getProperty("raftsman.terminal", "false"),
                    "-cp",
                    lib.resolve("*").toString(),
                    "dev.raftsman.bench.AppenderBench"));
            List<String> given = spec.commandLine().getParseResult().originalArgs();
            command.addAll(List.of("--command", "raftsman " + String.join(" ", given)));
            add(command, "--quick", quick ? "" : null);
            add(command, "--only", only == null ? null : String.join(",", only));
            add(command, "--threads", threads == null ? null : join(threads));
            add(command, "--rounds", rounds);
            add(command, "--json", json);
            add(command, "--data", data);
            add(command, "--outliers", outliers ? "" : null);
            add(command, "--jfr", jfr);
            add(command, "--seconds", seconds);
            add(command, "--rate", rate);
            Process bench = new ProcessBuilder(command).inheritIO().start();
            Runtime.getRuntime().addShutdownHook(new Thread(bench::destroy, "bench-stop"));
            return bench.waitFor();
        }

        private static String join(List<Integer> numbers) {
            return numbers.stream().map(String::valueOf).collect(Collectors.joining(","));
        }

        private static void add(List<String> command, String name, Object value) {
            if (value != null) {
                command.add(name);
                if (!value.equals("")) {
                    command.add(value.toString());
                }
            }
        }
    }
}
