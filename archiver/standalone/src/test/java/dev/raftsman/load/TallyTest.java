package dev.raftsman.load;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TallyTest {
    private static final long MILLI = 1_000_000;

    @Test
    void timesAreOfEventsMadeInTheWindowWheneverTheyAreAcknowledged() {
        Tally tally = new Tally();
        tally.noTimes();
        tally.acknowledged(1, 10, 1, 0, 2);
        tally.window(100 * MILLI, 200 * MILLI);
        tally.acknowledged(1, 10, 99 * MILLI, 0, 150 * MILLI);
        tally.acknowledged(1, 10, 200 * MILLI, 0, 201 * MILLI);
        assertThat(tally.ackMicros().getTotalCount()).isZero();

        tally.acknowledged(1, 10, 199 * MILLI, 0, 10_199 * MILLI);

        assertThat(tally.events()).isEqualTo(4);
        assertThat(tally.rawBytes()).isEqualTo(40);
        assertThat(tally.ackMicros().getTotalCount()).isEqualTo(1);
        assertThat(tally.ackMicros().getMaxValue() / 1_000_000).isEqualTo(10);
    }

    @Test
    void eachEventIsAsOldAsThePaceSaysAndTheBlockAsItsFirst() {
        Tally tally = new Tally();
        tally.noTimes();
        tally.window(0, 1_000 * MILLI);

        tally.acknowledged(4, 100, 10 * MILLI, 2.0 * MILLI, 20 * MILLI);

        assertThat(tally.ackMicros().getTotalCount()).isEqualTo(4);
        assertThat(tally.ackMicros().getMinNonZeroValue()).isBetween(3_990L, 4_010L);
        assertThat(tally.ackMicros().getMaxValue()).isBetween(9_990L, 10_010L);
        assertThat(tally.blockMicros().getTotalCount()).isEqualTo(1);
        assertThat(tally.blockMicros().getMaxValue()).isBetween(9_990L, 10_010L);
    }

    @Test
    void thePaceCountsWhatIsMade() {
        Pace pace = Pace.of(1_000, 500);

        assertThat(pace.made(0, 499)).as("before it begins").isLessThanOrEqualTo(1);
        assertThat(pace.made(0, 500)).isEqualTo(1);
        assertThat(pace.made(0, 500 + 10 * MILLI)).isEqualTo(11);
        assertThat(pace.made(11, 500 + 10 * MILLI)).isZero();
        assertThat(pace.madeNanos(10)).isEqualTo(500 + 10 * MILLI);
    }
}
