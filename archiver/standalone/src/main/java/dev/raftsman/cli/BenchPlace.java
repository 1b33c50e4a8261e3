package dev.raftsman.cli;

import dev.raftsman.standalone.Directories;
import dev.raftsman.standalone.StandaloneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Where the data of a measurement goes, and what comes of it when the measurement has ended. */
final class BenchPlace {
    @Option(
            names = "--data",
            paramLabel = "DIR",
            description =
                    "where data goes, on the file system to be measured (default: a temporary directory, removed)")
    private Path data;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    /** What is measured there. */
    @FunctionalInterface
    interface Measurement {
        /** @return whether everything was as it should be */
        boolean run(Path dir) throws IOException;
    }

    /** The command as a person would type it. */
    String command() {
        return "raftsman "
                + String.join(" ", spec.commandLine().getParseResult().originalArgs());
    }

    /**
     * A directory made for it is deleted, unless it fails: then its configuration and logs are kept and named.
     *
     * @return the exit code
     */
    int run(Measurement measurement) throws IOException {
        GivenPath.directory(data);
        Path dir = data == null ? Files.createTempDirectory("raftsman-bench-") : data;
        boolean asItShouldBe;
        try {
            asItShouldBe = measurement.run(dir);
        } catch (StandaloneException e) {
            throw new CommandException(ExitCodes.UNAVAILABLE, e.getMessage() + "; configuration and logs in " + dir, e);
        }
        if (data == null) {
            Directories.delete(dir);
        }
        return asItShouldBe ? ExitCodes.OK : ExitCodes.MISMATCH;
    }
}
