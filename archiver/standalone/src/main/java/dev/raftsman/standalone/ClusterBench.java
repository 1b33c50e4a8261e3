package dev.raftsman.standalone;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Three collectors beside three Kafka brokers: the same lines, the same pace, the same machine, in turn. Each set-up runs in
 * processes of its own that are started, warmed up and ended in each round; while one is measured no other runs.
 */
public final class ClusterBench {
    private static final double MIB = 1L << 20;

    /** What can be measured. */
    public enum Setup {
        RAFTSMAN("raftsman"),
        KAFKA("kafka"),
        KAFKA_FSYNC("kafka-fsync");

        private final String text;

        Setup(String text) {
            this.text = text;
        }

        /** @throws IllegalArgumentException if there is none of that name */
        public static Setup of(String text) {
            return Stream.of(values())
                    .filter(setup -> setup.text.equals(text))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException(
                            "no set-up " + text + "; expected raftsman, kafka or kafka-fsync"));
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /**
     * @param file lines to send, again and again
     * @param dir for data; made if missing
     * @param kafka Kafka's jars; what needs them is skipped where they are not
     * @param setups in the order of measuring
     * @param rounds how often each is measured
     * @param warmUp of ours, at full speed
     * @param kafkaWarmUpBytes of Kafka, at full speed, raw
     * @param lead before each paced measurement, at its pace
     * @param measure how long each load is measured
     * @param rates events a second of the paced loads, all producers together
     * @param producers connections, streams and partitions
     * @param linger how long an event may wait for others to share its block or batch
     * @param windowBytes what each producer may have unacknowledged, compressed
     * @param command as a person would type it
     * @param json where all figures go too; null for nowhere
     */
    public record Settings(
            Path file,
            Path dir,
            Path kafka,
            List<Setup> setups,
            int rounds,
            Duration warmUp,
            long kafkaWarmUpBytes,
            Duration lead,
            Duration measure,
            List<Integer> rates,
            int producers,
            Duration linger,
            long windowBytes,
            String command,
            Path json) {
        public Settings {
            setups = List.copyOf(setups);
            rates = List.copyOf(rates);
        }
    }

    private final Settings settings;
    private final PrintStream out;
    private final Progress progress = Progress.toStandardError();
    private final Map<Setup, List<ClusterRun>> runs = new LinkedHashMap<>();

    private ClusterBench(Settings settings, PrintStream out) {
        this.settings = settings;
        this.out = out;
    }

    /** Runs it and prints the figures. @return whether everything acknowledged was stored */
    public static boolean run(Settings settings, PrintStream out) throws IOException {
        return new ClusterBench(settings, out).run();
    }

    private boolean run() throws IOException {
        Map<String, Object> machine = BenchMachine.describe(settings.command());
        machine.put("file", settings.file() + ", " + Bytes.text(Files.size(settings.file())));
        machine.put(
                "load",
                "%d producers, linger %d ms, %s unacknowledged each"
                        .formatted(
                                settings.producers(),
                                settings.linger().toMillis(),
                                Bytes.text(settings.windowBytes())));
        machine.forEach((key, value) -> out.println(key + ": " + value));
        List<Setup> possible = new ArrayList<>();
        for (Setup setup : settings.setups()) {
            if (setup != Setup.RAFTSMAN && !Files.isDirectory(settings.kafka())) {
                out.println(setup + ": skipped, no Kafka here (" + settings.kafka()
                        + "); it comes with a checkout's build");
            } else {
                possible.add(setup);
                runs.put(setup, new ArrayList<>());
            }
        }
        for (int round = 1; round <= settings.rounds(); round++) {
            for (Setup setup : possible) {
                ClusterRun run = measure(setup, round);
                runs.get(setup).add(run);
                print("round " + round + ", " + setup, List.of(run));
            }
        }
        if (settings.rounds() > 1) {
            for (Setup setup : possible) {
                print(setup + ", median of " + settings.rounds() + " rounds (least to greatest)", runs.get(setup));
            }
        }
        writeJson(machine);
        return runs.values().stream()
                .flatMap(List::stream)
                .allMatch(run -> run.problems().isEmpty());
    }

