package dev.raftsman.cli;

import dev.raftsman.standalone.GrepBench;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "grep",
        description = {
            "Searches in many streams, on collectors and then in the archive, beside 'zstd -dc | grep' (or rg) over the same lines.",
            "Needs the programs zstd and grep. Ends with 1 if the two did not find the same."
        })
final class BenchGrepCommand implements Callable<Integer> {
    @Option(names = "--dir", paramLabel = "DIR", required = true, description = "files of lines")
    private Path source;

    @Option(
            names = "--streams",
            paramLabel = "N",
            defaultValue = "50",
            description = "how many the files are parted into (default: ${DEFAULT-VALUE})")
    private int streams;

    @Option(
            names = "--rare",
            paramLabel = "WORD",
            description =
                    "what is looked for (default: in each round another, the rarest of those in the middle of the streams)")
    private String rare;

    @Option(
            names = "--common",
            paramLabel = "WORD",
            defaultValue = "error",
            description = "what is looked for, too (default: ${DEFAULT-VALUE})")
    private String common;

    @Option(
            names = "--policy",
            paramLabel = "FILE",
            description = "a retention file that archives everything at once (default: into a directory)")
    private Path retention;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "5",
            description = "how often each is measured (default: ${DEFAULT-VALUE})")
    private int rounds;

    @Mixin
    private BenchPlace place;

    @Option(names = "--json", paramLabel = "FILE", description = "all figures of all rounds, too")
    private Path json;

    @Override
    public Integer call() throws IOException {
        if (!Files.isDirectory(source)) {
            throw new CommandException(ExitCodes.NO_INPUT, "no directory " + source + "; expected one with files");
        }
        if (streams < 1 || rounds < 1) {
            throw new CommandException(
                    ExitCodes.USAGE, streams + " streams, " + rounds + " rounds; expected 1 or more of each");
        }
        if (rare != null && rare.length() < 3) {
            throw new CommandException(ExitCodes.USAGE, "--rare " + rare + "; expected 3 characters or more");
        }
        if (retention != null) {
            Place.policies(retention);
        }
        GivenPath.writable(json);
        return place.run(dir -> GrepBench.run(
                new GrepBench.Settings(source, streams, rare, common, retention, rounds, dir, place.command(), json),
                System.out));
    }
}
