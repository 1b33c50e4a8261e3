package dev.raftsman.console;

import static org.assertj.core.api.Assertions.assertThat;

import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

class AckTimesTest {
    @Test
    void percentilesAreAtMostATenthTooLong() {
        AckTimes times = new AckTimes();
        for (int millis = 1; millis <= 1_000; millis++) {
            times.add(millis * 1_000_000L);
        }
        AckTimes.Taken taken = times.take();
        assertThat(taken.count()).isEqualTo(1_000);
        assertThat(taken.p50Millis()).isBetween(500.0, 565.0);
        assertThat(taken.p99Millis()).isBetween(990.0, 1_120.0);
    }

    @Test
    void whatWasTakenIsNotTakenAgain() {
        AckTimes times = new AckTimes();
        times.add(5_000_000);
        assertThat(times.take().p50Millis()).isCloseTo(5, Percentage.withPercentage(13));
        assertThat(times.take()).isEqualTo(new AckTimes.Taken(0, 0, 0));
    }

    @Test
    void anyDurationHasABucket() {
        AckTimes times = new AckTimes();
        times.add(0);
        times.add(-5);
        times.add(Long.MAX_VALUE);
        assertThat(times.take().count()).isEqualTo(3);
    }
}
