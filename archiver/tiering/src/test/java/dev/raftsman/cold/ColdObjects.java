package dev.raftsman.cold;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.block.Block;
import dev.raftsman.block.BlockReader;
import dev.raftsman.cold.SampleSegment.Sealed;
import dev.raftsman.segment.SegmentReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/** Cold objects in memory. */
final class ColdObjects {
    private ColdObjects() {}

    static byte[] of(ColdSettings settings, List<Sealed> segments) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ColdObjectWriter writer = new ColdObjectWriter(out, settings)) {
            for (Sealed segment : segments) {
                try (SegmentReader reader = SegmentReader.open(segment.file())) {
                    writer.add(reader, segment.bytes(), segment.sha256());
                }
            }
            writer.finish();
        }
        return out.toByteArray();
    }

    static byte[] of(Sealed... segments) throws IOException {
        return of(ColdSettings.DEFAULTS, List.of(segments));
    }

    /** Reads everything beside the segments. */
    static void requireSame(byte[] object, List<Sealed> segments) throws IOException {
        try (ColdObjectReader reader = ColdObjectReader.open(new Counted(object));
                Comparison comparison = new Comparison(reader)) {
            for (int i = 0; i < segments.size(); i++) {
                Sealed segment = segments.get(i);
                try (SegmentReader original = SegmentReader.open(segment.file())) {
                    comparison.require(i, original, segment.bytes(), segment.sha256());
                }
                requireByHand(segment, reader.segment(i));
            }
        }
    }

    /** Without the comparison that production trusts. */
    static void requireByHand(Sealed segment, ColdSegmentReader cold) throws IOException {
        try (SegmentReader original = SegmentReader.open(segment.file());
                BlockReader blocks = new BlockReader()) {
            while (original.next()) {
                assertThat(cold.next()).isTrue();
                Block before = original.block();
                Block after = cold.block();
                ByteArrayOutputStream textBefore = new ByteArrayOutputStream();
                ByteArrayOutputStream textAfter = new ByteArrayOutputStream();
                blocks.writeRaw(before, textBefore);
                blocks.writeRaw(after, textAfter);
                assertThat(textAfter.toByteArray()).isEqualTo(textBefore.toByteArray());
                assertThat(blocks.labels(after)).isEqualTo(blocks.labels(before));
                assertThat(after.kind()).isEqualTo(before.kind());
                assertThat(after.firstSequence()).isEqualTo(before.firstSequence());
                assertThat(after.count()).isEqualTo(before.count());
                assertThat(after.rawBytes()).isEqualTo(before.rawBytes());
                assertThat(after.lostCount()).isEqualTo(before.lostCount());
                assertThat(after.gapReason()).isEqualTo(before.gapReason());
                assertThat(after.levelBitmap()).isEqualTo(before.levelBitmap());
                assertThat(after.minTimeNanos()).isEqualTo(before.minTimeNanos());
                assertThat(after.maxTimeNanos()).isEqualTo(before.maxTimeNanos());
                assertThat(cold.raftIndex()).isEqualTo(original.raftIndex());
                assertThat(cold.stampMillis()).isEqualTo(original.stampMillis());
                assertThat(cold.epochInfo()).isEqualTo(original.epochInfo());
            }
            assertThat(cold.next()).isFalse();
        }
    }

    /** Bytes that count how often and how much of them is read. */
    static final class Counted implements ByteRanges {
        private final byte[] object;
        int reads;
        long bytes;

        Counted(byte[] object) {
            this.object = object;
        }

        @Override
        public String name() {
            return "some.cold";
        }

        @Override
        public long length() {
            return object.length;
        }

        @Override
        public byte[] read(long offset, int length) {
            reads++;
            bytes += length;
            return Arrays.copyOfRange(object, (int) offset, (int) offset + length);
        }
    }
}
