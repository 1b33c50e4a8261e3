package dev.raftsman.cli;

import dev.raftsman.standalone.CatchUpBench;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

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

    @Mixin
    private BenchPlace place;

    @Override
    public Integer call() throws IOException {
        GivenPath.readable(file);
        return place.run(dir -> CatchUpBench.run(
                new CatchUpBench.Settings(
                        file, dir, mib << 20, rate, Duration.ofSeconds(windowSeconds), place.command()),
                System.out));
    }
}
