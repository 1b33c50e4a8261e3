package dev.raftsman.collector;

import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.Verdict;
import dev.raftsman.ingest.IngestObserver;
import dev.raftsman.wire.RefuseReason;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Summary;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;

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
    private final Summary commit = Summary.builder()
            .name("raftsman_collector_commit_seconds")
            .help("From submitting an entry to its being committed by a majority and applied here.")
            .unit(Unit.SECONDS)
            .quantile(0.5, 0.02)
            .quantile(0.99, 0.002)
            .maxAgeSeconds(60)
            .register(registry);
    private final Gauge connections = Gauge.builder()
            .name("raftsman_collector_connections")
            .help("Connections of sidecars now.")
            .register(registry);

    CollectorMetrics() {
        for (Verdict.Kind kind : Verdict.Kind.values()) {
            blocks.initLabelValues(label(kind));
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

    static long bytes(Iterable<SegmentView> segments) {
        long bytes = 0;
        for (SegmentView segment : segments) {
            bytes += segment.bytes();
        }
        return bytes;
    }

    @Override
    public void block(Verdict.Kind verdict, int bytes) {
        blocks.labelValues(label(verdict)).inc();
        if (verdict == Verdict.Kind.ACCEPTED) {
            blockBytes.inc(bytes);
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
    public void entry(int bytes, long nanos) {
        entries.inc();
        commit.observe((double) nanos / TimeUnit.SECONDS.toNanos(1));
    }

    @Override
    public void connections(int open) {
        connections.set(open);
    }

    void write(OutputStream out) throws IOException {
        writer.write(out, registry.scrape());
    }
}
