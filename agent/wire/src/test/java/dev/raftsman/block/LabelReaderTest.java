package dev.raftsman.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.raftsman.disk.Checksum;
import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LabelReaderTest {
    private static final Labels HOST = Labels.of(Map.of("host.name", "wörker-1", "env", "prod"));
    private static final Labels LONG = Labels.of(Map.of("k", "v".repeat(Labels.MAX_BYTES - 100)));

    private final LabelReader reader = new LabelReader();
    private final LineBlockBuilder builder = new LineBlockBuilder();

    @AfterEach
    void close() {
        reader.close();
        builder.close();
    }

    private ByteBuffer encoded(Labels labels, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        ByteBuffer lines = ByteBuffer.allocateDirect(Labels.MAX_BYTES + bytes.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .position(Labels.MAX_BYTES)
                .put(bytes)
                .flip()
                .position(Labels.MAX_BYTES);
        int count = Lines.count(lines, lines.position(), lines.limit());
        ByteBuffer built = builder.build(lines, labels, 0, count, Loss.NONE, 1, 2);
        return ByteBuffer.allocate(built.remaining())
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(built)
                .flip();
    }

    private Block block(Labels labels, String text) {
        return Block.wrap(encoded(labels, text));
    }

    @Test
    void readsWhatABlockOfAnyLengthAndCodecBeginsWith() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        StringBuilder noise = new StringBuilder();
        while (noise.length() < 1 << 20) {
            noise.append((char) (' ' + random.nextInt(90))).append(noise.length() % 80 == 0 ? "\n" : "");
        }
        for (Labels labels : new Labels[] {HOST, LONG, Labels.NONE, HOST}) {
            for (String text : new String[] {"x\n", "the same again\n".repeat(100_000), noise + "\n"}) {
                assertThat(reader.labels(block(labels, text)))
                        .as("%d characters, seed %d", text.length(), seed)
                        .isEqualTo(labels);
            }
        }
    }

    @Test
    void ofAGapThereAreNone() {
        assertThat(reader.labels(Block.wrap(GapBlock.encode(0, 5, LossReason.QUOTA, 7))))
                .isEqualTo(Labels.NONE);
    }

    /** Whoever may send blocks can put any bytes behind a header whose checksum is right. */
    @Test
    void namesWhatIsNoFrameAndReadsOnAfterwards() {
        ByteBuffer whole = encoded(HOST, "the same again\n".repeat(1_000));
        for (int at = Block.HEADER_BYTES; at < Block.HEADER_BYTES + 24; at++) {
            for (int value : new int[] {0, 0x7F, 0x80, 0xFF}) {
                ByteBuffer damaged = ByteBuffer.allocate(whole.limit()).order(ByteOrder.LITTLE_ENDIAN);
                damaged.put(0, whole, 0, whole.limit()).put(at, (byte) value);
                damaged.putInt(8, Checksum.crc32c(damaged, 12, damaged.limit() - 12));
                try {
                    assertThat(reader.labels(Block.wrap(damaged)).bytes()).isLessThanOrEqualTo(Labels.MAX_BYTES);
                } catch (CorruptBlockException named) {
                    assertThat(named).hasMessageStartingWith("block: ");
                }
            }
        }
        assertThat(reader.labels(Block.wrap(whole))).isEqualTo(HOST);
    }

    @Test
    void givesNoFrameMoreMemoryThanABlockMayNeed() {
        ByteBuffer whole = encoded(HOST, "the same again\n".repeat(1_000));
        ByteBuffer greedy = ByteBuffer.allocate(whole.limit()).order(ByteOrder.LITTLE_ENDIAN);
        greedy.put(0, whole, 0, whole.limit());
        greedy.put(Block.HEADER_BYTES + 4, (byte) 0).put(Block.HEADER_BYTES + 5, (byte) (17 << 3)); // 128 MiB
        greedy.putInt(8, Checksum.crc32c(greedy, 12, greedy.limit() - 12));
        assertThatThrownBy(() -> reader.labels(Block.wrap(greedy)))
                .isInstanceOf(CorruptBlockException.class)
                .hasMessageContaining("window of 134217728 bytes; expected at most 8388608");
    }
}
