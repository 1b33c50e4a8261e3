package dev.raftsman.cold;

import dev.raftsman.block.Block;
import dev.raftsman.block.EventBlockBuilder;
import dev.raftsman.block.GapBlock;
import dev.raftsman.block.Labels;
import dev.raftsman.block.LineBlockBuilder;
import dev.raftsman.block.Lines;
import dev.raftsman.event.CompactRows;
import dev.raftsman.event.Level;
import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import dev.raftsman.event.RowWriter;
import dev.raftsman.segment.EpochInfo;
import dev.raftsman.segment.SegmentHeader;
import dev.raftsman.segment.SegmentId;
import dev.raftsman.segment.SegmentTally;
import dev.raftsman.segment.SegmentWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.UUID;

/** Writes a real segment block by block. */
final class SampleSegment implements AutoCloseable {
    /** A finished one. */
    record Sealed(Path file, long bytes, String sha256) {}

    private static final ByteBuffer NO_NAMES = ByteBuffer.allocate(0).order(ByteOrder.LITTLE_ENDIAN);
    private static final long NOW_NANOS = 1_790_000_000_000_000_000L;

    private final LineBlockBuilder lines = new LineBlockBuilder();
    private final EventBlockBuilder events = new EventBlockBuilder(1 << 20);
    private final byte[] scratch = new byte[1 << 17];
    private final Map<Long, Long> next = new HashMap<>();
    private final SegmentTally tally = new SegmentTally();
    private final SegmentWriter writer;
    private long index;

    SampleSegment(Path directory, long base) throws IOException {
        SegmentHeader header = new SegmentHeader(new SegmentId(3, base), "acme", "orders", NOW_NANOS / 1_000_000);
        writer = SegmentWriter.create(directory.resolve(header.id() + ".seg"), header, SegmentWriter.scratch());
        index = base;
    }

    private void append(long epoch, ByteBuffer encoded) throws IOException {
        Block block = Block.wrap(encoded);
        EpochInfo info = new EpochInfo(epoch, "host-" + epoch, new UUID(epoch, ~epoch));
        index += 1 + index % 3;
        writer.append(info, index, NOW_NANOS / 1_000_000 + index * 7, block);
        tally.add(epoch, block);
        next.put(epoch, block.endSequence() + 1);
    }

    private long first(long epoch) {
        return next.getOrDefault(epoch, epoch * 1_000);
    }

    SampleSegment lines(long epoch, byte[] text) throws IOException {
        return lines(epoch, text, Labels.NONE, Loss.NONE);
    }

    SampleSegment lines(long epoch, byte[] text, Labels labels, Loss loss) throws IOException {
        ByteBuffer piece = ByteBuffer.allocateDirect(Labels.MAX_BYTES + text.length);
        piece.position(Labels.MAX_BYTES);
        piece.put(text).flip().position(Labels.MAX_BYTES);
        int count = Lines.count(piece, Labels.MAX_BYTES, piece.limit()) + (text[text.length - 1] == '\n' ? 0 : 1);
        long time = NOW_NANOS + index * 1_000_003;
        append(epoch, lines.build(piece, labels, first(epoch), count, loss, time, time + 1_234_567));
        return this;
    }

    SampleSegment gap(long epoch, int count) throws IOException {
        append(epoch, GapBlock.encode(first(epoch), count, LossReason.PROCESS_DIED, NOW_NANOS + index));
        return this;
    }

    /** Events with every kind of field. */
    SampleSegment events(long epoch, int count, Random random) throws IOException {
        events.label(random.nextBoolean() ? Labels.of(Map.of("host", "h" + random.nextInt(3))) : Labels.NONE);
        long time = NOW_NANOS + index * 1_000_000_000L;
        boolean odd = random.nextInt(4) == 0;
        for (int i = 0; i < count; i++) {
            time += odd ? random.nextLong() : random.nextInt(5_000) * 1_000_000L;
            RowWriter row = new RowWriter(null)
                    .begin(scratch, 0, scratch.length, Level.ofCode(random.nextInt(5)), time, RowWriter.UNCUT)
                    .logger("com.acme.Orders" + random.nextInt(4))
                    .thread("worker-" + random.nextInt(8))
                    .message("order " + random.nextInt(100_000) + " of customer " + Long.toHexString(random.nextLong())
                            + (random.nextInt(9) == 0 ? "\nsecond line é€😀" : ""));
            if (random.nextInt(10) == 0) {
                row.throwable("java.lang.IllegalStateException: " + random.nextInt(9) + "\n\tat a.b.C(C.java:"
                        + random.nextInt(500) + ")\n\tat a.b.D.main(D.java:42)\n");
            }
            for (int j = random.nextInt(3); j > 0; j--) {
                row.attribute("key" + j, "value-" + random.nextInt(50));
            }
            add(row);
        }
        append(epoch, events.build(first(epoch), Loss.NONE));
        return this;
    }

    /** One event whose attributes are longer than a block may be without compression. */
    SampleSegment longAttributes(long epoch) throws IOException {
        events.label(Labels.NONE);
        events.beginText(NOW_NANOS, false);
        events.text("short".getBytes(StandardCharsets.US_ASCII), 0, 5);
        byte[] value = "value ".repeat(20_000).getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < 25; i++) {
            events.attribute(("key" + i).getBytes(StandardCharsets.US_ASCII), value);
        }
        events.endText(5);
        append(epoch, events.build(first(epoch), Loss.NONE));
        return this;
    }

    private void add(RowWriter row) {
        CompactRows rows = new CompactRows();
        rows.begin(NO_NAMES);
        rows.expand(ByteBuffer.wrap(scratch).order(ByteOrder.LITTLE_ENDIAN), 0, row.end());
        byte[] plain = new byte[rows.length()];
        rows.row().get(0, plain);
        events.add(ByteBuffer.wrap(plain).order(ByteOrder.LITTLE_ENDIAN), 0, plain.length);
    }

    /** What {@code version-1.cold} in the resources was made of. */
    static Sealed ofVersion1(SampleSegment segment) throws IOException {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 3_000; i++) {
            text.append("order ")
                    .append(i)
                    .append(" of user")
                    .append(i % 7)
                    .append(" took ")
                    .append(i * 31 % 977);
            text.append(" ms, trace ")
                    .append(Long.toHexString(i * 0x9E3779B97F4A7C15L))
                    .append(" page ");
            text.append("abcdefghij".charAt(i % 10)).append(i % 3 == 0 ? " cached\n" : "\n");
        }
        byte[] lines = text.toString().getBytes(StandardCharsets.UTF_8);
        return segment.lines(1, lines).gap(1, 4).events(2, 200, new Random(7)).seal();
    }

    /** Some entries pass before the one that seals. */
    SampleSegment sealLater() {
        index += 5;
        return this;
    }

    Sealed seal() throws IOException {
        String sha256 = writer.seal(index + 1, NOW_NANOS / 1_000_000, tally.totals());
        return new Sealed(writer.file(), Files.size(writer.file()), sha256);
    }

    @Override
    public void close() throws IOException {
        writer.close();
        lines.close();
        events.close();
    }
}
