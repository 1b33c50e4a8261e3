package dev.raftsman.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.raftsman.event.CompactRows;
import dev.raftsman.event.EventRow;
import dev.raftsman.event.Level;
import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import dev.raftsman.event.RowWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventBlockTest {
    private final EventBlockBuilder builder = new EventBlockBuilder(1 << 20);
    private final BlockReader reader = new BlockReader();

    @AfterEach
    void close() {
        builder.close();
        reader.close();
    }

    private static final ByteBuffer NO_NAMES = ByteBuffer.allocate(0).order(ByteOrder.LITTLE_ENDIAN);

    private static RowWriter begin(byte[] scratch, Level level, long timestampNanos) {
        return new RowWriter(null).begin(scratch, 0, scratch.length, level, timestampNanos, RowWriter.UNCUT);
    }

    /** The row in its plain form. */
    private static byte[] row(RowWriter writer, byte[] scratch) {
        CompactRows rows = new CompactRows();
        rows.begin(NO_NAMES);
        int length = writer.end();
        assertThat(rows.expand(ByteBuffer.wrap(scratch).order(ByteOrder.LITTLE_ENDIAN), 0, length))
                .isEqualTo(length);
        byte[] row = new byte[rows.length()];
        rows.row().get(0, row);
        return row;
    }

    private static byte[] randomRow(Random random, byte[] scratch) {
        RowWriter writer = begin(scratch, Level.ofCode(random.nextInt(5)), random.nextLong())
                .logger(random.nextInt(9) == 0 ? "" : "logger-" + random.nextInt(300))
                .thread("t" + random.nextInt(3))
                .message("é€😀 message ".repeat(random.nextInt(20)) + random.nextInt());
        if (random.nextInt(4) == 0) {
            writer.throwable("java.lang.IllegalStateException: " + random.nextInt() + "\n\tat a.b.C");
        }
        for (int i = random.nextInt(4); i > 0; i--) {
            writer.attribute("key" + random.nextInt(6), "value" + random.nextInt(50));
        }
        if (random.nextInt(10) == 0) {
            writer.truncated();
        }
        return row(writer, scratch);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void givesRowsBackByteForByte(long seed) throws IOException {
        Random random = new Random(seed);
        byte[] scratch = new byte[1 << 16];
        for (int round = 0; round < 3; round++) {
            List<byte[]> rows = new ArrayList<>();
            for (int i = 1 + random.nextInt(2000); i > 0; i--) {
                byte[] row = randomRow(random, scratch);
                rows.add(row);
                assertThat(builder.add(ByteBuffer.wrap(row).order(ByteOrder.LITTLE_ENDIAN), 0, row.length))
                        .isEqualTo(row.length);
            }
            Loss loss = new Loss(LossReason.RING_FULL, 3);
            Block block = Block.wrap(builder.build(10, loss));

            assertThat(block.count()).isEqualTo(rows.size());
            assertThat(block.loss()).isEqualTo(loss);
            List<byte[]> back = new ArrayList<>();
            reader.forEachEvent(block, (sequence, event) -> {
                assertThat(sequence).isEqualTo(10 + back.size());
                byte[] copy = new byte[event.length()];
                event.buffer().get(event.offset(), copy);
                back.add(copy);
            });
            assertThat(back).hasSameSizeAs(rows);
            for (int i = 0; i < rows.size(); i++) {
                assertThat(back.get(i)).isEqualTo(rows.get(i));
            }
        }
    }

    @Test
    void takesARowLongerThanTheTargetAlone() {
        byte[] scratch = new byte[EventBlockBuilder.MAX_ROW_BYTES];
        byte[] large = row(begin(scratch, Level.INFO, 1).message("x".repeat((1 << 20) + 1000)), scratch);
        assertThat(builder.hasRoom(large.length)).isTrue();
        builder.add(ByteBuffer.wrap(large).order(ByteOrder.LITTLE_ENDIAN), 0, large.length);
        assertThat(builder.hasRoom(1)).isFalse();
        assertThat(Block.wrap(builder.build(0, Loss.NONE)).rawBytes()).isEqualTo(large.length);
    }

    @Test
    void refusesARowWhoseLengthsDoNotFit() {
        byte[] scratch = new byte[256];
        byte[] row = row(begin(scratch, Level.WARN, 1).logger("l").message("m").attribute("k", "v"), scratch);
        for (int at = 14; at < EventRow.HEADER_BYTES; at++) {
            ByteBuffer damaged = ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN);
            damaged.put(0, row);
            damaged.put(at, (byte) (damaged.get(at) + 1));
            assertThatThrownBy(() -> builder.add(damaged, 0, row.length))
                    .as("byte %d", at)
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(builder.count()).isZero();
    }
}
