package dev.raftsman.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.github.luben.zstd.Zstd;
import dev.raftsman.block.Block;
import dev.raftsman.cold.ByteRanges;
import dev.raftsman.cold.ColdBlock;
import dev.raftsman.cold.ColdIndex;
import dev.raftsman.cold.ColdObjectReader;
import dev.raftsman.cold.ColdRecords;
import dev.raftsman.cold.ColdSegmentReader;
import dev.raftsman.cold.CorruptColdObjectException;
import dev.raftsman.disk.Checksum;
import dev.raftsman.segment.UnsupportedFormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * A cold object: its index, filters, blocks and segments, or one of the two exceptions of a damaged one. Repaired: what is
 * given is the length of the index, the index before it is compressed, and the blocks; checksums are put right.
 */
class ColdFuzzTest {
    private static final int HEADER_BYTES = 8;
    private static final int TRAILER_BYTES = 32;
    private static final byte[] ABSENT = "fuzz".getBytes(StandardCharsets.US_ASCII);

    /** What an index may inflate to, and some times that for what it says: its frame may claim it in a few bytes. */
    private static final long INDEX_BYTES = 8L * (32 << 20);

    /** A block: its lanes, the choices of its columns, and its records, all by what it claims to inflate to. */
    private static final long BLOCK_BYTES = 16L << 20;

    private static final int BLOCK_TIMES = 16;

    @FuzzTest(maxDuration = "60s")
    void object(byte[] data) throws Exception {
        Input input = Input.of(data);
        byte[] object = input.has(Input.REPAIRED) ? assembled(input.bytes()) : input.bytes();
        Memory.atMost(INDEX_BYTES + 64L * data.length, () -> readIndex(object));
        ColdIndex index = readIndex(object);
        if (index != null) {
            ColdIndex right = input.has(Input.REPAIRED) ? withChecksums(index, object) : index;
            long claimed = right.blocks().stream()
                    .mapToLong(block -> BLOCK_BYTES + BLOCK_TIMES * (long) block.plainBytes())
                    .sum();
            // Each block is read for itself, and again for each of its segments.
            long readings = 1 + right.segments().size();
            Memory.atMost(readings * claimed + 64L * data.length, () -> readAll(object, right));
        }
    }

    /** Header, blocks, index, trailer. */
    static byte[] assembled(byte[] parts) {
        if (parts.length < Integer.BYTES) {
            return parts;
        }
        int indexBytes = ByteBuffer.wrap(parts).order(ByteOrder.LITTLE_ENDIAN).getInt();
        int blocksAt = Integer.BYTES + Math.max(0, Math.min(indexBytes, parts.length - Integer.BYTES));
        byte[] plain = Arrays.copyOfRange(parts, Integer.BYTES, blocksAt);
        byte[] index = Zstd.compress(plain, 1);
        int blockBytes = parts.length - blocksAt;
        ByteBuffer object = ByteBuffer.allocate(HEADER_BYTES + blockBytes + index.length + TRAILER_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
        object.put("RCO1".getBytes(StandardCharsets.US_ASCII)).putInt(2);
        object.put(parts, blocksAt, blockBytes).put(index);
        int trailer = object.position();
        object.putLong(HEADER_BYTES + blockBytes).putInt(index.length).putInt(plain.length);
        object.putInt(Checksum.crc32c(ByteBuffer.wrap(index), 0, index.length)).putInt(2);
        object.putInt(Checksum.crc32c(object, trailer, TRAILER_BYTES - 8));
        object.put("RCE1".getBytes(StandardCharsets.US_ASCII));
        return object.array();
    }

    private static ColdIndex withChecksums(ColdIndex index, byte[] object) {
        List<ColdBlock> blocks = index.blocks().stream()
                .map(block -> new ColdBlock(
                        block.offset(),
                        block.length(),
                        Checksum.crc32c(ByteBuffer.wrap(object), (int) block.offset(), block.length()),
                        block.plainBytes(),
                        block.rawBytes(),
                        block.firstSegment(),
                        block.lastSegment(),
                        block.firstRaftIndex(),
                        block.lastRaftIndex(),
                        block.records(),
                        block.events(),
                        block.levelBitmap(),
                        block.minTimeNanos(),
                        block.maxTimeNanos(),
                        block.words()))
                .toList();
        return new ColdIndex(index.segments(), blocks);
    }

    private record Bytes(byte[] object) implements ByteRanges {
        @Override
        public String name() {
            return "fuzz";
        }

        @Override
        public long length() {
            return object.length;
        }

        @Override
        public byte[] read(long offset, int length) {
            return Arrays.copyOfRange(object, (int) offset, (int) offset + length);
        }
    }

    /** Null if it has none that can be read. */
    private static ColdIndex readIndex(byte[] object) throws IOException {
        try (ColdObjectReader reader = ColdObjectReader.open(new Bytes(object))) {
            return reader.index();
        } catch (CorruptColdObjectException | UnsupportedFormatException declared) {
            assertThat(declared).hasMessageContaining("fuzz");
            return null;
        }
    }

    private static void readAll(byte[] object, ColdIndex index) throws IOException {
        try (ColdObjectReader reader = ColdObjectReader.open(new Bytes(object), index)) {
            for (ColdBlock block : index.blocks()) {
                assertThat(block.words().falsePositiveRate()).isBetween(0.0, 1.0);
                block.words().mayContain(ABSENT);
                tolerant(() -> {
                    ColdRecords records = reader.records(block);
                    assertThat(records.count()).isEqualTo(block.records());
                    for (int i = 0; i < records.count(); i++) {
                        assertThat(Block.wrap(records.block(i).encoded()).intact())
                                .isTrue();
                    }
                });
            }
            for (int i = 0; i < index.segments().size(); i++) {
                ColdSegmentReader segment = reader.segment(i);
                tolerant(() -> {
                    while (segment.next()) {
                        assertThat(segment.epochInfo()).isNotNull();
                    }
                });
            }
        }
    }

    private interface Reading {
        void run() throws IOException;
    }

    private static void tolerant(Reading reading) throws IOException {
        try {
            reading.run();
        } catch (CorruptColdObjectException declared) {
            assertThat(declared.offset()).isNotNegative();
        }
    }
}
