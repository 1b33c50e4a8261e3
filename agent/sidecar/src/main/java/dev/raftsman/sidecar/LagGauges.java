package dev.raftsman.sidecar;

import dev.raftsman.input.SourceLag;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * How far delivery is behind, by stream and by where the bytes are: in files, not read yet, or in write-ahead logs, not
 * acknowledged yet. What is farthest behind has series of its own, the rest is one: no page grows with the files of a host.
 */
final class LagGauges implements MultiCollector {
    /** Of each of the two metrics, the one for the rest included. */
    static final int MAX_SERIES = 1_000;

    static final String OTHER = "other";

    private static final double NANOS_PER_SECOND = 1e9;

    private final Supplier<List<SourceLag>> files;
    private final Supplier<List<SourceLag>> wals;
    private final LongSupplier nanoTime;

    private record Key(String stream, String kind) {}

    private record Lag(long bytes, long nanos) {
        static final Lag NONE = new Lag(0, 0);

        Lag and(Lag other) {
            return new Lag(bytes + other.bytes, Math.max(nanos, other.nanos));
        }
    }

    LagGauges(Supplier<List<SourceLag>> files, Supplier<List<SourceLag>> wals) {
        this(files, wals, System::nanoTime);
    }

    LagGauges(Supplier<List<SourceLag>> files, Supplier<List<SourceLag>> wals, LongSupplier nanoTime) {
        this.files = files;
        this.wals = wals;
        this.nanoTime = nanoTime;
    }

    @Override
    public MetricSnapshots collect() {
        Map<Key, Lag> lags = new LinkedHashMap<>();
        add(files.get(), "file", lags);
        add(wals.get(), "wal", lags);
        GaugeSnapshot.Builder bytes = GaugeSnapshot.builder()
                .name("raftsman_agent_lag_bytes")
                .help(
                        "Bytes that are there and not read (file), or read and not acknowledged (wal); as of the last second.");
        GaugeSnapshot.Builder seconds =
                GaugeSnapshot.builder().name("raftsman_agent_lag_seconds").help("Age of the oldest of these bytes.");
        bounded(lags).forEach((key, lag) -> {
            Labels labels = Labels.of("stream", key.stream, "kind", key.kind);
            bytes.dataPoint(new GaugeDataPointSnapshot(lag.bytes, labels, null));
            seconds.dataPoint(new GaugeDataPointSnapshot(lag.nanos / NANOS_PER_SECOND, labels, null));
        });
        return MetricSnapshots.of(bytes.build(), seconds.build());
    }

    private void add(List<SourceLag> sources, String kind, Map<Key, Lag> lags) {
        long nowNanos = nanoTime.getAsLong();
        for (SourceLag source : sources) {
            Lag lag = source.unreadBytes() == 0
                    ? Lag.NONE
                    : new Lag(source.unreadBytes(), Math.max(0, nowNanos - source.unreadSinceNanos()));
            lags.merge(new Key(source.stream(), kind), lag, Lag::and);
        }
    }

    /** A rest of each kind needs a place of its own. */
    private static Map<Key, Lag> bounded(Map<Key, Lag> lags) {
        if (lags.size() <= MAX_SERIES) {
            return lags;
        }
        List<Map.Entry<Key, Lag>> most = new ArrayList<>(lags.entrySet());
        most.sort(Comparator.comparingLong(
                        (Map.Entry<Key, Lag> each) -> each.getValue().bytes())
                .thenComparingLong(each -> each.getValue().nanos())
                .reversed());
        Map<Key, Lag> bounded = new LinkedHashMap<>();
        for (int i = 0; i < most.size(); i++) {
            Key key = most.get(i).getKey();
            Key shown = i < MAX_SERIES - 2 ? key : new Key(OTHER, key.kind);
            bounded.merge(shown, most.get(i).getValue(), Lag::and);
        }
        return bounded;
    }
}
