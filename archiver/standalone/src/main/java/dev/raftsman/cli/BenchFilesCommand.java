package dev.raftsman.cli;

import dev.raftsman.standalone.FilesBench;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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

    @Mixin
    private BenchPlace place;

    @Option(names = "--json", paramLabel = "FILE", description = "all figures, too")
    private Path json;

    @Override
    public Integer call() throws IOException {
        GivenPath.writable(json);
        return place.run(dir -> FilesBench.run(
                new FilesBench.Settings(files, active, Duration.ofSeconds(seconds), probes, dir, place.command(), json),
                System.out));
    }
}
