package dev.raftsman.cli;

import dev.raftsman.standalone.ArchiveBench;
import dev.raftsman.standalone.StandaloneException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "archive",
        description = {
            "How small log files become in cold objects, and how fast, beside zstd -3 in blocks of 1 MiB and zstd -19 of the same"
                    + " bytes.",
            "Every file becomes a segment as an agent would have made it, the segment a cold object; every object is decoded and"
                    + " compared. Speeds are of one thread by its CPU time, MB of the file's bytes a second."
        })
final class BenchArchiveCommand implements Callable<Integer> {
    @ArgGroup(multiplicity = "1")
    private LogFiles input;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "3",
            description = "how often each file is measured after one round of warm-up; the median counts (default:"
                    + " ${DEFAULT-VALUE})")
    private int rounds;

    @Option(names = "--json", paramLabel = "FILE", description = "all figures, too")
    private Path json;

    @Override
    public Integer call() throws IOException {
        List<Path> files = input.files();
        GivenPath.writable(json);
        try {
            ArchiveBench.run(
                    new ArchiveBench.Settings(
                            files, rounds, "raftsman bench archive" + input + " --rounds " + rounds, json),
                    System.out);
        } catch (StandaloneException e) {
            throw new CommandException(ExitCodes.UNAVAILABLE, e.getMessage(), e);
        }
        return ExitCodes.OK;
    }
}
