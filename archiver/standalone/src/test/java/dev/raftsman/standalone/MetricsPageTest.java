package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MetricsPageTest {
    private static final MetricsPage PAGE = new MetricsPage("""
            # HELP a_total help
            # TYPE a_total counter
            a_total{stream="x y",kind="}"} 3.0
            a_total{stream="z"} 4.0 1700000000
            b_seconds{quantile="0.5"} NaN
            plain 1.5E9
            broken
            """);

    @Test
    void sumsOverLabels() {
        assertThat(PAGE.total("a_total")).isEqualTo(7);
        assertThat(PAGE.total("a_total", "stream=\"x y\"")).isEqualTo(3);
        assertThat(PAGE.total("plain")).isEqualTo(1_500_000_000L);
    }

    @Test
    void whatIsNotThereIsZero() {
        assertThat(PAGE.sum("absent")).isZero();
        assertThat(PAGE.sum("b_seconds")).isZero();
    }
}
