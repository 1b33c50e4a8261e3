package dev.raftsman.segment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.raftsman.event.Loss;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SegmentWriterTest {
    private static final SegmentHeader HEADER = new SegmentHeader(new SegmentId(1, 5), "acme", "app", 1_000);
    private static final EpochInfo EPOCH = new EpochInfo(1, "app", new UUID(0, 1));
    private static final int BLOCKS = 40;

    @TempDir
    private Path directory;

    private final SampleBlocks samples = new SampleBlocks();
    private final ByteBuffer scratch = SegmentWriter.scratch();

    @AfterEach
    void close() {
        samples.close();
    }

    private void append(SegmentWriter writer, SegmentTally tally, int from, int to) throws IOException {
        for (int i = from; i < to; i++) {
            ByteBuffer block = samples.lines(i * 10L, 10, Loss.NONE, 4_000, i);
            writer.append(EPOCH, 5 + i, 1_000 + i, SampleBlocks.block(block));
            tally.add(1, SampleBlocks.block(block));
        }
    }

    @Test
    void goesOnAfterACrashWithTheSameBytes() throws Exception {
        Path straight = directory.resolve("straight.seg");
        SegmentTally tally = new SegmentTally();
        String sha256;
        try (SegmentWriter writer = SegmentWriter.create(straight, HEADER, scratch)) {
            append(writer, tally, 0, BLOCKS);
            sha256 = writer.seal(99, 2_000, tally.totals());
        }
        Path crashed = directory.resolve("crashed.seg");
        tally = new SegmentTally();
        long length;
        String prefix;
        try (SegmentWriter writer = SegmentWriter.create(crashed, HEADER, scratch)) {
            append(writer, tally, 0, 17);
            length = writer.length();
            prefix = writer.sha256();
        }
        Files.write(crashed, new byte[12_345], StandardOpenOption.APPEND);
        try (SegmentWriter writer = SegmentWriter.resume(crashed, HEADER, length, prefix, scratch)) {
            assertThat(Files.size(crashed)).isEqualTo(length);
            append(writer, tally, 17, BLOCKS);
            assertThat(writer.seal(99, 2_000, tally.totals())).isEqualTo(sha256);
        }
        assertThat(crashed).hasSameBinaryContentAs(straight);
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(straight));
        assertThat(sha256).isEqualTo(HexFormat.of().formatHex(digest));
        try (SegmentReader reader = SegmentReader.openWithDigest(straight)) {
            while (reader.next()) {
                assertThat(reader.epoch()).isEqualTo(1);
            }
            assertThat(reader.footer().orElseThrow().spans())
                    .as("several runs of 256 KiB, together all blocks")
                    .hasSizeGreaterThan(2)
                    .satisfies(spans -> assertThat(
                                    spans.stream().mapToInt(Span::blocks).sum())
                            .isEqualTo(BLOCKS));
        }
    }

    @Test
    void refusesToGoOnWithAnythingElse() throws IOException {
        Path file = directory.resolve("a.seg");
        long length;
        String sha256;
        try (SegmentWriter writer = SegmentWriter.create(file, HEADER, scratch)) {
            append(writer, new SegmentTally(), 0, 3);
            length = writer.length();
            sha256 = writer.sha256();
        }
        assertThatThrownBy(() -> SegmentWriter.resume(file, HEADER, length + 1, sha256, scratch))
                .isInstanceOf(CorruptSegmentException.class)
                .hasMessage(
                        file + " at " + length + ": expected " + (length + 1) + " bytes; found " + length + " bytes");
        assertThatThrownBy(() -> SegmentWriter.resume(file, HEADER, length - 1, sha256, scratch))
                .isInstanceOf(CorruptSegmentException.class)
                .hasMessageContaining("TORN");
        assertThatThrownBy(() -> SegmentWriter.resume(file, HEADER, length, "0".repeat(64), scratch))
                .isInstanceOf(CorruptSegmentException.class)
                .hasMessageContaining("SHA-256");
        SegmentHeader other = new SegmentHeader(HEADER.id(), "acme", "other", 1_000);
        assertThatThrownBy(() -> SegmentWriter.resume(file, other, length, sha256, scratch))
                .isInstanceOf(CorruptSegmentException.class)
                .hasMessageContaining("other");
        assertThatThrownBy(() -> SegmentWriter.resume(directory.resolve("none.seg"), HEADER, 1, sha256, scratch))
                .isInstanceOf(CorruptSegmentException.class)
                .hasMessageContaining("no file");
        assertThat(Files.size(file)).as("nothing was cut").isEqualTo(length);
    }
}
