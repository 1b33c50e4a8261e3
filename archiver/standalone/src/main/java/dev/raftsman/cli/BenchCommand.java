package dev.raftsman.cli;

import dev.raftsman.standalone.PipelineBench;
import dev.raftsman.standalone.StandaloneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(name = "bench", description = "Measures.", subcommands = BenchCommand.Pipeline.class)
final class BenchCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "missing verb: pipeline");
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

        @Option(
                names = "--data",
                paramLabel = "DIR",
                description = "where data goes (default: a temporary directory, removed)")
        private Path data;

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
            if (!Files.isReadable(file)) {
                throw new CommandException(ExitCodes.NO_INPUT, "cannot read " + file);
            }
            Path dir = data == null ? Files.createTempDirectory("raftsman-bench-") : data;
            try {
                PipelineBench.run(
                        new PipelineBench.Settings(
                                file,
                                dir,
                                coldMib << 20,
                                Duration.ofSeconds(warmUpSeconds),
                                coldOnly ? 0 : steadyMib << 20),
                        System.out);
            } catch (StandaloneException e) {
                throw new CommandException(
                        ExitCodes.UNAVAILABLE, e.getMessage() + "; logs in " + dir.resolve("logs"), e);
            }
            if (data == null) {
                DemoCommand.delete(dir);
            }
            return ExitCodes.OK;
        }
    }
}
