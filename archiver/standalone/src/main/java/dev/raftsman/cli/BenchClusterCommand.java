package dev.raftsman.cli;

import dev.raftsman.standalone.ClusterBench;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "cluster",
        description = {
            "Three collector processes, fsynced by a majority, beside three Kafka processes: producers send the lines of a file"
                    + " as fast as they are taken, then at each rate.",
            "Prints raw and compressed MB/s, acknowledgement times, CPU seconds per GiB of producers and nodes, memory of each"
                    + " node and bytes written per byte stored: of each round, then medians and spread. Some 45 minutes; ends"
                    + " with 1 if what was acknowledged is not stored. Kafka comes with a checkout only, and is skipped without."
        })
final class BenchClusterCommand implements Callable<Integer> {
    /** Where a build of the checkout leaves it. */
    private static final Path KAFKA = Path.of("collector", "bench", "target", "bench", "lib");

    @Option(names = "--file", paramLabel = "FILE", required = true, description = "lines to send, again and again")
    private Path file;

    @Option(names = "--quick", description = "one short round, for a look only")
    private boolean quick;

    @Option(
            names = "--only",
            paramLabel = "SET-UP",
            split = ",",
            defaultValue = "raftsman,kafka,kafka-fsync",
            description = "these only, in this order (default: ${DEFAULT-VALUE})")
    private List<String> only;

    @Option(names = "--rounds", paramLabel = "N", description = "how often each is measured (default: 5)")
    private Integer rounds;

    @Option(names = "--warm-up-seconds", paramLabel = "N", description = "of the collectors, before (default: 60)")
    private Long warmUpSeconds;

    @Option(names = "--kafka-warm-up-mib", paramLabel = "N", description = "of Kafka, before (default: 3072)")
    private Long kafkaWarmUpMib;

    @Option(names = "--seconds", paramLabel = "N", description = "how long each load is measured (default: 20)")
    private Long seconds;

    @Option(
            names = "--rates",
            paramLabel = "N",
            split = ",",
            defaultValue = "100000,20000",
            description = "events a second of the paced loads (default: ${DEFAULT-VALUE})")
    private List<Integer> rates;

    @Option(
            names = "--producers",
            paramLabel = "N",
            defaultValue = "4",
            description = "connections, each with a stream or a partition of its own (default: ${DEFAULT-VALUE})")
    private int producers;

    @Option(
            names = "--linger-millis",
            paramLabel = "N",
            defaultValue = "5",
            description = "how long an event may wait for its block or batch (default: ${DEFAULT-VALUE}, Kafka's own)")
    private long lingerMillis;

    @Option(
            names = "--window-kib",
            paramLabel = "N",
            defaultValue = "4096",
            description = "what each producer may have unacknowledged, compressed (default: ${DEFAULT-VALUE})")
    private long windowKib;

    @Mixin
    private BenchPlace place;

    @Option(names = "--json", paramLabel = "FILE", description = "all figures of all rounds, too")
    private Path json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        GivenPath.readable(file);
        GivenPath.writable(json);
        return place.run(dir -> ClusterBench.run(settings(dir), System.out));
    }

    private ClusterBench.Settings settings(Path dir) {
        return new ClusterBench.Settings(
                file,
                dir,
                kafka(),
                only.stream().map(this::setup).collect(Collectors.toList()),
                (int) or(rounds == null ? null : (long) rounds, 1, 5),
                Duration.ofSeconds(or(warmUpSeconds, 5, 60)),
                or(kafkaWarmUpMib, 512, 3072) << 20,
                Duration.ofSeconds(quick ? 2 : 5),
                Duration.ofSeconds(or(seconds, 5, 20)),
                rates,
                producers,
                Duration.ofMillis(lingerMillis),
                windowKib << 10,
                place.command(),
                json);
    }

    private ClusterBench.Setup setup(String name) {
        try {
            return ClusterBench.Setup.of(name);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private static Path kafka() {
        String launcher = System.getProperty("raftsman.launcher");
        return launcher == null ? KAFKA : Path.of(launcher).resolveSibling(KAFKA);
    }

    private long or(Long given, long little, long usual) {
        return given == null ? (quick ? little : usual) : given;
    }
}
