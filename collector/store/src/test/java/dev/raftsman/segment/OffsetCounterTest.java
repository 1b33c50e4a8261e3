package dev.raftsman.segment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.raftsman.block.Block;
import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class OffsetCounterTest {
    private final SampleBlocks samples = new SampleBlocks();
    private final OffsetCounter offsets = new OffsetCounter();

    @AfterEach
    void close() {
        samples.close();
    }

    @Test
    void countsTheBlocksOfAnEntryTogetherAndEachEntryAnew() {
        assertThat(offsets.first(7, Block.wrap(samples.lines(0, 3, 1)))).hasToString("7.0");
        assertThat(offsets.first(7, Block.wrap(samples.lines(9, 2, 2)))).hasToString("7.3");
        assertThat(offsets.first(7, Block.wrap(samples.lines(11, 2, 3)))).hasToString("7.5");
        assertThat(offsets.first(12, Block.wrap(samples.lines(3, 1, 4)))).hasToString("12.0");
    }

    @Test
    void aGapIsOneItemAndSoIsALossBeforeABlock() {
        Block gap = Block.wrap(SampleBlocks.gap(0, 1_000));
        Block behindALoss = Block.wrap(samples.lines(1_000, 2, new Loss(LossReason.RING_FULL, 40), 10, 5));
        assertThat(OffsetCounter.items(gap)).isEqualTo(1);
        assertThat(OffsetCounter.items(behindALoss)).isEqualTo(3);
        assertThat(offsets.first(7, gap)).hasToString("7.0");
        assertThat(offsets.first(7, behindALoss)).hasToString("7.1");
        assertThat(offsets.first(7, gap)).hasToString("7.4");
    }

    @Test
    void refusesToGoBack() {
        Block block = Block.wrap(SampleBlocks.gap(0, 1));
        offsets.first(7, block);
        assertThatThrownBy(() -> offsets.first(6, block)).hasMessage("Raft index 6 after 7");
    }
}
