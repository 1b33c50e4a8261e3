package dev.raftsman.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.github.luben.zstd.Zstd;
import dev.raftsman.block.Block;
import dev.raftsman.block.BlockKind;
import dev.raftsman.block.BlockReader;
import dev.raftsman.block.CorruptBlockException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A block, read in every way there is: its events or lines, or a {@link CorruptBlockException}. */
class BlockFuzzTest {
    /** The columns are given plain, and are compressed here. */
    static final int COMPRESSED = 2;

    /** The header says how long the columns are, whatever they are. */
    static final int INFLATED_AS_STATED = 4;

    private static final int CODEC_OFFSET = 14;
    private static final int INFLATED_BYTES_OFFSET = 32;

    @FuzzTest(maxDuration = "60s")
    void block(byte[] data) throws Exception {
        Input input = Input.of(data);
        ByteBuffer block = shaped(input);
        // Columns of the size that the header may name, a quarter more, the longest event, and the rest by what is
        // there.
        Memory.atMost(3L * Block.MAX_INFLATED_BYTES + 256L * data.length, () -> readAll(block));
    }

    static ByteBuffer shaped(Input input) {
        ByteBuffer block = input.buffer();
        if (!input.has(Input.REPAIRED) || block.limit() < Block.HEADER_BYTES) {
            return block;
        }
        int columns = block.limit() - Block.HEADER_BYTES;
        if (input.has(COMPRESSED)) {
            byte[] packed =
                    Zstd.compress(java.util.Arrays.copyOfRange(input.bytes(), Block.HEADER_BYTES, block.limit()), 1);
            block = ByteBuffer.allocate(Block.HEADER_BYTES + packed.length)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .put(input.bytes(), 0, Block.HEADER_BYTES)
                    .put(packed)
                    .flip();
            block.put(CODEC_OFFSET, (byte) 1);
        }
        if (!input.has(INFLATED_AS_STATED)) {
            block.putInt(INFLATED_BYTES_OFFSET, columns);
        }
        Repair.block(block, 0, block.limit());
        return block;
    }

    private static void readAll(ByteBuffer bytes) throws IOException {
        Block block;
        try {
            block = Block.wrap(bytes);
        } catch (CorruptBlockException declared) {
            return;
        }
        assertThat(block.toString()).isNotEmpty();
        assertThat(block.loss()).isNotNull();
        assertThat(block.gapReason()).isNotNull();
        try (BlockReader reader = new BlockReader()) {
            tolerant(() -> reader.labels(block));
            tolerant(() -> reader.writeRaw(block, OutputStream.nullOutputStream()));
            if (block.kind() == BlockKind.LINES) {
                tolerant(() -> reader.forEachLine(block, (sequence, line, offset, length, terminated) -> {
                    line.slice(offset, length);
                }));
            } else if (block.kind() == BlockKind.EVENTS) {
                tolerant(() -> reader.forEachEvent(block, (sequence, row) -> {
                    row.logger();
                    row.thread();
                    row.message();
                    row.throwable();
                    row.forEachAttribute(
                            (keyOffset, keyLength, valueOffset, valueLength) -> row.text(keyOffset, keyLength));
                }));
            }
        }
    }

    private interface Reading {
        void run() throws IOException;
    }

    private static void tolerant(Reading reading) throws IOException {
        try {
            reading.run();
        } catch (CorruptBlockException declared) {
            assertThat(declared).hasMessageContaining("block");
        }
    }
}
