package dev.raftsman.query;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.segment.SegmentId;
import java.util.List;
import org.junit.jupiter.api.Test;

class RecentReadsTest {
    private final RecentReads reads = new RecentReads();

    @Test
    void tellsHowLongAgoEachWasReadLast() {
        reads.note(new SegmentId(1, 1), 1_000);
        reads.note(new SegmentId(1, 2), 2_000);
        reads.note(new SegmentId(1, 1), 5_000);
        assertThat(reads.page(6_000).reads())
                .isEqualTo(List.of(
                        new RecentReads.Read(new SegmentId(1, 2), 4_000),
                        new RecentReads.Read(new SegmentId(1, 1), 1_000)));
        assertThat(reads.page(4_000).reads().get(1).agoMillis())
                .as("a clock that was set back")
                .isZero();
    }

    @Test
    void forgetsThoseReadLongestAgoRatherThanGrow() {
        for (int i = 0; i < 10_005; i++) {
            reads.note(new SegmentId(1, i), i);
        }
        assertThat(reads.page(20_000).reads()).hasSize(10_000);
        assertThat(reads.page(20_000).reads().get(0).segment()).isEqualTo(new SegmentId(1, 5));
    }
}
