package dev.raftsman.cluster;

import dev.raftsman.block.EventBlockBuilder;
import dev.raftsman.event.CompactRows;
import dev.raftsman.event.Level;
import dev.raftsman.event.Loss;
import dev.raftsman.event.RowWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;

/** Appends events of given levels to a {@link TestState}, one block at a time. One thread. */
public final class LevelBlocks implements AutoCloseable {
    private static final ByteBuffer NO_NAMES = ByteBuffer.allocate(0).order(ByteOrder.LITTLE_ENDIAN);

    private final TestState state;
    private final EventBlockBuilder builder = new EventBlockBuilder(1 << 20);
    private final Map<Long, Long> next = new HashMap<>();

    public LevelBlocks(TestState state) {
        this.state = state;
    }

    /** Appends so many events of each level. */
    public void append(long epoch, int count, Level... levels) {
        byte[] scratch = new byte[1 << 12];
        long nanos = state.nowMillis() * 1_000_000;
        for (int i = 0; i < count; i++) {
            for (Level level : levels) {
                add(
                        new RowWriter(null)
                                .begin(scratch, 0, scratch.length, level, nanos, RowWriter.UNCUT)
                                .logger("shop.Orders")
                                .message("order " + i),
                        scratch);
            }
        }
        int events = count * levels.length;
        long first = next.getOrDefault(epoch, 0L);
        state.appendBlock(epoch, builder.build(first, Loss.NONE), events);
        next.put(epoch, first + events);
    }

    private void add(RowWriter writer, byte[] scratch) {
        CompactRows rows = new CompactRows();
        rows.begin(NO_NAMES);
        rows.expand(ByteBuffer.wrap(scratch).order(ByteOrder.LITTLE_ENDIAN), 0, writer.end());
        byte[] row = new byte[rows.length()];
        rows.row().get(0, row);
        builder.add(ByteBuffer.wrap(row).order(ByteOrder.LITTLE_ENDIAN), 0, row.length);
    }

    @Override
    public void close() {
        builder.close();
    }
}
