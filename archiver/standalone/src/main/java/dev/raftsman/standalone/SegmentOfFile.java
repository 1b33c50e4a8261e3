package dev.raftsman.standalone;

import dev.raftsman.block.Block;
import dev.raftsman.block.LineBlockBuilder;
import dev.raftsman.block.Lines;
import dev.raftsman.event.Loss;
import dev.raftsman.segment.EpochInfo;
import dev.raftsman.segment.SegmentHeader;
import dev.raftsman.segment.SegmentId;
import dev.raftsman.segment.SegmentTally;
import dev.raftsman.segment.SegmentWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.UUID;

/** A log file as the segment that an agent and a collector would have made of it: blocks of 1 MiB of lines. */
final class SegmentOfFile {
    private static final int BLOCK_BYTES = 1 << 20;
    private static final long FIRST_NANOS = 1_790_000_000_000_000_000L;
    private static final long BLOCK_NANOS = 100_000_000L;

    private SegmentOfFile() {}

    /** @return hexadecimal SHA-256 of the segment */
    static String write(byte[] lines, Path segment) throws IOException {
        SegmentHeader header = new SegmentHeader(new SegmentId(1, 1), "acme", "bench", FIRST_NANOS / 1_000_000);
        EpochInfo epoch = new EpochInfo(1, "bench", new UUID(1, 1));
        SegmentTally tally = new SegmentTally();
        try (SegmentWriter writer = SegmentWriter.create(segment, header, SegmentWriter.scratch());
                LineBlockBuilder builder = new LineBlockBuilder()) {
            long sequence = 0;
            long index = 1;
            int end;
            for (int at = 0; at < lines.length; at = end) {
                end = end(lines, at);
                ByteBuffer piece = ByteBuffer.allocateDirect(end - at)
                        .put(lines, at, end - at)
                        .flip();
                int count = Lines.count(piece, 0, end - at) + (lines[end - 1] == '\n' ? 0 : 1);
                long nanos = FIRST_NANOS + index * BLOCK_NANOS;
                Block block =
                        Block.wrap(builder.build(piece, sequence, count, Loss.NONE, nanos, nanos + BLOCK_NANOS / 2));
                writer.append(epoch, index, nanos / 1_000_000, block);
                tally.add(epoch.epoch(), block);
                sequence += count;
                index++;
            }
            return writer.seal(index, FIRST_NANOS / 1_000_000, tally.totals());
        }
    }

    /** Behind the last newline within a block; within a line only where it alone is longer. */
    private static int end(byte[] lines, int from) {
        int most = Math.min(lines.length, from + BLOCK_BYTES);
        if (most == lines.length) {
            return most;
        }
        int end = most;
        while (end > from && lines[end - 1] != '\n') {
            end--;
        }
        return end > from ? end : most;
    }
}
