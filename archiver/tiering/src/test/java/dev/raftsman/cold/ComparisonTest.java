package dev.raftsman.cold;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.raftsman.block.Labels;
import dev.raftsman.cold.SampleSegment.Sealed;
import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import dev.raftsman.segment.SegmentReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What differs in one thing is not the same, whatever that thing is. */
class ComparisonTest {
    private static final Loss TWO = new Loss(LossReason.RING_FULL, 2);

    @TempDir
    Path directory;

    private interface Content {
        void write(SampleSegment segment) throws IOException;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private Sealed sealed(Content content) throws IOException {
        Path within = Files.createTempDirectory(directory, "s");
        try (SampleSegment segment = new SampleSegment(within, 5)) {
            content.write(segment);
            return segment.seal();
        }
    }

    private static void usual(SampleSegment segment) throws IOException {
        segment.lines(1, bytes("a 1\nb 2\n"), Labels.of(Map.of("k", "v")), TWO).gap(2, 3);
    }

    private void requireDifferent(Content content) throws IOException {
        byte[] object = ColdObjects.of(sealed(ComparisonTest::usual));
        Sealed other = sealed(content);
        try (ColdObjectReader reader = ColdObjectReader.open(new ColdObjects.Counted(object));
                Comparison comparison = new Comparison(reader);
                SegmentReader segment = SegmentReader.open(other.file())) {
            ColdSegment cold = reader.index().segments().get(0);
            assertThatThrownBy(() -> comparison.require(0, segment, cold.bytes(), cold.sha256()))
                    .isInstanceOf(CorruptColdObjectException.class);
        }
    }

    @Test
    void refusesWhatDiffersInOneThing() throws Exception {
        Labels labels = Labels.of(Map.of("k", "v"));
        requireDifferent(
                segment -> segment.lines(1, bytes("a 1\nb 3\n"), labels, TWO).gap(2, 3));
        requireDifferent(segment -> segment.lines(1, bytes("a 1\nb 2\n"), Labels.of(Map.of("k", "w")), TWO)
                .gap(2, 3));
        requireDifferent(segment -> segment.lines(1, bytes("a 1\nb 2\n"), labels, new Loss(LossReason.RING_FULL, 3))
                .gap(2, 3));
        requireDifferent(segment -> segment.lines(1, bytes("a 1\nb 2\n"), labels, new Loss(LossReason.QUOTA, 2))
                .gap(2, 3));
        requireDifferent(
                segment -> segment.lines(3, bytes("a 1\nb 2\n"), labels, TWO).gap(2, 3));
        requireDifferent(
                segment -> segment.lines(1, bytes("a 1\nb 2\n"), labels, TWO).gap(2, 4));
        requireDifferent(segment -> segment.lines(1, bytes("a 1\nb 2\n"), labels, TWO));
        requireDifferent(segment ->
                segment.lines(1, bytes("a 1\nb 2\n"), labels, TWO).gap(2, 3).gap(2, 1));
        requireDifferent(segment -> segment.gap(2, 3).lines(1, bytes("a 1\nb 2\n"), labels, TWO));
        requireDifferent(segment ->
                segment.lines(1, bytes("a 1\nb 2\n"), labels, TWO).gap(2, 3).sealLater());
    }
}
