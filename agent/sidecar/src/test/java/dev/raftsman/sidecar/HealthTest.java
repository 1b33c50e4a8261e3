package dev.raftsman.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.input.SourceLag;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class HealthTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final long SECOND = 1_000_000_000L;

    /** Near the greatest number, where {@link System#nanoTime} may be: only differences count. */
    private static final long NOW = Long.MAX_VALUE - 5 * SECOND;

    private static SourceLag lag(long bytes, long ageSeconds) {
        return new SourceLag("app", "/var/log/app.log", bytes, NOW - ageSeconds * SECOND);
    }

    private static Health ready(long acknowledgedSecondsAgo, SourceLag... lags) {
        return Health.ready(NOW, LIMIT, NOW - acknowledgedSecondsAgo * SECOND, false, List.of(lags));
    }

    @Test
    void isAliveWhileEveryThreadSteps() {
        assertThat(Health.alive(NOW, LIMIT, null, List.of())).isEqualTo(Health.WELL);
        assertThat(Health.alive(
                        NOW, LIMIT, null, List.of(new Health.Beat("a", NOW), new Health.Beat("b", NOW - 30 * SECOND))))
                .isEqualTo(Health.WELL);
    }

    @Test
    void namesTheThreadThatStandsStill() {
        assertThat(Health.alive(
                        NOW, LIMIT, null, List.of(new Health.Beat("a", NOW), new Health.Beat("b", NOW - 31 * SECOND))))
                .isEqualTo(new Health(false, "thread b stands still for 31 s"));
    }

    @Test
    void isNotAliveAfterAFailure() {
        assertThat(Health.alive(NOW, LIMIT, new IllegalStateException("disk"), List.of()))
                .isEqualTo(new Health(false, "the agent stops: java.lang.IllegalStateException: disk"));
    }

    @Test
    void isReadyWhileNothingWaitsHoweverLongAgoTheLastAcknowledgementWas() {
        assertThat(ready(1_000)).isEqualTo(Health.WELL);
        assertThat(ready(1_000, lag(0, 1_000))).isEqualTo(Health.WELL);
    }

    @Test
    void isReadyWhileAcknowledgementsComeHoweverOldWhatWaitsIs() {
        assertThat(ready(30, lag(5, 1_000))).isEqualTo(Health.WELL);
    }

    @Test
    void isReadyWhileWhatWaitsIsYoung() {
        assertThat(ready(1_000, lag(5, 30))).isEqualTo(Health.WELL);
    }

    @Test
    void isNotReadyIfBytesWaitAndNoneIsAcknowledged() {
        assertThat(ready(40, lag(5, 31), lag(0, 9_999), lag(7, 2)))
                .isEqualTo(new Health(
                        false, "nothing was acknowledged for 31 s while 12 bytes wait; no collector is connected"));
        assertThat(Health.ready(NOW, LIMIT, NOW - 35 * SECOND, true, List.of(lag(1, 600))))
                .isEqualTo(new Health(
                        false, "nothing was acknowledged for 35 s while 1 bytes wait; a collector is connected"));
    }
}
