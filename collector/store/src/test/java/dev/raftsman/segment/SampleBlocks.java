package dev.raftsman.segment;

import dev.raftsman.block.Block;
import dev.raftsman.block.GapBlock;
import dev.raftsman.block.LineBlockBuilder;
import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Random;

/** Real blocks for tests: lines that the seed decides. */
public final class SampleBlocks implements AutoCloseable {
    private static final long NOW_NANOS = 1_700_000_000_000_000_000L;

    private final LineBlockBuilder builder = new LineBlockBuilder();

    /** @param lineBytes random hexadecimal digits, so that about half remains after compression */
    public ByteBuffer lines(long first, int count, Loss loss, int lineBytes, long seed) {
        Random random = new Random(seed);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append(first + i).append(' ');
            for (int j = 0; j < lineBytes; j++) {
                text.append(Character.forDigit(random.nextInt(16), 16));
            }
            text.append('\n');
        }
        byte[] bytes = text.toString().getBytes(StandardCharsets.US_ASCII);
        ByteBuffer direct = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
        long time = NOW_NANOS + random.nextInt(1_000_000);
        return copy(builder.build(direct, first, count, loss, time, time + random.nextInt(1_000)));
    }

    public ByteBuffer lines(long first, int count, long seed) {
        return lines(first, count, Loss.NONE, 20, seed);
    }

    public static ByteBuffer gap(long first, int count) {
        return GapBlock.encode(first, count, LossReason.PROCESS_DIED, NOW_NANOS);
    }

    public static Block block(ByteBuffer encoded) {
        return Block.wrap(encoded);
    }

    /** The bytes in a heap buffer of their own. */
    public static ByteBuffer copy(ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.duplicate().get(copy);
        return ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public void close() {
        builder.close();
    }
}