    private ClusterRun measure(Setup setup, int round) throws IOException {
        progress.now("round " + round + ", " + setup + ": starting");
        Path dir = settings.dir().toAbsolutePath().resolve(setup + "-" + round);
        boolean ours = setup == Setup.RAFTSMAN;
        ClusterRun run;
        try (BenchTarget target = ours
                ? new CollectorTarget(dir, settings)
                : new KafkaTarget(dir, settings.kafka(), settings, setup == Setup.KAFKA_FSYNC)) {
            run = ClusterRun.of(
                    target,
                    settings,
                    ours ? settings.warmUp() : Duration.ZERO,
                    ours ? 0 : settings.kafkaWarmUpBytes(),
                    progress);
        } finally {
            progress.clear();
        }
        // Only now: where something failed, its logs say why.
        Directories.delete(dir);
        return run;
    }

    // --- what is printed

    private void print(String title, List<ClusterRun> of) {
        out.println(title + ":");
        for (ClusterRun run : of) {
            run.problems().forEach(problem -> out.println("  BROKEN, says nothing: " + problem));
        }
        load(of, ClusterRun.FULL, "full speed");
        for (int rate : settings.rates()) {
            load(of, Integer.toString(rate), "%,d events/s".formatted(rate));
        }
        out.printf(
                "  %-18s RSS %s = %s + %s + %s MiB, peak %s MiB; in all %s B written per B stored%s%n",
                "nodes",
                text(of, "rssBytes", MIB, 0),
                text(of, "rssBytes.1", MIB, 0),
                text(of, "rssBytes.2", MIB, 0),
                text(of, "rssBytes.3", MIB, 0),
                text(of, "peakBytes", MIB, 0),
                text(of, "writtenPerStored", 1, 2),
                of.stream().anyMatch(run -> run.figures().get("reconnects") > 0)
                        ? "; " + text(of, "reconnects", 1, 0) + " reconnects"
                        : "");
        out.flush();
    }

    private void load(List<ClusterRun> of, String load, String title) {
        out.printf(
                "  %-18s %s MB/s raw, %s MB/s on the wire, %s events/s; ack p50 %s, p99 %s, p99.9 %s ms%n",
                title,
                text(of, load + ".rawMbPerSecond", 1, 1),
                text(of, load + ".wireMbPerSecond", 1, 1),
                text(of, load + ".eventsPerSecond", 1, 0),
                text(of, load + ".ackP50Millis", 1, 1),
                text(of, load + ".ackP99Millis", 1, 1),
                text(of, load + ".ackP999Millis", 1, 1));
        out.printf(
                "  %-18s CPU-s/GiB: producer %s, nodes %s; cores: producer %s, nodes %s, others %s; written %s B per B%n",
                "",
                text(of, load + ".producerCpuSecondsPerGib", 1, 2),
                text(of, load + ".nodesCpuSecondsPerGib", 1, 2),
                text(of, load + ".producerCores", 1, 2),
                text(of, load + ".nodesCores", 1, 2),
                text(of, load + ".otherCores", 1, 2),
                text(of, load + ".writtenPerWireByte", 1, 2));
    }

    private static String text(List<ClusterRun> of, String figure, double unit, int decimals) {
        double[] sorted = of.stream()
                .mapToDouble(run -> run.figures().get(figure) / unit)
                .sorted()
                .toArray();
        String format = "%,." + decimals + "f";
        double median = sorted.length % 2 == 1
                ? sorted[sorted.length / 2]
                : (sorted[sorted.length / 2 - 1] + sorted[sorted.length / 2]) / 2;
        return sorted.length == 1
                ? format.formatted(median)
                : (format + " (" + format + " to " + format + ")")
                        .formatted(median, sorted[0], sorted[sorted.length - 1]);
    }

    private void writeJson(Map<String, Object> machine) throws IOException {
        if (settings.json() == null) {
            return;
        }
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("machine", machine);
        for (Map.Entry<Setup, List<ClusterRun>> setup : runs.entrySet()) {
            List<Map<String, Object>> rounds = new ArrayList<>();
            for (ClusterRun run : setup.getValue()) {
                Map<String, Object> figures = new LinkedHashMap<>(run.figures());
                figures.put("broken", run.problems());
                rounds.add(figures);
            }
            all.put(setup.getKey().toString(), rounds);
        }
        new ObjectMapper()
                .enable(SerializationFeature.INDENT_OUTPUT)
                .writeValue(settings.json().toFile(), all);
    }
}
