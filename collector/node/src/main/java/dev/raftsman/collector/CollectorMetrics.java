package dev.raftsman.collector;

import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.Verdict;
import dev.raftsman.console.AckTimes;
import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import dev.raftsman.ingest.BlockContents;
import dev.raftsman.ingest.IngestObserver;
import dev.raftsman.wire.RefuseReason;
import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/** The numbers on the metrics page, in a registry of this node's own. */
final class CollectorMetrics implements IngestObserver {
    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final PrometheusTextFormatWriter writer =
            PrometheusTextFormatWriter.builder().build();
    private final Counter blocks = Counter.builder()
            .name("raftsman_collector_blocks_total")
            .help("Blocks answered by this node while it led, by verdict.")
            .labelNames("verdict")
            .register(registry);
    private final Counter blockBytes = Counter.builder()
            .name("raftsman_collector_block_bytes_total")
            .help("Bytes of the blocks that this node accepted while it led.")
            .register(registry);
    private final Counter events = Counter.builder()
            .name("raftsman_collector_events_total")
            .help("Events in the blocks that this node accepted while it led.")
            .register(registry);
    private final Counter gapEvents = Counter.builder()
            .name("raftsman_collector_gap_events_total")
            .help(
                    "Events declared missing, which had a sequence, in blocks that this node accepted while it led, by reason.")
            .labelNames("reason")
            .register(registry);
    private final Counter lostEvents = Counter.builder()
            .name("raftsman_collector_lost_events_total")
            .help(
                    "Events declared given up before they had a sequence, in blocks that this node accepted while it led, by reason.")
            .labelNames("reason")
            .register(registry);
    private final Counter refused = Counter.builder()
            .name("raftsman_collector_refused_total")
            .help("Refusals sent to sidecars, by reason.")
            .labelNames("reason")
            .register(registry);
    private final Counter handshakesFailed = Counter.builder()
            .name("raftsman_collector_tls_handshakes_failed_total")
            .help("Connections that ended in their TLS handshake.")
            .register(registry);
    private final Counter entries = Counter.builder()
            .name("raftsman_collector_entries_total")
            .help("Entries of ingest that this node submitted to the log.")
            .register(registry);
    private final Histogram stages = Histogram.builder()
            .name("raftsman_collector_stage_seconds")
            .help(
                    "Time that an entry takes. wait: from its first block until it is handed to the log; commit: until a"
                            + " majority has it and it is applied here, both on the leader; apply: its part in that, on every node.")
            .unit(Unit.SECONDS)
            .labelNames("stage")
            .classicOnly()
            .classicUpperBounds(
                    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
            .register(registry);
    private final DistributionDataPoint wait = stages.labelValues("wait");
    private final DistributionDataPoint commit = stages.labelValues("commit");
    private final DistributionDataPoint apply = stages.labelValues("apply");
    private final Gauge connections = Gauge.builder()
            .name("raftsman_collector_connections")
            .help("Connections of sidecars now.")
            .register(registry);

    private final AckTimes acks = new AckTimes();

    CollectorMetrics() {
        for (Verdict.Kind kind : Verdict.Kind.values()) {
            blocks.initLabelValues(label(kind));
        }
        // From 0 on, or the first of a kind is an increase that nobody sees.
        for (LossReason reason : LossReason.values()) {
            if (reason != LossReason.NONE) {
                gapEvents.initLabelValues(label(reason));
                lostEvents.initLabelValues(label(reason));
            }
        }
        for (RefuseReason reason : RefuseReason.values()) {
            refused.initLabelValues(label(reason));
        }
    }

    void counter(String name, String help, DoubleSupplier value) {
        CounterWithCallback.builder()
                .name(name)
                .help(help)
                .callback(c -> c.call(value.getAsDouble()))
                .register(registry);
    }

    void gauge(String name, String help, DoubleSupplier value) {
        GaugeWithCallback.builder()
                .name(name)
                .help(help)
                .callback(c -> c.call(value.getAsDouble()))
                .register(registry);
    }

    /** A gauge with one label, whose values are asked for. */
    void gauges(String name, String help, String label, Supplier<Map<String, Double>> values) {
        GaugeWithCallback.builder()
                .name(name)
                .help(help)
                .labelNames(label)
                .callback(c -> values.get().forEach((key, value) -> c.call(value, key)))
                .register(registry);
    }

    static long bytes(Iterable<SegmentView> segments) {
        long bytes = 0;
        for (SegmentView segment : segments) {
            bytes += segment.bytes();
        }
        return bytes;
    }

    @Override
    public void block(Verdict.Kind verdict, BlockContents contents) {
        blocks.labelValues(label(verdict)).inc();
        if (verdict == Verdict.Kind.ACCEPTED) {
            blockBytes.inc(contents.bytes());
            events.inc(contents.events());
            count(gapEvents, contents.gap());
            count(lostEvents, contents.lost());
        }
    }

    @Override
    public void lostAtClose(LossReason reason, long events) {
        count(lostEvents, new Loss(reason, events));
    }

    private static void count(Counter events, Loss loss) {
        if (loss.count() > 0) {
            events.labelValues(label(loss.reason())).inc(loss.count());
        }
    }

    private static String label(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public void refused(RefuseReason reason) {
        refused.labelValues(label(reason)).inc();
    }

    @Override
    public void handshakeFailed() {
        handshakesFailed.inc();
    }

    @Override
    public void entry(int bytes, long waitedNanos, long committedNanos) {
        entries.inc();
        wait.observe(seconds(waitedNanos));
        commit.observe(seconds(committedNanos));
        acks.add(waitedNanos + committedNanos);
    }

    /** How long entries took from their first block to their answer. */
    AckTimes acks() {
        return acks;
    }

    /** An entry was applied; the applying thread. */
    void applied(long nanos) {
        apply.observe(seconds(nanos));
    }

    private static double seconds(long nanos) {
        return (double) nanos / TimeUnit.SECONDS.toNanos(1);
    }

    @Override
    public void connections(int open) {
        connections.set(open);
    }

    void write(OutputStream out) throws IOException {
        writer.write(out, registry.scrape());
    }
}
