package dev.raftsman.sidecar;

import dev.raftsman.block.Block;
import dev.raftsman.block.BlockKind;
import dev.raftsman.input.BlockJournal;
import dev.raftsman.input.SourceLag;
import dev.raftsman.shipper.ConnectionEnd;
import dev.raftsman.shipper.ShipperObserver;
import dev.raftsman.shipper.ShipperStatus;
import dev.raftsman.tls.TlsStatus;
import dev.raftsman.wire.RefuseReason;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.Summary;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** What the agent counts, by block and never by event. Written by the input's and the shipper's thread, read by any. */
final class AgentMetrics implements ShipperObserver, BlockJournal.Observer {
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double MILLIS_PER_SECOND = 1e3;

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

    private final Counter connectAttempts = Counter.builder()
            .name("raftsman_agent_connect_attempts_total")
            .help("Attempts to connect to a collector.")
            .register(registry);
    private final Counter connectionEnds = Counter.builder()
            .name("raftsman_agent_connection_ends_total")
            .help("Connections to collectors that ended, or could not be made, by reason; redirected is to a leader.")
            .labelNames("reason")
            .register(registry);
    private final Counter refusals = Counter.builder()
            .name("raftsman_agent_refused_total")
            .help("Blocks, questions and connections that a collector refused, by reason.")
            .labelNames("reason")
            .register(registry);
    private final Counter blocks = Counter.builder()
            .name("raftsman_agent_blocks_total")
            .help("Blocks that were put on their way, by what is in them.")
            .labelNames("kind")
            .register(registry);
    private final Counter resentBlocks = Counter.builder()
            .name("raftsman_agent_resent_blocks_total")
            .help("Blocks that were sent again, as no acknowledgement had come.")
            .register(registry);
    private final Counter throttledSeconds = Counter.builder()
            .name("raftsman_agent_throttled_seconds_total")
            .help("Time in which some stream waited because a collector had asked for it.")
            .unit(Unit.SECONDS)
            .register(registry);
    private final Gauge walDiskBytes = Gauge.builder()
            .name("raftsman_agent_wal_disk_bytes")
            .help("Bytes that the agent's own write-ahead logs take on the disk.")
            .unit(Unit.BYTES)
            .register(registry);
    private final Gauge walQuotaBytes = Gauge.builder()
            .name("raftsman_agent_wal_quota_bytes")
            .help("Most bytes that the agent's own write-ahead logs may take.")
            .unit(Unit.BYTES)
            .register(registry);

    private final Gauge startTime = Gauge.builder()
            .name("process_start_time_seconds")
            .help("When this process started, in seconds since 1970.")
            .register(registry);
    private final Gauge certificateNotAfter = Gauge.builder()
            .name("raftsman_agent_certificate_not_after_timestamp_seconds")
            .help("When the certificate that this agent shows ends, in seconds since 1970; 0 if it shows none.")
            .register(registry);
    private final Gauge certificateFilesUnusable = Gauge.builder()
            .name("raftsman_agent_certificate_files_unusable")
            .help("1 while changed TLS files cannot be used; those before stay in force.")
            .register(registry);

    private final Map<String, CounterDataPoint> readByStream = new ConcurrentHashMap<>();
    private final Map<String, CounterDataPoint> ackedByStream = new ConcurrentHashMap<>();
    private final Map<String, CounterDataPoint> gapsByStream = new ConcurrentHashMap<>();
    private final Map<String, CounterDataPoint> droppedByStream = new ConcurrentHashMap<>();
    private final Map<String, CounterDataPoint> stoppedByStream = new ConcurrentHashMap<>();

    private final Tap tap;
    private volatile Supplier<ShipperStatus> status = () -> null;

    /**
     * @param files how far reading is behind; called by whoever reads the page
     * @param tap is given every block
     */
    AgentMetrics(long quotaBytes, Supplier<List<SourceLag>> files, Tap tap) {
        this.tap = tap;
        connectedNow.set(0);
        stalledNow.set(0);
        walQuotaBytes.set(quotaBytes);
        startTime.set(ProcessHandle.current()
                        .info()
                        .startInstant()
                        .map(Instant::toEpochMilli)
                        .orElse(0L)
                / MILLIS_PER_SECOND);
        for (ConnectionEnd why : ConnectionEnd.values()) {
            connectionEnds.initLabelValues(label(why));
        }
        for (RefuseReason reason : RefuseReason.values()) {
            refusals.initLabelValues(label(reason));
        }
        for (BlockKind kind : BlockKind.values()) {
            blocks.initLabelValues(label(kind));
        }
        registry.register(new LagGauges(files, () -> {
            ShipperStatus now = status.get();
            return now == null ? List.of() : now.lags();
        }));
    }

    /** Where the shipper's figures come from, once there is one. */
    void shipper(Supplier<ShipperStatus> shipper) {
        status = shipper;
    }

    private static String label(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    /** As many streams as files can be named: beyond a number that a page can show they share a label. */
    private static CounterDataPoint of(Map<String, CounterDataPoint> byStream, Counter counter, String stream) {
        CounterDataPoint point = byStream.get(stream);
        if (point == null) {
            String label = byStream.size() < LagGauges.MAX_SERIES ? stream : LagGauges.OTHER;
            point = byStream.computeIfAbsent(label, counter::labelValues);
        }
        return point;
    }

    @Override
    public void read(String stream, long events, long rawBytesRead) {
        of(readByStream, readEvents, stream).inc(events);
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
        of(droppedByStream, droppedEvents, stream).inc(events);
    }

    @Override
    public void stalled(boolean now) {
        stalledNow.set(now ? 1 : 0);
    }

    @Override
    public void acknowledged(String stream, long events, long nanos) {
        of(ackedByStream, ackedEvents, stream).inc(events);
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
    public void connecting() {
        connectAttempts.inc();
    }

    @Override
    public void connectionEnded(ConnectionEnd why) {
        connectionEnds.labelValues(label(why)).inc();
    }

    @Override
    public void refused(RefuseReason reason) {
        refusals.labelValues(label(reason)).inc();
    }

    @Override
    public void resent() {
        resentBlocks.inc();
    }

    @Override
    public void throttled(long nanos) {
        throttledSeconds.inc(nanos / NANOS_PER_SECOND);
    }

    @Override
    public void offered(String producer, UUID incarnation, String stream, ByteBuffer encoded) {
        Block block = Block.wrapVerified(encoded);
        blocks.labelValues(label(block.kind())).inc();
        tap.offered(producer, incarnation, stream, block);
    }

    @Override
    public void failed(String stream) {
        of(stoppedByStream, stoppedSources, stream).inc();
    }

    @Override
    public void gap(String stream, long events) {
        of(gapsByStream, gapEvents, stream).inc(events);
    }

    private void show(TlsStatus tls) {
        if (tls != null) {
            certificateNotAfter.set(Math.max(0, tls.notAfterMillis()) / MILLIS_PER_SECOND);
            certificateFilesUnusable.set(tls.filesUnusable() ? 1 : 0);
        }
    }

    boolean isConnected() {
        return connectedNow.get() > 0;
    }

    /** The whole page in the text format of Prometheus. */
    byte[] page() throws IOException {
        ShipperStatus now = status.get();
        if (now != null) {
            walDiskBytes.set(now.walBytes());
            show(now.tls());
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream(8 << 10);
        PrometheusTextFormatWriter.create().write(out, registry.scrape());
        return out.toByteArray();
    }
}
