package dev.raftsman.shipper;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.input.SourceLag;
import dev.raftsman.wire.Frame;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LagReportTest {
    private static final long SECOND = 1_000_000_000L;
    private static final SourceLag NOTHING = new SourceLag("a", "/p", 0, 0);

    private long now = 1_000 * SECOND;
    private final LagReport report = new LagReport(now);

    private SourceLag lag(String stream, long bytes, long ageSeconds) {
        return new SourceLag(stream, "/p", bytes, now - ageSeconds * SECOND);
    }

    private List<Frame.Lag> after(long seconds, SourceLag... lags) {
        now += seconds * SECOND;
        return report.next(List.of(lags), now);
    }

    @Test
    void sumsFilesAndLogsOfAStream() {
        assertThat(report.next(List.of(lag("a", 10, 3), lag("a", 5, 7), lag("b", 0, 99)), now))
                .containsExactlyInAnyOrder(new Frame.Lag("a", 15, 7_000), new Frame.Lag("b", 0, 0));
    }

    @Test
    void saysEverythingEveryFiveSeconds() {
        assertThat(after(0, lag("a", 1, 1))).hasSize(1);
        assertThat(after(4, lag("a", 1, 5))).isEmpty();
        assertThat(after(1, lag("a", 1, 5))).containsExactly(new Frame.Lag("a", 1, 6_000));
        assertThat(after(5, NOTHING)).containsExactly(new Frame.Lag("a", 0, 0));
        assertThat(after(5, NOTHING)).as("still there").containsExactly(new Frame.Lag("a", 0, 0));
    }

    @Test
    void saysAtOnceAndOnceThatALagIsOver() {
        after(0, lag("a", 1, 1), lag("b", 1, 1));
        assertThat(after(1, NOTHING, lag("b", 1, 2))).containsExactly(new Frame.Lag("a", 0, 0));
        assertThat(after(1, NOTHING, lag("b", 1, 3))).isEmpty();
        assertThat(after(1)).as("its source is done").containsExactly(new Frame.Lag("b", 0, 0));
    }

    @Test
    void beginsAnewWithANewConnection() {
        after(0, lag("a", 1, 1));
        report.begin(now);
        assertThat(after(0, NOTHING)).containsExactly(new Frame.Lag("a", 0, 0));
    }

    @Test
    void saysTheFarthestBehindAndTheSumOfTheRest() {
        List<SourceLag> many = new ArrayList<>();
        for (int i = 1; i <= 1_000; i++) {
            many.add(lag("f" + i, i, i));
        }
        List<Frame.Lag> said = report.next(many, now);
        assertThat(said)
                .hasSize(LagReport.MOST_STREAMS)
                .contains(new Frame.Lag("f1000", 1_000, 1_000_000), new Frame.Lag("f938", 938, 938_000))
                .contains(new Frame.Lag("other", 937L * 938 / 2, 937_000));
    }
}
