package dev.raftsman.cli;

import dev.raftsman.standalone.LakeBench;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "lake",
        description = {
            "What the copy for the lake costs: segments made of a file's lines, once as unparsed lines and once as events, into"
                    + " a Delta table on a local directory.",
            "Prints raw MB/s of one thread's CPU time (median of all rounds but the first), and how much smaller the table is. No"
                    + " process is started."
        })
final class BenchLakeCommand implements Callable<Integer> {
    @ArgGroup(multiplicity = "1")
    private LogFiles input;

    @Option(
            names = "--mib",
            paramLabel = "N",
            defaultValue = "128",
            description = "how much of each file (default: ${DEFAULT-VALUE})")
    private int mib;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "5",
            description = "how often; the first ones warm up (default: ${DEFAULT-VALUE})")
    private int rounds;

    @Mixin
    private BenchPlace place;

    @Option(names = "--json", paramLabel = "FILE", description = "all figures, too")
    private Path json;

    @Override
    public Integer call() throws IOException {
        List<Path> files = input.files();
        GivenPath.writable(json);
        return place.run(dir -> {
            LakeBench.run(new LakeBench.Settings(files, mib, rounds, dir, place.command(), json), System.out);
            return true;
        });
    }
}
