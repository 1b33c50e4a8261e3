package dev.raftsman.standalone;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.raftsman.client.RaftsmanConsumer;
import dev.raftsman.client.StreamRecord;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * How long it takes from {@code logger.info} in an application until a follower has the event: over the write-ahead log, the
 * agent, and three collectors that have nothing else to do. The event's own time is its beginning, the wall clock its end.
 */
public final class TailBench {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String STREAM = "orders";

    /** Of all events of the application, those of {@link #STREAM}. */
    private static final double SHARE = 9 / 20.0;

    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * @param dir for data, configuration and logs
     * @param eventsPerSecond of the application, in all its streams
     */
    public record Settings(Path dir, int eventsPerSecond, Duration warmUp, Duration measure, String command) {}

    private TailBench() {}

    public static void run(Settings settings, PrintStream out) throws IOException {
        ClusterFiles files = new ClusterFiles(settings.dir(), 3);
        files.writeCollectors("64MiB", "1h");
        files.writeAgent(Map.of(), "256MiB");
        try (LocalCluster cluster = new LocalCluster(files).stoppedWithUs()) {
            cluster.startCollectors();
            cluster.startAgent();
            cluster.awaitCollectors(LIMIT);
            cluster.awaitAgent(LIMIT);
            new DemoSource.SampleApp(1_000_000, 1, settings.eventsPerSecond()).start(cluster);
            LocalCluster.await(
                    "the stream",
                    LIMIT,
                    () -> cluster.get(files.http(1), "/v1/streams")
                            .map(page -> page.contains('"' + STREAM + '"'))
                            .orElse(false));
            out.println(settings.command());
            out.printf(
                    "%.0f events/s of %d, warm-up %d s, measured %d s%n",
                    settings.eventsPerSecond() * SHARE,
                    settings.eventsPerSecond(),
                    settings.warmUp().toSeconds(),
                    settings.measure().toSeconds());
            Process tail = tail(files);
            try (RaftsmanConsumer consumer =
                    RaftsmanConsumer.of(files.https().stream()
                                    .map(node -> URI.create("http://" + node))
                                    .toList())
                            .stream(ClusterFiles.TENANT, STREAM)
                            .fromLatest(0)
                            .open()) {
                Lines lines = new Lines(tail, settings);
                lines.start();
                List<Double> seconds = new ArrayList<>();
                long begin = System.nanoTime() + settings.warmUp().toNanos();
                long end = begin + settings.measure().toNanos();
                while (System.nanoTime() < end) {
                    StreamRecord record = consumer.poll(Duration.ofMillis(100));
                    Instant now = Instant.now();
                    if (record != null && System.nanoTime() >= begin) {
                        seconds.add(since(record.time(), now));
                    }
                }
                lines.join(TimeUnit.SECONDS.toMillis(5));
                print(out, "raftsman tail -f", lines.latencies());
                print(out, "RaftsmanConsumer", Latencies.of(seconds.stream().mapToDouble(Double::doubleValue)));
                stages(cluster, out);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new StandaloneException("interrupted", e);
            } finally {
                tail.destroy();
            }
        }
    }

    private static Process tail(ClusterFiles files) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                LocalCluster.launcher(),
                "tail",
                "-f",
                "-n",
                "0",
                "--json",
                "--cluster",
                String.join(",", files.https()),
                STREAM);
        builder.environment().put("RAFTSMAN_BUILD", "never");
        builder.redirectError(files.log("tail").toFile());
        return builder.start();
    }

    private static double since(Instant then, Instant now) {
        return ChronoUnit.MICROS.between(then, now) / 1e6;
    }

    private static void print(PrintStream out, String title, Latencies latencies) {
        out.printf(
                "  %-18s p50 %.1f ms, p99 %.1f ms, most %.1f ms, of %d events%n",
                title,
                1e3 * latencies.median(),
                1e3 * latencies.quantile(0.99),
                1e3 * latencies.greatest(),
                latencies.count());
        out.flush();
    }

    /** Where the time goes in the collectors, from the leader's own figures. */
    private static void stages(LocalCluster cluster, PrintStream out) {
        MetricsPage page = cluster.metrics(cluster.files().http(cluster.awaitLeader(LIMIT)));
        for (String stage : List.of("wait", "commit", "apply")) {
            String label = "stage=\"" + stage + '"';
            double count = page.sum("raftsman_collector_stage_seconds_count", label);
            double sum = page.sum("raftsman_collector_stage_seconds_sum", label);
            out.printf("  of it %-7s      mean %.1f ms%n", stage, 1e3 * sum / count);
        }
        out.flush();
    }

    /** Reads what the command writes. */
    private static final class Lines extends Thread {
        private final BufferedReader in;
        private final List<Double> seconds = new ArrayList<>();
        private final long begin;
        private final long end;

        Lines(Process tail, Settings settings) {
            super("tail-lines");
            setDaemon(true);
            in = tail.inputReader();
            begin = System.nanoTime() + settings.warmUp().toNanos();
            end = begin + settings.measure().toNanos();
        }

        @Override
        public void run() {
            try {
                for (String line = in.readLine(); line != null && System.nanoTime() < end; line = in.readLine()) {
                    Instant now = Instant.now();
                    if (System.nanoTime() >= begin) {
                        JsonNode record = JSON.readTree(line);
                        add(since(Instant.parse(record.path("time").asText()), now));
                    }
                }
            } catch (IOException e) {
                throw new StandaloneException("what 'raftsman tail' writes cannot be read: " + e.getMessage(), e);
            }
        }

        private synchronized void add(double latency) {
            seconds.add(latency);
        }

        synchronized Latencies latencies() {
            return Latencies.of(seconds.stream().mapToDouble(Double::doubleValue));
        }
    }
}
