package dev.raftsman.cli;

import dev.raftsman.standalone.TailBench;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

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

    @Mixin
    private BenchPlace place;

    @Override
    public Integer call() throws IOException {
        return place.run(dir -> {
            TailBench.run(
                    new TailBench.Settings(
                            dir, rate, Duration.ofSeconds(warmUpSeconds), Duration.ofSeconds(seconds), place.command()),
                    System.out);
            return true;
        });
    }
}
