package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class DemoSummaryTest {
    @Test
    void saysWhatItEndsWith() {
        DemoSummary good = summary(5, 5, 5, 5, 0, 0, 2, 2);
        assertThat(good.lastLine()).isEqualTo("offered=5 stored=5 archived=5 read=5 lost=0 duplicated=0");
        assertThat(good.truncationLine()).isEqualTo("truncated=2 planned=2 reason=hot-age");
        assertThat(good.allEqual()).isTrue();
    }

    @Test
    void anyDifferenceIsAMismatch() {
        assertThat(summary(5, 4, 5, 5, 0, 0, 2, 2).allEqual()).isFalse();
        assertThat(summary(5, 5, 4, 5, 0, 0, 2, 2).allEqual()).isFalse();
        assertThat(summary(5, 5, 5, 4, 0, 0, 2, 2).allEqual()).isFalse();
        assertThat(summary(5, 5, 5, 5, 1, 0, 2, 2).allEqual()).isFalse();
        assertThat(summary(5, 5, 5, 5, 0, 1, 2, 2).allEqual()).isFalse();
        assertThat(summary(5, 5, 5, 5, 0, 0, 2, 3).allEqual()).isFalse();
        assertThat(new DemoSummary(5, 5, 5, 5, 0, 0, 2, 2, "r", List.of("other bytes")).allEqual())
                .isFalse();
    }

    private static DemoSummary summary(
            long offered,
            long stored,
            long archived,
            long read,
            long lost,
            long duplicated,
            long truncated,
            long planned) {
        return new DemoSummary(
                offered, stored, archived, read, lost, duplicated, truncated, planned, "hot-age", List.of());
    }
}
