package dev.raftsman.cli;

import dev.raftsman.standalone.Directories;
import dev.raftsman.standalone.FilesBench;
import dev.raftsman.standalone.StandaloneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "files",
        description = {
            "What many files cost an agent: some grow by a line every second, the others do not.",
            "Prints CPU with and without growth, memory, open descriptors, and the time from writing a line into an idle file"
                    + " to its acknowledgement. Some 3 minutes; ends with 1 if a count does not come out."
        })
final class BenchFilesCommand implements Callable<Integer> {
    @Option(
            names = "--files",
            paramLabel = "N",
            defaultValue = "10000",
            description = "files watched (default: ${DEFAULT-VALUE})")
    private int files;

    @Option(
            names = "--active",
            paramLabel = "N",
            defaultValue = "1000",
            description = "files of these that grow (default: ${DEFAULT-VALUE})")
    private int active;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "30",
            description = "how long CPU is measured, with and without growth each (default: ${DEFAULT-VALUE})")
    private long seconds;

    @Option(
            names = "--probes",
            paramLabel = "N",
            defaultValue = "50",
            description = "lines written into idle files (default: ${DEFAULT-VALUE})")
    private int probes;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "where data goes (default: a temporary directory, removed)")
    private Path data;

    @Option(names = "--json", paramLabel = "FILE", description = "all figures, too")
    private Path json;

    @Override
    public Integer call() throws IOException {
        GivenPath.directory(data);
        GivenPath.writable(json);
        Path dir = data == null ? Files.createTempDirectory("raftsman-bench-") : data;
        boolean once;
        try {
            once = FilesBench.run(
                    new FilesBench.Settings(
                            files,
                            active,
                            Duration.ofSeconds(seconds),
                            probes,
                            dir,
                            "raftsman bench files --files " + files + " --active " + active,
                            json),
                    System.out);
        } catch (StandaloneException e) {
            throw new CommandException(ExitCodes.UNAVAILABLE, e.getMessage() + "; configuration and logs in " + dir, e);
        }
        if (data == null) {
            Directories.delete(dir);
        }
        return once ? ExitCodes.OK : ExitCodes.MISMATCH;
    }
}
