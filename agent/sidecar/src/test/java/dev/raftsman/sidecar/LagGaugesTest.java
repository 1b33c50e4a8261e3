package dev.raftsman.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.input.SourceLag;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LagGaugesTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long NOW = 1_000 * SECOND;

    private static SourceLag lag(String stream, long bytes, long ageSeconds) {
        return new SourceLag(stream, "/p", bytes, NOW - ageSeconds * SECOND);
    }

    private static Map<String, Double> values(MetricSnapshots page, String name) {
        Map<String, Double> values = new HashMap<>();
        GaugeSnapshot gauge = (GaugeSnapshot) page.stream()
                .filter(metric -> metric.getMetadata().getName().equals(name))
                .findFirst()
                .orElseThrow();
        for (GaugeDataPointSnapshot point : gauge.getDataPoints()) {
            values.put(point.getLabels().get("kind") + " " + point.getLabels().get("stream"), point.getValue());
        }
        return values;
    }

    @Test
    void sumsBytesAndShowsTheGreatestAgeOfEachStreamAndKind() {
        MetricSnapshots page = new LagGauges(
                        () -> List.of(lag("a", 10, 3), lag("a", 5, 7), lag("b", 0, 999)),
                        () -> List.of(lag("a", 1, 2)),
                        () -> NOW)
                .collect();
        assertThat(values(page, "raftsman_agent_lag_bytes"))
                .isEqualTo(Map.of("file a", 15.0, "file b", 0.0, "wal a", 1.0));
        assertThat(values(page, "raftsman_agent_lag_seconds"))
                .isEqualTo(Map.of("file a", 7.0, "file b", 0.0, "wal a", 2.0));
    }

    @Test
    void showsTheFarthestBehindAndSumsTheRest() {
        List<SourceLag> files = new ArrayList<>();
        long all = 0;
        for (int i = 0; i < 3_000; i++) {
            files.add(lag("f" + i, i, i));
            all += i;
        }
        MetricSnapshots page = new LagGauges(() -> files, () -> List.of(lag("w", 0, 0)), () -> NOW).collect();
        Map<String, Double> bytes = values(page, "raftsman_agent_lag_bytes");
        assertThat(bytes)
                .hasSize(LagGauges.MAX_SERIES)
                .containsEntry("file f2999", 2999.0)
                .containsEntry("wal other", 0.0);
        assertThat(bytes.values().stream().mapToDouble(value -> value).sum()).isEqualTo((double) all);
        assertThat(values(page, "raftsman_agent_lag_seconds"))
                .hasSize(LagGauges.MAX_SERIES)
                .containsEntry("file other", 2001.0);
    }
}
