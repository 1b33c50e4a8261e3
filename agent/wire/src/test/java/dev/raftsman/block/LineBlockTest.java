package dev.raftsman.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.raftsman.event.Level;
import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LineBlockTest {
    private final LineBlockBuilder builder = new LineBlockBuilder();
    private final BlockReader reader = new BlockReader();

    @AfterEach
    void close() {
        builder.close();
        reader.close();
    }

    static ByteBuffer direct(byte[] bytes) {
        return ByteBuffer.allocateDirect(bytes.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(bytes)
                .flip();
    }

    private byte[] raw(Block block) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        reader.writeRaw(block, out);
        return out.toByteArray();
    }

    private Block build(byte[] lines, int count) {
        return Block.wrap(builder.build(direct(lines), 7, count, Loss.NONE, 100, 200));
    }

    @Test
    void givesOddBytesBackAsTheyLayInTheFile() throws IOException {
        byte[] odd = "a\r\n\n\0nul\n\u2028\n".getBytes(StandardCharsets.UTF_8);
        byte[] lines = new byte[odd.length + 4];
        System.arraycopy(odd, 0, lines, 0, odd.length);
        lines[odd.length] = (byte) 0xFF;
        lines[odd.length + 1] = (byte) 0xC0;
        lines[odd.length + 2] = '\n';
        lines[odd.length + 3] = 'x';

        Block block = build(lines, 6);

        assertThat(raw(block)).isEqualTo(lines);
        assertThat(block.unterminated()).isTrue();
        assertThat(block.firstSequence()).isEqualTo(7);
        assertThat(block.endSequence()).isEqualTo(12);
        assertThat(block.rawBytes()).isEqualTo(lines.length);
        assertThat(block.levelBitmap()).isEqualTo(Level.UNPARSED.bit());
        assertThat(block.minTimeNanos()).isEqualTo(100);
        assertThat(block.maxTimeNanos()).isEqualTo(200);
        List<String> seen = new ArrayList<>();
        reader.forEachLine(
                block,
                (sequence, bytes, offset, length, terminated) ->
                        seen.add(sequence + ":" + length + (terminated ? "" : "*")));
        assertThat(seen).containsExactly("7:2", "8:0", "9:4", "10:3", "11:2", "12:1*");
    }

    @Test
    void storesWhatDoesNotCompressAsItIs() throws IOException {
        byte[] noise = new byte[LineBlockBuilder.MAX_RAW_BYTES];
        new Random(1).nextBytes(noise);
        int count = 1;
        for (int i = 0; i < noise.length - 1; i++) {
            count += noise[i] == '\n' ? 1 : 0;
        }
        noise[noise.length - 1] = 'x';

        Block block = build(noise, count);

        assertThat(block.length()).isEqualTo(Block.HEADER_BYTES + noise.length);
        assertThat(raw(block)).isEqualTo(noise);
    }

    @Test
    void carriesTheLossBeforeItsFirstLine() {
        Loss loss = new Loss(LossReason.QUOTA, 1L << 40);
        Block block = Block.wrap(builder.build(direct("x\n".getBytes(StandardCharsets.UTF_8)), 0, 1, loss, 0, 0));
        assertThat(block.loss()).isEqualTo(loss);
    }

    @Test
    void gapCoversSequencesAndHoldsNothing() throws IOException {
        Block gap = Block.wrap(GapBlock.encode(5, 3, LossReason.PROCESS_DIED, 42));
        assertThat(gap.kind()).isEqualTo(BlockKind.GAP);
        assertThat(gap.endSequence()).isEqualTo(7);
        assertThat(gap.gapReason()).isEqualTo(LossReason.PROCESS_DIED);
        assertThat(gap.loss()).isEqualTo(Loss.NONE);
        assertThat(raw(gap)).isEmpty();
    }

    @Test
    void everyFlippedBitIsNoticed() {
        byte[] whole = bytes(build("one\ntwo\nthree\n".getBytes(StandardCharsets.UTF_8), 3));
        for (int bit = 0; bit < whole.length * 8; bit++) {
            byte[] damaged = whole.clone();
            damaged[bit / 8] ^= (byte) (1 << bit % 8);
            assertThatThrownBy(() -> Block.wrap(ByteBuffer.wrap(damaged)))
                    .as("bit %d", bit)
                    .isInstanceOf(CorruptBlockException.class);
        }
    }

    @Test
    void aCutBlockIsNoBlock() {
        byte[] whole = bytes(build("one\ntwo\n".getBytes(StandardCharsets.UTF_8), 2));
        for (int length = 0; length < whole.length; length++) {
            ByteBuffer cut = ByteBuffer.wrap(whole, 0, length);
            assertThatThrownBy(() -> Block.wrap(cut)).isInstanceOf(CorruptBlockException.class);
        }
    }

    private static byte[] bytes(Block block) {
        byte[] bytes = new byte[block.length()];
        block.encoded().get(bytes);
        return bytes;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void findsNewlinesLikeAPlainLoop(long seed) {
        Random random = new Random(seed);
        byte[] bytes = new byte[4096];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (random.nextInt(4) == 0 ? 9 + random.nextInt(4) : random.nextInt(256));
        }
        for (int round = 0; round < 500; round++) {
            int from = random.nextInt(bytes.length);
            int to = from + random.nextInt(bytes.length - from);
            int count = 0;
            int first = to;
            int afterLast = from;
            for (int i = to - 1; i >= from; i--) {
                if (bytes[i] == '\n') {
                    count++;
                    first = i;
                    afterLast = count == 1 ? i + 1 : afterLast;
                }
            }
            ByteBuffer buffer = round % 2 == 0 ? ByteBuffer.wrap(bytes) : direct(bytes);
            assertThat(Lines.count(buffer, from, to)).isEqualTo(count);
            assertThat(Lines.next(buffer, from, to)).isEqualTo(first);
            assertThat(Lines.endOfLast(buffer, from, to)).isEqualTo(afterLast);
        }
    }
}
