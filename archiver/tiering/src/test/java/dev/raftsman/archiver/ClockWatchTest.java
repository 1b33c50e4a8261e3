package dev.raftsman.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ClockWatchTest {
    private static final long HOUR = TimeUnit.HOURS.toMillis(1);
    private static final long NOW = 500_000 * HOUR;

    private long wallMillis = NOW;
    private long monotonicMillis = 7;
    private final ClockWatch watch = new ClockWatch(new ClockWatch.Clocks() {
        @Override
        public long wallMillis() {
            return wallMillis;
        }

        @Override
        public long monotonicMillis() {
            return monotonicMillis;
        }
    });

    private void pass(long millis) {
        wallMillis += millis;
        monotonicMillis += millis;
    }

    @Test
    void aQuietClusterOfManyHoursIsNoJump() {
        assertThat(watch.look(NOW, false)).isEmpty();
        pass(30 * HOUR);
        assertThat(watch.look(NOW + 30 * HOUR, false)).isEmpty();
        pass(HOUR);
        assertThat(watch.look(NOW + 32 * HOUR, false))
                .as("an hour more than that")
                .isEmpty();
    }

    @Test
    void noticesBothClocksJumpingTogether() {
        watch.look(NOW, false);
        wallMillis += 10 * HOUR;
        assertThat(watch.look(NOW + 10 * HOUR, false)).contains("the cluster's time jumped by 10H");
    }

    @Test
    void noticesBothCreepingAheadTogether() {
        watch.look(NOW, false);
        for (int minutes = 20; minutes <= 60; minutes += 20) {
            wallMillis += HOUR / 3;
            assertThat(watch.look(NOW + minutes * HOUR / 60, false)).isEmpty();
        }
        wallMillis += HOUR / 3;
        assertThat(watch.look(NOW + 80 * HOUR / 60, false)).isPresent();
    }

    @Test
    void noticesThisMachineJumpingBack() {
        watch.look(NOW + HOUR / 2, false);
        pass(2 * HOUR);
        wallMillis -= HOUR + HOUR / 2;
        assertThat(watch.look(NOW + 2 * HOUR - 1, false)).isPresent();
    }

    @Test
    void noticesAClusterThatIsBehind() {
        assertThat(watch.look(NOW - HOUR - 1, false)).isPresent();
        assertThat(watch.look(NOW - HOUR, false)).isEmpty();
    }

    @Test
    void aJumpThatTheClusterWasNotToldOfIsThereAtTheNextLook() {
        watch.look(NOW, false);
        assertThat(watch.look(NOW + 10 * HOUR, false)).isPresent();
        assertThat(watch.look(NOW + 10 * HOUR, false))
                .as("nothing was frozen, so nobody has thawed")
                .isPresent();
    }

    @Test
    void aThawTakesWhatWasSeenFrozenAndNoJumpSince() {
        watch.look(NOW, false);
        assertThat(watch.look(NOW + 10 * HOUR, false)).isPresent();
        watch.look(NOW + 10 * HOUR, true);
        assertThat(watch.look(NOW + 15 * HOUR, false)).as("5 h more").isPresent();
        watch.look(NOW + 15 * HOUR, true);
        assertThat(watch.look(NOW + 15 * HOUR, false)).isEmpty();
    }
}
