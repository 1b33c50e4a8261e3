package dev.raftsman.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.raftsman.event.Level;
import dev.raftsman.event.Loss;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LabelsTest {
    private static final Labels HOST = Labels.of(Map.of("host.name", "wörker-1", "empty", ""));

    private final BlockReader reader = new BlockReader();

    @AfterEach
    void close() {
        reader.close();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private String raw(Block block) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        reader.writeRaw(block, out);
        return out.toString(StandardCharsets.UTF_8);
    }

    /** Incompressible lines are stored plain, others as a zstd frame: labels must come back from both. */
    @Test
    void linesCarryLabelsWithoutMoving() throws IOException {
        for (String text : List.of("x\n", "the same again\n".repeat(100))) {
            ByteBuffer lines = ByteBuffer.allocateDirect(4096).order(ByteOrder.LITTLE_ENDIAN);
            lines.position(1000).put(utf8(text)).flip().position(1000);
            int count = Lines.count(lines, 1000, lines.limit());
            try (LineBlockBuilder builder = new LineBlockBuilder()) {
                Block block = Block.wrap(builder.build(lines, HOST, 5, count, Loss.NONE, 1, 2));

                assertThat(lines.position()).isEqualTo(1000);
                assertThat(reader.labels(block)).isEqualTo(HOST);
                assertThat(raw(block)).isEqualTo(text);
                assertThat(block.rawBytes()).isEqualTo(text.length());
                List<Long> sequences = new ArrayList<>();
                reader.forEachLine(block, (sequence, bytes, offset, length, whole) -> sequences.add(sequence));
                assertThat(sequences).hasSize(count).startsWith(5L);
            }
        }
    }

    @Test
    void eventsOfTextCarryLabelsAndAttributes() throws IOException {
        try (EventBlockBuilder builder = new EventBlockBuilder(1 << 20)) {
            builder.label(HOST);
            for (int i = 0; i < 3; i++) {
                builder.beginText(1000 + i, i == 1);
                builder.text(utf8("xxfirst " + i), 2, 7);
                builder.text(utf8("\nsecond"), 0, 7);
                if (i > 0) {
                    builder.attribute(utf8("stream"), utf8("stderr"));
                }
                builder.endText(20);
            }
            Block block = Block.wrap(builder.build(7, Loss.NONE));

            assertThat(reader.labels(block)).isEqualTo(HOST);
            assertThat(block.count()).isEqualTo(3);
            assertThat(block.rawBytes()).isEqualTo(60);
            assertThat(block.levelBitmap()).isEqualTo(Level.UNPARSED.bit());
            List<String> seen = new ArrayList<>();
            reader.forEachEvent(block, (sequence, row) -> {
                StringBuilder attributes = new StringBuilder();
                row.forEachAttribute((k, kl, v, vl) ->
                        attributes.append(row.text(k, kl)).append('=').append(row.text(v, vl)));
                seen.add(sequence + "@" + row.timestampNanos() + " " + row.message() + " " + row.truncated() + " "
                        + attributes);
            });
            assertThat(seen)
                    .containsExactly(
                            "7@1000 first 0\nsecond false ",
                            "8@1001 first 1\nsecond true stream=stderr",
                            "9@1002 first 2\nsecond false stream=stderr");
        }
    }

    @Test
    void blockWithoutLabelsHasNone() throws IOException {
        try (LineBlockBuilder builder = new LineBlockBuilder()) {
            Block block = Block.wrap(builder.build(LineBlockTest.direct(utf8("x\n")), 0, 1, Loss.NONE, 0, 0));
            assertThat(reader.labels(block)).isEqualTo(Labels.NONE);
        }
    }

    @Test
    void moreSpecificLabelsWin() {
        assertThat(HOST.with(Labels.of(Map.of("empty", "no", "pod", "p"))).asMap())
                .isEqualTo(Map.of("host.name", "wörker-1", "empty", "no", "pod", "p"));
    }

    @Test
    void refusesMoreThanABlockMayCarry() {
        assertThatThrownBy(() -> Labels.of(Map.of("k", "v".repeat(Labels.MAX_BYTES))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected at most 8192");
    }

    @Test
    void damagedLabelsAreNamedAndReadNothingElse() {
        ByteBuffer whole = ByteBuffer.allocate(HOST.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        HOST.put(whole, 0);
        for (int at = 0; at < whole.capacity(); at++) {
            ByteBuffer damaged = ByteBuffer.allocate(whole.capacity()).order(ByteOrder.LITTLE_ENDIAN);
            damaged.put(0, whole, 0, whole.capacity());
            damaged.put(at, (byte) 0xFF);
            try {
                Labels.read(damaged);
            } catch (CorruptBlockException named) {
                assertThat(named).hasMessageStartingWith("block: ");
            }
        }
        assertThatThrownBy(() -> Labels.read(whole.slice(0, HOST.bytes() - 1).order(ByteOrder.LITTLE_ENDIAN)))
                .isInstanceOf(CorruptBlockException.class);
    }
}
