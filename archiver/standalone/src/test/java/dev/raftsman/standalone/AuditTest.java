package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.catalog.EpochState;
import dev.raftsman.catalog.EpochView;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.StreamView;
import dev.raftsman.segment.SegmentId;
import dev.raftsman.segment.SequenceRange;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class AuditTest {
    private static final StreamView STREAM = new StreamView(1, "acme", "orders", 0);

    @Test
    void allThereOnce() {
        Audit audit = audit(epoch(99, 100, 0, 0), range(0, 40), range(40, 60));
        assertThat(audit.lost()).isZero();
        assertThat(audit.duplicated()).isZero();
        assertThat(audit.events()).isEqualTo(100);
        assertThat(audit.rows().get(0).stream()).isEqualTo("orders");
    }

    @Test
    void aVanishedSegmentIsMissing() {
        Audit audit = audit(epoch(99, 100, 0, 0), range(0, 40), range(70, 30));
        assertThat(audit.rows().get(0).missing()).isEqualTo(30);
        assertThat(audit.lost()).isEqualTo(30);
    }

    @Test
    void aVanishedLastSegmentIsMissing() {
        assertThat(audit(epoch(99, 100, 0, 0), range(0, 40)).lost()).isEqualTo(60);
        assertThat(audit(epoch(99, 100, 0, 0)).lost()).isEqualTo(100);
    }

    @Test
    void whatIsHeldTwiceIsCounted() {
        assertThat(audit(epoch(99, 100, 0, 0), range(0, 60), range(50, 50)).duplicated())
                .isEqualTo(10);
        assertThat(audit(epoch(99, 100, 0, 0), range(0, 100), range(20, 5)).duplicated())
                .isEqualTo(5);
    }

    @Test
    void declaredLossesAreLost() {
        Audit audit = audit(epoch(99, 90, 10, 7), range(0, 100));
        assertThat(audit.rows().get(0).missing()).isZero();
        assertThat(audit.lost()).isEqualTo(17);
    }

    @Test
    void anEpochWithoutEventsLacksNothing() {
        assertThat(audit(epoch(-1, 0, 0, 0)).lost()).isZero();
    }

    private static SequenceRange range(long first, long count) {
        return new SequenceRange(7, first, count);
    }

    private static EpochView epoch(long last, long events, long gaps, long lost) {
        return new EpochView(
                7, "acme", "shop", new UUID(1, 2), 1, EpochState.OPEN, last, events, gaps, lost, 0, 0, 0, 0);
    }

    private static Audit audit(EpochView epoch, SequenceRange... ranges) {
        List<SegmentView> segments = new ArrayList<>();
        for (int i = 0; i < ranges.length; i++) {
            segments.add(new SegmentView(
                    new SegmentId(1, i + 1),
                    1,
                    "acme",
                    "orders",
                    i + 1,
                    SegmentState.SEALED,
                    null,
                    1,
                    ranges[i].count(),
                    100,
                    100,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    1,
                    "00",
                    List.of(ranges[i]),
                    null,
                    null));
        }
        return Audit.of(List.of(STREAM), List.of(epoch), segments);
    }
}
