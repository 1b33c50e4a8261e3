package dev.raftsman.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.raftsman.segment.CorruptSegmentException;
import dev.raftsman.segment.SegmentReader;
import dev.raftsman.segment.UnsupportedFormatException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;

/** A segment's file: blocks, and an ending that says how far it is whole, or one of the two exceptions of a damaged one. */
class SegmentFuzzTest {
    static final int DIGESTED = 2;

    /** A footer's record may claim this before its bytes are seen. */
    private static final long LONGEST_RECORD_BYTES = 16 << 20;

    @FuzzTest(maxDuration = "60s")
    void segment(byte[] data) throws Exception {
        Input input = Input.of(data);
        if (input.has(Input.REPAIRED)) {
            Repair.segment(input.bytes());
        }
        Memory.atMost(2 * LONGEST_RECORD_BYTES + 64L * data.length, () -> readAll(input));
    }

    private static void readAll(Input input) throws IOException {
        ByteArrayInputStream bytes = new ByteArrayInputStream(input.bytes());
        try (SegmentReader reader =
                input.has(DIGESTED) ? SegmentReader.withDigest("fuzz", bytes) : SegmentReader.of("fuzz", bytes)) {
            long blocks = 0;
            while (reader.next()) {
                blocks++;
                assertThat(reader.epochInfo().epoch()).isEqualTo(reader.epoch());
                assertThat(reader.block().count()).isPositive();
            }
            assertThat(reader.next()).isFalse();
            assertThat(reader.ending()).isNotEqualTo(SegmentReader.Ending.UNREACHED);
            assertThat(reader.validBytes()).isLessThanOrEqualTo(input.bytes().length);
            assertThat(reader.totals().blocks()).isEqualTo(blocks);
            reader.header()
                    .ifPresent(header ->
                            assertThat(header.id().in(Path.of("segments"))).startsWithRaw(Path.of("segments")));
        } catch (CorruptSegmentException | UnsupportedFormatException declared) {
            assertThat(declared).hasMessageContaining("fuzz");
        }
    }
}
