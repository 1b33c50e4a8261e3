package dev.raftsman.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.block.Block;
import dev.raftsman.block.BlockKind;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * What a collector was told of one application: events, gaps, losses. The agent itself has read and declared it.
 *
 * @param died events that were in the ring when the process died
 * @param lost events that were given up before they had a sequence
 */
record Account(long stored, long died, long lost) {
    static Account of(FakeCollector collector, String stream) {
        long stored = 0;
        long died = 0;
        long lost = 0;
        for (FakeCollector.Epoch epoch : collector.epochs(stream)) {
            assertThat(epoch.forgotten).as("epoch %d is over", epoch.number).isTrue();
            for (Block block : epoch.blocks) {
                if (block.kind() == BlockKind.GAP) {
                    died += block.count();
                } else {
                    stored += block.count();
                    lost += block.lostCount();
                }
            }
            lost += epoch.closeLoss.count();
        }
        return new Account(stored, died, lost);
    }

    long total() {
        return stored + died + lost;
    }

    static boolean isOver(FakeCollector collector, String stream) {
        List<FakeCollector.Epoch> epochs = collector.epochs(stream);
        return !epochs.isEmpty() && epochs.stream().allMatch(epoch -> epoch.forgotten);
    }

    /** Each thread's events come in its order, none twice; without a hole before the last, unless some may be dropped. */
    static void assertOrder(FakeCollector collector, String stream, boolean holes) {
        long[] next = new long[Tally.MAX_THREADS];
        String raw = new String(collector.raw(stream), StandardCharsets.ISO_8859_1);
        for (int at = 0; at < raw.length(); at = raw.indexOf('\n', at) + 1) {
            int colon = raw.indexOf(':', at);
            int thread = Integer.parseInt(raw, at, colon, 10);
            long number = Long.parseLong(raw, colon + 1, raw.indexOf(':', colon + 1), 10);
            if (number < next[thread] || !holes && number > next[thread]) {
                throw new AssertionError("thread " + thread + " logged " + number + " after " + (next[thread] - 1)
                        + "; " + Arrays.toString(next));
            }
            next[thread] = number + 1;
        }
    }
}
