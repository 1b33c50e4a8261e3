package dev.raftsman.sidecar;

import dev.raftsman.input.BlockJournal;
import dev.raftsman.shipper.ShipperObserver;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.Summary;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What the agent counts, by block and never by event. Written by the input's and the shipper's thread, read by any. */
final class AgentMetrics implements ShipperObserver, BlockJournal.Observer {
    private static final double NANOS_PER_SECOND = 1e9;

    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final Counter readEvents = Counter.builder()
            .name("raftsman_agent_read_events_total")
            .help("Events read from files and from WALs of applications.")
            .labelNames("stream")
            .register(registry);
    private final Counter ackedEvents = Counter.builder()
            .name("raftsman_agent_acked_events_total")
            .help("Events that a majority of the collectors has on disk.")
            .labelNames("stream")
            .register(registry);
    private final Counter gapEvents = Counter.builder()
            .name("raftsman_agent_gap_events_total")
            .help("Events declared missing: claimed, and in no WAL.")
            .labelNames("stream")
            .register(registry);
    private final Counter droppedEvents = Counter.builder()
            .name("raftsman_agent_dropped_events_total")
            .help("Events of inputs with whenFull: drop that found the WAL full; declared with the next block.")
            .labelNames("stream")
            .register(registry);
    private final Counter stoppedSources = Counter.builder()
            .name("raftsman_agent_stopped_sources_total")
            .help("Sources that stopped because the collector will never take what they have.")
            .labelNames("stream")
            .register(registry);
    private final Counter rawBytes = Counter.builder()
            .name("raftsman_agent_raw_bytes_total")
            .help("Bytes of events as their sources had them.")
            .register(registry);
    private final Counter walBytes = Counter.builder()
            .name("raftsman_agent_wal_bytes_total")
            .help("Bytes that passed through WALs: written to the agent's own, read from those of applications.")
            .register(registry);
    private final Counter wireBytes = Counter.builder()
            .name("raftsman_agent_wire_bytes_total")
            .help("Bytes of frames sent to collectors, repeated ones included.")
            .register(registry);
    private final Summary ackSeconds = Summary.builder()
            .name("raftsman_agent_ack_seconds")
            .help("From sending a block to its acknowledgement.")
            .quantile(0.5, 0.01)
            .quantile(0.99, 0.001)
            .register(registry);
    private final Gauge inFlightBytes = Gauge.builder()
            .name("raftsman_agent_in_flight_bytes")
            .help("Bytes of blocks in memory that wait for their acknowledgement.")
            .register(registry);
    private final Gauge connectedNow = Gauge.builder()
            .name("raftsman_agent_connected")
            .help("1 while a leader takes blocks.")
            .register(registry);
    private final Gauge stalledNow = Gauge.builder()
            .name("raftsman_agent_wal_full")
            .help("1 while reading waits because the agent's own WAL is at its quota.")
            .register(registry);

    private final Map<String, CounterDataPoint> readByStream = new ConcurrentHashMap<>();
    private final Map<String, CounterDataPoint> ackedByStream = new ConcurrentHashMap<>();

    AgentMetrics() {
        connectedNow.set(0);
        stalledNow.set(0);
    }

    @Override
    public void read(String stream, long events, long rawBytesRead) {
        readByStream.computeIfAbsent(stream, readEvents::labelValues).inc(events);
        rawBytes.inc(rawBytesRead);
    }

    @Override
    public void read(String stream, long events, long rawBytesRead, long walBytesWritten) {
        read(stream, events, rawBytesRead);
        walBytes.inc(walBytesWritten);
    }

    @Override
    public void readWal(long bytes) {
        walBytes.inc(bytes);
    }

    @Override
    public void dropped(String stream, long events) {
        droppedEvents.labelValues(stream).inc(events);
    }

    @Override
    public void stalled(boolean now) {
        stalledNow.set(now ? 1 : 0);
    }

    @Override
    public void acknowledged(String stream, long events, long nanos) {
        ackedByStream.computeIfAbsent(stream, ackedEvents::labelValues).inc(events);
        if (nanos > 0) {
            ackSeconds.observe(nanos / NANOS_PER_SECOND);
        }
    }

    @Override
    public void sent(long bytes) {
        wireBytes.inc(bytes);
    }

    @Override
    public void inFlight(long bytes) {
        inFlightBytes.set(bytes);
    }

    @Override
    public void connected(boolean now) {
        connectedNow.set(now ? 1 : 0);
    }

    @Override
    public void failed(String stream) {
        stoppedSources.labelValues(stream).inc();
    }

    @Override
    public void gap(String stream, long events) {
        gapEvents.labelValues(stream).inc(events);
    }

    boolean isConnected() {
        return connectedNow.get() > 0;
    }

    double inFlight() {
        return inFlightBytes.get();
    }

    /** The whole page in the text format of Prometheus. */
    byte[] page() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream(8 << 10);
        PrometheusTextFormatWriter.create().write(out, registry.scrape());
        return out.toByteArray();
    }
}
