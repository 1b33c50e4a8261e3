package dev.raftsman.segment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import dev.raftsman.segment.SegmentReader.Ending;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SegmentReaderTest {
    private static final SegmentHeader HEADER =
            new SegmentHeader(new SegmentId(3, 0x1234), "acme", "payments/api", 1_000);
    private static final EpochInfo FIRST = new EpochInfo(7, "host-1:app", new UUID(1, 2));
    private static final EpochInfo SECOND = new EpochInfo(9, "host-2:app", new UUID(3, 4));

    @TempDir
    private Path directory;

    private final SampleBlocks samples = new SampleBlocks();
    private final ByteBuffer scratch = SegmentWriter.scratch();
    private final List<ByteBuffer> blocks = new ArrayList<>();
    private final List<Long> recordEnds = new ArrayList<>();

    @AfterEach
    void close() {
        samples.close();
    }

    private Path segment(boolean sealed) throws IOException {
        Path file = directory.resolve(HEADER.id().fileName());
        SegmentTally tally = new SegmentTally();
        try (SegmentWriter writer = SegmentWriter.create(file, HEADER, scratch)) {
            append(writer, tally, FIRST, 0x1234, samples.lines(0, 3, 1));
            append(writer, tally, SECOND, 0x1234, samples.lines(5, 2, new Loss(LossReason.RING_FULL, 4), 10, 2));
            append(writer, tally, FIRST, 0x1235, SampleBlocks.gap(3, 10));
            append(writer, tally, FIRST, 0x1300, samples.lines(13, 1, 3));
            if (sealed) {
                String sha256 = writer.seal(0x1301, 2_000, tally.totals());
                assertThat(sha256).isEqualTo(writer.sha256());
            }
        }
        return file;
    }

    private void append(SegmentWriter writer, SegmentTally tally, EpochInfo epoch, long index, ByteBuffer encoded)
            throws IOException {
        writer.append(epoch, index, 1_000 + index, SampleBlocks.block(encoded));
        tally.add(epoch.epoch(), SampleBlocks.block(encoded));
        blocks.add(encoded);
        recordEnds.add(writer.length());
    }

    @Test
    void readsASealedSegmentWithItsFooter() throws IOException {
        Path file = segment(true);
        try (SegmentReader reader = SegmentReader.openWithDigest(file)) {
            assertThat(reader.header()).contains(HEADER);
            List<ByteBuffer> found = new ArrayList<>();
            List<EpochInfo> epochs = new ArrayList<>();
            List<Long> indexes = new ArrayList<>();
            while (reader.next()) {
                found.add(SampleBlocks.copy(reader.block().encoded()));
                epochs.add(reader.epochInfo());
                indexes.add(reader.raftIndex());
                assertThat(reader.stampMillis()).isEqualTo(1_000 + reader.raftIndex());
                assertThat(reader.validBytes()).isEqualTo(recordEnds.get(found.size() - 1));
            }
            assertThat(found).isEqualTo(blocks);
            assertThat(epochs).containsExactly(FIRST, SECOND, FIRST, FIRST);
            assertThat(indexes).containsExactly(0x1234L, 0x1234L, 0x1235L, 0x1300L);
            assertThat(reader.ending()).isEqualTo(Ending.SEALED);
            assertThat(reader.next()).isFalse();
            assertThat(reader.validBytes()).isEqualTo(Files.size(file));
            SegmentTotals totals = reader.footer().orElseThrow().totals();
            assertThat(totals).isEqualTo(reader.totals());
            assertThat(totals.blocks()).isEqualTo(4);
            assertThat(totals.events()).isEqualTo(6);
            assertThat(totals.gapEvents()).isEqualTo(10);
            assertThat(totals.lostEvents()).isEqualTo(4);
            assertThat(totals.ranges()).containsExactly(new SequenceRange(7, 0, 14), new SequenceRange(9, 5, 2));
            assertThat(reader.footer().orElseThrow().spans()).hasSize(1);
        }
    }

    @Test
    void readsACopyThatWasCutAnywhereToItsLastWholeRecord() throws IOException {
        byte[] whole = Files.readAllBytes(segment(true));
        for (int length = 0; length < whole.length; length++) {
            int cut = length;
            long expected = recordEnds.stream().filter(end -> end <= cut).count();
            try (SegmentReader reader = SegmentReader.of("cut at " + cut, Arrays.copyOf(whole, cut))) {
                int read = 0;
                while (reader.next()) {
                    assertThat(reader.block().encoded()).isEqualTo(blocks.get(read++));
                }
                assertThat(read).as("cut at %s", cut).isEqualTo((int) expected);
                assertThat(reader.ending()).isIn(Ending.TORN, Ending.UNFINISHED);
                assertThat(reader.validBytes()).isLessThanOrEqualTo(cut);
                assertThat(reader.ending() == Ending.UNFINISHED)
                        .as("unfinished means: nothing behind the last whole record, cut at %s", cut)
                        .isEqualTo(reader.validBytes() == cut && reader.header().isPresent());
            }
        }
    }

    @Test
    void findsEveryFlippedBit() throws IOException {
        byte[] whole = Files.readAllBytes(segment(true));
        for (int bit = 0; bit < whole.length * 8; bit++) {
            byte[] flipped = whole.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            String name = "flipped " + bit / 8;
            try (SegmentReader reader = SegmentReader.of(name, flipped)) {
                while (reader.next()) {
                    assertThat(reader.block().count()).isPositive();
                }
                // A header that claims to be longer than the file looks torn: nothing of it is believed.
                assertThat(reader.header()).as(name).isEmpty();
                assertThat(reader.ending()).isEqualTo(Ending.TORN);
            } catch (CorruptSegmentException e) {
                assertThat(e.file()).isEqualTo(name);
                assertThat(e).hasMessageContaining("expected").hasMessageContaining("found");
            }
        }
    }

    @Test
    void takesZerosBehindTheLastRecordForATornTail() throws IOException {
        byte[] records = Files.readAllBytes(segment(false));
        byte[] grown = Arrays.copyOf(records, records.length + 100_000);
        try (SegmentReader reader = SegmentReader.of("grown", grown)) {
            while (reader.next()) {
                assertThat(reader.block()).isNotNull();
            }
            assertThat(reader.ending()).isEqualTo(Ending.TORN);
            assertThat(reader.validBytes()).isEqualTo(records.length);
        }
        grown[grown.length - 1] = 1;
        try (SegmentReader reader = SegmentReader.of("grown", grown)) {
            assertThatThrownBy(() -> {
                        while (reader.next()) {
                            assertThat(reader.block()).isNotNull();
                        }
                    })
                    .isInstanceOf(CorruptSegmentException.class)
                    .hasMessageContaining("grown at " + (records.length + SegmentRecord.CRC_OFFSET));
        }
    }

    @Test
    void refusesBytesBehindTheFooter() throws IOException {
        byte[] whole = Files.readAllBytes(segment(true));
        try (SegmentReader reader = SegmentReader.of("longer", Arrays.copyOf(whole, whole.length + 1))) {
            assertThatThrownBy(() -> {
                        while (reader.next()) {
                            assertThat(reader.block()).isNotNull();
                        }
                    })
                    .isInstanceOf(CorruptSegmentException.class)
                    .hasMessageContaining("after the footer");
        }
    }

    @Test
    void findsAFooterThatBelongsToOtherRecords() throws IOException {
        Path file = segment(true);
        byte[] one = Files.readAllBytes(file);
        // The same lengths and totals, another order of bytes inside one block: only the digest can tell.
        blocks.clear();
        recordEnds.clear();
        Path other = directory.resolve("other.seg");
        SegmentTally tally = new SegmentTally();
        try (SegmentWriter writer = SegmentWriter.create(other, HEADER, scratch)) {
            append(writer, tally, FIRST, 0x1234, samples.lines(0, 3, 1));
            append(writer, tally, SECOND, 0x1234, samples.lines(5, 2, new Loss(LossReason.RING_FULL, 4), 10, 2));
            append(writer, tally, FIRST, 0x1236, SampleBlocks.gap(3, 10));
            append(writer, tally, FIRST, 0x1300, samples.lines(13, 1, 3));
        }
        byte[] mixed = one.clone();
        byte[] records = Files.readAllBytes(other);
        System.arraycopy(records, 0, mixed, 0, records.length);
        Path file2 = directory.resolve("mixed.seg");
        Files.write(file2, mixed);
        try (SegmentReader reader = SegmentReader.openWithDigest(file2)) {
            assertThatThrownBy(() -> {
                        while (reader.next()) {
                            assertThat(reader.block()).isNotNull();
                        }
                    })
                    .isInstanceOf(CorruptSegmentException.class)
                    .hasMessageContaining("SHA-256");
        }
    }
}
