package dev.raftsman.cli;

import dev.raftsman.standalone.CatchUpBench;
import dev.raftsman.standalone.Directories;
import dev.raftsman.standalone.StandaloneException;
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
        name = "catch-up",
        description = {
            "A fourth collector joins three that hold much already, while events come in.",
            "Prints how fast it gets their segments, acknowledgement times without and meanwhile, and memory of each node."
                    + " Some 6 minutes; ends with 1 if its segments are not those of the others."
        })
final class BenchCatchUpCommand implements Callable<Integer> {
    @Option(names = "--file", paramLabel = "FILE", required = true, description = "lines to send, again and again")
    private Path file;

    @Option(
            names = "--mib",
            paramLabel = "N",
            defaultValue = "5120",
            description = "MiB of segments that are there before (default: ${DEFAULT-VALUE})")
    private long mib;

    @Option(
            names = "--rate",
            paramLabel = "N",
            defaultValue = "20000",
            description = "events a second that come in (default: ${DEFAULT-VALUE})")
    private int rate;

    @Option(
            names = "--window-seconds",
            paramLabel = "N",
            defaultValue = "5",
            description = "how long acknowledgements are measured at a time (default: ${DEFAULT-VALUE})")
    private long windowSeconds;

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
        GivenPath.readable(file);
        GivenPath.directory(data);
        Path dir = data == null ? Files.createTempDirectory("raftsman-bench-") : data;
        boolean same;
        try {
            same = CatchUpBench.run(
                    new CatchUpBench.Settings(
                            file,
                            dir,
                            mib << 20,
                            rate,
                            Duration.ofSeconds(windowSeconds),
                            "raftsman "
                                    + String.join(
                                            " ",
                                            spec.commandLine().getParseResult().originalArgs())),
                    System.out);
        } catch (StandaloneException e) {
            throw new CommandException(ExitCodes.UNAVAILABLE, e.getMessage() + "; configuration and logs in " + dir, e);
        }
        if (data == null) {
            Directories.delete(dir);
        }
        return same ? ExitCodes.OK : ExitCodes.MISMATCH;
    }
}
