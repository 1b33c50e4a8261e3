package dev.raftsman.standalone;

import dev.raftsman.event.Names;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Where the demo's events come from. */
sealed interface DemoSource {
    /** Stream to file, for the agent to follow; empty if an application logs. */
    Map<String, Path> inputs();

    /** The retention file: what becomes of each stream. */
    String retention(Path objects);

    /** Starts what makes events; the cluster takes charge of the child, if there is one. */
    void start(LocalCluster cluster) throws IOException;

    /** Events to expect over all streams, for the progress line. */
    long expectedEvents();

    /** What each stream was given; empty while that is not yet known. Throws if it will never be. */
    Optional<List<Offered>> offered(LocalCluster cluster) throws IOException;

    private static String target(Path objects) {
        return """
                version: 1
                targets:
                  cold: {type: directory, path: %s}
                defaults: {keepHot: {age: 0s}, then: archive, to: cold, sealAfter: 2s}
                """.formatted(ClusterFiles.quoted(objects));
    }

    /** Files that are there already, one stream each. */
    final class LogFiles implements DemoSource {
        private final Map<String, Path> inputs = new LinkedHashMap<>();
        private final List<Offered> offered = new ArrayList<>();

        LogFiles(List<Path> files) throws IOException {
            for (Path file : files) {
                if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
                    throw new StandaloneException(file + " is no file that can be read");
                }
                String base = Names.closest(file.getFileName().toString());
                String stream = base;
                for (int n = 2; inputs.containsKey(stream); n++) {
                    stream = base + "-" + n;
                }
                inputs.put(stream, file.toAbsolutePath());
                offered.add(Offered.ofFile(stream, file));
            }
        }

        @Override
        public Map<String, Path> inputs() {
            return inputs;
        }

        @Override
        public String retention(Path objects) {
            return target(objects) + """
                    policies:
                      - {name: everything, match: {stream: "*"}, then: archive}
                    """;
        }

        @Override
        public void start(LocalCluster cluster) {
            // The files are there; the agent follows them.
        }

        @Override
        public long expectedEvents() {
            return offered.stream().mapToLong(Offered::events).sum();
        }

        @Override
        public Optional<List<Offered>> offered(LocalCluster cluster) {
            return Optional.of(offered);
        }
    }

    /** The sample application, logging through the appender into its WALs. */
    final class SampleApp implements DemoSource {
        private static final String NAME = "sample-application";

        private final long events;
        private final long seed;

        /** Null: as fast as it can. */
        private final Integer eventsPerSecond;

        private Path output;

        SampleApp(long events, long seed) {
            this(events, seed, null);
        }

        SampleApp(long events, long seed, Integer eventsPerSecond) {
            this.events = events;
            this.seed = seed;
            this.eventsPerSecond = eventsPerSecond;
        }

        @Override
        public Map<String, Path> inputs() {
            return Map.of();
        }

        @Override
        public String retention(Path objects) {
            return target(objects) + """
                    policies:
                      - {name: orders, match: {stream: orders}, then: archive}
                      - {name: ledger, match: {stream: ledger}, then: snapshot, snapshot: {every: 5s, keep: 0}}
                      - {name: probes, match: {stream: "*-probe"}, then: truncate, grace: 0s}
                    """;
        }

        @Override
        public void start(LocalCluster cluster) throws IOException {
            ClusterFiles files = cluster.files();
            output = files.dir().resolve("logs").resolve(NAME + ".out");
            Files.deleteIfExists(output);
            // As somebody's application would be started: no flag of ours, only its class path.
            List<String> command = new ArrayList<>(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx128m",
                    "-XX:+UseSerialGC",
                    "-cp",
                    System.getProperty("raftsman.lib") + "/*",
                    SampleApplication.class.getName(),
                    files.walRoot().toString(),
                    Long.toString(events),
                    Long.toString(seed)));
            if (eventsPerSecond != null) {
                command.add(eventsPerSecond.toString());
            }
            cluster.adopt(ChildProcess.start(NAME, command, Map.of(), files.log(NAME), output));
        }

        @Override
        public long expectedEvents() {
            return events;
        }

        @Override
        public Optional<List<Offered>> offered(LocalCluster cluster) throws IOException {
            ChildProcess application = cluster.child(NAME);
            if (application.isAlive()) {
                return Optional.empty();
            }
            if (application.exitCode() != 0) {
                throw new StandaloneException("the sample application ended with exit code " + application.exitCode()
                        + ": " + application.lastWords());
            }
            List<Offered> offered = new ArrayList<>();
            for (String line : Files.readAllLines(output, StandardCharsets.UTF_8)) {
                Offered stream = Offered.ofSummary(line);
                if (stream != null) {
                    offered.add(stream);
                }
            }
            return Optional.of(offered);
        }
    }
}
