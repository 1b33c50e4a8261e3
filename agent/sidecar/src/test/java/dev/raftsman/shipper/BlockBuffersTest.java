package dev.raftsman.shipper;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BlockBuffersTest {
    private static final long BUDGET = 1 << 20;

    private final BlockBuffers buffers = new BlockBuffers();

    @Test
    void usesAgainWhatWasGivenBack() {
        ByteBuffer first = buffers.copyOf(block(100_000, 1), BUDGET);
        buffers.give(first, BUDGET);

        ByteBuffer second = buffers.copyOf(block(99_000, 2), BUDGET);

        assertThat(second).isSameAs(first).isEqualTo(block(99_000, 2));
        assertThat(buffers.freeBytes()).isZero();
    }

    @Test
    void takesTheSmallestThatDoes() {
        ByteBuffer large = buffers.copyOf(block(190_000, 1), BUDGET);
        ByteBuffer small = buffers.copyOf(block(100_000, 1), BUDGET);
        buffers.give(small, BUDGET);
        buffers.give(large, BUDGET);

        assertThat(buffers.copyOf(block(100_001, 2), BUDGET)).isSameAs(small);
        assertThat(buffers.copyOf(block(100_002, 2), BUDGET)).isSameAs(large);
    }

    @Test
    void putsNoSmallBlockIntoALargeBuffer() {
        ByteBuffer large = buffers.copyOf(block(900_000, 1), BUDGET);
        buffers.give(large, BUDGET);

        assertThat(buffers.copyOf(block(100_000, 2), BUDGET).capacity()).isLessThan(200_000);
    }

    @Test
    void keepsNoMoreThanIsLeftOfTheBudget() {
        long seed = new SplittableRandom().nextLong();
        SplittableRandom random = new SplittableRandom(seed);
        ArrayDeque<ByteBuffer> used = new ArrayDeque<>();
        long usedBytes = 0;
        for (int i = 0; i < 2_000; i++) {
            if (usedBytes < BUDGET && random.nextInt(100) < 60) {
                ByteBuffer copy = buffers.copyOf(block(1 + random.nextInt(300_000), (byte) i), BUDGET - usedBytes);
                used.add(copy);
                usedBytes += copy.capacity();
            } else if (!used.isEmpty()) {
                usedBytes -= used.peek().capacity();
                buffers.give(used.remove(), BUDGET - usedBytes);
            }
            // The last copy is made in any case.
            assertThat(buffers.freeBytes())
                    .as("unused, in step %d of seed %d", i, seed)
                    .isLessThanOrEqualTo(Math.max(0, BUDGET - usedBytes));
        }
    }

    @Test
    void keepsNothingOnceItIsReleased() {
        buffers.give(buffers.copyOf(block(100_000, 1), BUDGET), BUDGET);

        buffers.release();

        assertThat(buffers.freeBytes()).isZero();
    }

    private static ByteBuffer block(int bytes, int content) {
        ByteBuffer block = ByteBuffer.allocate(bytes);
        while (block.hasRemaining()) {
            block.put((byte) content);
        }
        return block.flip();
    }
}
