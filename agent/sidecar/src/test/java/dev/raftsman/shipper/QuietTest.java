package dev.raftsman.shipper;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class QuietTest {
    private long nowNanos = 17;
    private final Quiet quiet = new Quiet(nowNanos);

    private boolean isDueAfterAWindow(long bytes) {
        nowNanos += Quiet.WINDOW_NANOS;
        return quiet.isDue(nowNanos, bytes);
    }

    @Test
    void isDueOnceAfterALoad() {
        long load = Quiet.LOAD_BYTES;
        assertThat(isDueAfterAWindow(load)).as("the load is in this window").isFalse();
        assertThat(isDueAfterAWindow(load)).isTrue();
        assertThat(isDueAfterAWindow(load)).as("done already").isFalse();
        assertThat(isDueAfterAWindow(2 * load)).isFalse();
        assertThat(isDueAfterAWindow(2 * load + Quiet.TRICKLE_BYTES - 1))
                .as("a trickle is no load")
                .isTrue();
    }

    @Test
    void isNotDueWithoutALoadNorWithinAWindow() {
        assertThat(isDueAfterAWindow(0)).isFalse();
        assertThat(isDueAfterAWindow(Quiet.TRICKLE_BYTES)).isFalse();
        assertThat(isDueAfterAWindow(Quiet.TRICKLE_BYTES)).isFalse();
        isDueAfterAWindow(10 * Quiet.LOAD_BYTES);
        nowNanos += Quiet.WINDOW_NANOS - 1;
        assertThat(quiet.isDue(nowNanos, 10 * Quiet.LOAD_BYTES)).isFalse();
        nowNanos++;
        assertThat(quiet.isDue(nowNanos, 10 * Quiet.LOAD_BYTES)).isTrue();
    }
}
