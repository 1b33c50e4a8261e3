package dev.raftsman.console;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SegmentReadsTest {
    @Test
    void aThirdAtATimeIsSentAwayUntilOneHasEnded() {
        SegmentReads reads = new SegmentReads();
        SegmentReads.Read first = reads.begin();
        try (SegmentReads.Read second = reads.begin()) {
            assertThat(second).isNotNull();
            assertThat(reads.begin()).isNull();
            first.close();
            SegmentReads.Read third = reads.begin();
            assertThat(third).isNotNull();
            third.close();
        }
    }
}
