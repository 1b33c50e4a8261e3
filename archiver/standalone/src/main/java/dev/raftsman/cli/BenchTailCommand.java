package dev.raftsman.cli;

import dev.raftsman.standalone.Directories;
import dev.raftsman.standalone.StandaloneException;
import dev.raftsman.standalone.TailBench;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "tail",
        description = {
            "An application that logs now and then, an agent, three collectors, and two that follow: 'raftsman tail -f' and the"
                    + " Java client.",
            "Prints how long it takes from logger.info until each has the event, and where the collectors spend of it."
        })
final class BenchTailCommand implements Callable<Integer> {
    @Option(
            names = "--rate",
            paramLabel = "N",
            defaultValue = "45",
            description = "events a second of the application; 9 of 20 are in the stream (default: ${DEFAULT-VALUE})")
    private int rate;

    @Option(
            names = "--warm-up-seconds",
            paramLabel = "N",
            defaultValue = "15",
            description = "before it is measured (default: ${DEFAULT-VALUE})")
    private long warmUpSeconds;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "60",
            description = "how long it is measured (default: ${DEFAULT-VALUE})")
    private long seconds;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description =
                    "where data goes, on the file system to be measured (default: a temporary directory, removed)")
    private Path data;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        GivenPath.directory(data);
        Path dir = data == null ? Files.createTempDirectory("raftsman-bench-") : data;
        String command = "raftsman "
                + String.join(" ", spec.commandLine().getParseResult().originalArgs());
        try {
            TailBench.run(
                    new TailBench.Settings(
                            dir, rate, Duration.ofSeconds(warmUpSeconds), Duration.ofSeconds(seconds), command),
                    System.out);
        } catch (StandaloneException e) {
            throw new CommandException(ExitCodes.UNAVAILABLE, e.getMessage() + "; configuration and logs in " + dir, e);
        }
        if (data == null) {
            Directories.delete(dir);
        }
        return ExitCodes.OK;
    }
}
