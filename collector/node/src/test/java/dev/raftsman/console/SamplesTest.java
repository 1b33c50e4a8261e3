package dev.raftsman.console;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SamplesTest {
    @Test
    void keepsTheNewestQuarterOfAnHour() {
        Samples samples = new Samples();
        for (int i = 0; i < 500; i++) {
            samples.add(new Samples.Sample(i * Samples.INTERVAL_MILLIS, 0, 0, 0, 0, 0, 0, 0, 0, 0));
        }
        assertThat(samples.list()).hasSize(Samples.MOST);
        assertThat(samples.list().get(0).atMillis()).isEqualTo(320 * Samples.INTERVAL_MILLIS);
        assertThat(Samples.MOST * Samples.INTERVAL_MILLIS).isEqualTo(15 * 60_000);
    }
}
