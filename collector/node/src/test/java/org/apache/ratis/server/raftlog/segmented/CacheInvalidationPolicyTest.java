package org.apache.ratis.server.raftlog.segmented;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.ratis.server.raftlog.segmented.CacheInvalidationPolicy.Span;
import org.junit.jupiter.api.Test;

class CacheInvalidationPolicyTest {
    private static final int MOST = 4;

    /** Segments of ten entries, from index 0 on. */
    private static List<Span> spans(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> new Span(10L * i, 10L * i + 9))
                .toList();
    }

    @Test
    void isFoundBeforeTheEnginesOwn() throws Exception {
        assertThat(CacheInvalidationPolicy.class.getDeclaredClasses()).contains(Span.class);
        assertThat(SegmentedRaftLogCache.class
                        .getDeclaredField("evictionPolicy")
                        .getType())
                .isEqualTo(CacheInvalidationPolicy.class);
        assertThat(CacheInvalidationPolicy.class.getMethods())
                .singleElement()
                .extracting(method -> List.of(method.getParameterTypes()))
                .isEqualTo(List.of(
                        long[].class, long.class, long.class, SegmentedRaftLogCache.LogSegmentList.class, int.class));
    }

    @Test
    void dropsWhatAllHaveRead() {
        assertThat(Span.toDrop(spans(3), new long[] {25, 30, 29}, 3, MOST)).containsExactly(0, 1);
    }

    @Test
    void keepsWhatIsReadNextAndDropsTheNewestOfTheOthersUntilEnoughIsFree() {
        // One follower is far behind, in the third segment; the other in the eighth, where the state machine is too.
        assertThat(Span.toDrop(spans(10), new long[] {21, 75, 79}, 10, MOST))
                .containsExactlyInAnyOrder(0, 1, 9, 8, 6, 5);
        assertThat(Span.toDrop(spans(10), new long[] {21, 75, 79}, 10, 20)).containsExactly(0, 1);
    }

    /** The engine's own dropped one a run here, and two were added. */
    @Test
    void aFollowerThatIsSlowButMovesDoesNotFillTheMemory() {
        List<Span> inMemory = new ArrayList<>();
        int next = 20;
        for (int head = 20; head < 400; head++) {
            inMemory.add(new Span(10L * head, 10L * head + 9)); // closed just now
            Span read = new Span(10L * next, 10L * next + 9); // and what the follower reads has been loaded again
            if (!inMemory.contains(read)) {
                inMemory.add(read);
            }
            inMemory.sort((a, b) -> Long.compare(a.first(), b.first()));
            List<Integer> drop = Span.toDrop(
                    inMemory, new long[] {10L * next + 3, 10L * head + 5, 10L * head}, inMemory.size(), MOST);
            drop.stream().sorted((a, b) -> b - a).forEach(i -> inMemory.remove((int) i));
            assertThat(inMemory).hasSizeLessThanOrEqualTo(MOST);
            next += head % 4 == 0 ? 0 : 1;
        }
    }
}
