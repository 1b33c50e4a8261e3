package dev.raftsman.lake;

import dev.raftsman.block.BlockKind;
import dev.raftsman.block.BlockReader;
import dev.raftsman.block.EventBlockBuilder;
import dev.raftsman.block.GapBlock;
import dev.raftsman.block.Labels;
import dev.raftsman.block.LineBlockBuilder;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.cluster.TestState;
import dev.raftsman.event.CompactRows;
import dev.raftsman.event.Level;
import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import dev.raftsman.event.RowWriter;
import dev.raftsman.restore.SegmentBlocks;
import dev.raftsman.restore.SegmentSource;
import dev.raftsman.restore.StreamReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Streams of every kind in a collector's state, and what a reader of them finds, told without the lake. */
public final class LakeSample {
    public static final long NOON_MILLIS = Instant.parse("2026-11-29T12:00:00Z").toEpochMilli();

    private static final Level[] LEVELS = {Level.DEBUG, Level.INFO, Level.INFO, Level.WARN, Level.ERROR};

    private final TestState cluster;
    private long orderSequence;

    public LakeSample(TestState cluster) {
        this.cluster = cluster;
    }

    /** One row as anybody who reads the table should see it. */
    public record Row(
            String stream,
            long epoch,
            long sequence,
            String date,
            long timeMicros,
            String level,
            String logger,
            String thread,
            String message,
            String throwable,
            Map<String, String> attributes,
            Map<String, String> labels,
            String producer,
            String segment) {}

    /** Events over midnight, lines with odd bytes, a segment without any event; all sealed. */
    public void fill() {
        long orders = cluster.open("shop", "orders");
        events(orders, 40, NOON_MILLIS * 1_000_000);
        events(orders, 25, NOON_MILLIS * 1_000_000 + 12 * 3_600_000_000_000L - 5_000);
        cluster.seal("orders");
        events(orders, 10, NOON_MILLIS * 1_000_000 + 20 * 3_600_000_000_000L);
        cluster.seal("orders");
        long access = cluster.open("host-1:/var/log/access.log", "/var/log/access=1.log");
        cluster.append(access, "GET /", "", "schön 😀", "tab\tand \0 nul\r");
        lines(access, 4, new byte[] {'b', 'a', 'd', (byte) 0xff, (byte) 0xc3, '\n', 'c', 'u', 't'}, 2);
        cluster.seal("/var/log/access=1.log");
        long died = cluster.open("gone", "died");
        cluster.appendBlock(died, GapBlock.encode(0, 7, LossReason.PROCESS_DIED, 1), 7);
        cluster.seal("died");
    }

    /** Events of an application, the time of each some microseconds after the one before. */
    public void events(long epoch, int count, long fromNanos) {
        try (EventBlockBuilder builder = new EventBlockBuilder(1 << 20)) {
            builder.label(Labels.of(Map.of("host.name", "node-7", "env", "prod")));
            byte[] scratch = new byte[1 << 16];
            for (int i = 0; i < count; i++) {
                RowWriter row = new RowWriter(null)
                        .begin(
                                scratch,
                                0,
                                scratch.length,
                                LEVELS[i % LEVELS.length],
                                fromNanos + i * 1_007L,
                                RowWriter.UNCUT)
                        .logger("shop.Order" + i % 3)
                        .thread(i % 7 == 0 ? "" : "worker-" + i % 2)
                        .message("order " + (orderSequence + i) + " für Kunde " + i * 31 % 17);
                if (i % LEVELS.length == 4) {
                    row.throwable(
                            "java.lang.IllegalStateException: no stock\n\tat shop.Order.place(Order.java:" + i + ")");
                }
                if (i % 3 == 0) {
                    row.attribute("customer", "c" + i % 4).attribute("attempt", Integer.toString(i));
                }
                if (i % 6 == 0) {
                    row.attribute("customer", "again");
                }
                int length = row.end();
                CompactRows rows = new CompactRows();
                rows.begin(ByteBuffer.allocate(0).order(ByteOrder.LITTLE_ENDIAN));
                rows.expand(ByteBuffer.wrap(scratch).order(ByteOrder.LITTLE_ENDIAN), 0, length);
                builder.add(rows.row(), 0, rows.length());
            }
            cluster.appendBlock(epoch, builder.build(orderSequence, Loss.NONE), count);
            orderSequence += count;
        }
    }

    private void lines(long epoch, long first, byte[] bytes, int count) {
        ByteBuffer raw = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
        try (LineBlockBuilder builder = new LineBlockBuilder()) {
            long nanos = NOON_MILLIS * 1_000_000 + 999;
            cluster.appendBlock(epoch, builder.build(raw, first, count, Loss.NONE, nanos, nanos), count);
        }
    }

    /** Every sealed segment as one that an archive has. */
    public List<LakeExport.Archived> archived() {
        List<LakeExport.Archived> archived = new ArrayList<>();
        for (SegmentView segment : cluster.catalog().segments()) {
            if (segment.sha256() != null) {
                archived.add(new LakeExport.Archived(segment, () -> open(segment)));
            }
        }
        return archived;
    }

    private SegmentBlocks open(SegmentView segment) throws IOException {
        return SegmentBlocks.of(
                segment.id().toString(),
                Channels.newInputStream(cluster.segment(segment).channel()));
    }

    /** All rows that the table should have. */
    public static Set<Row> rows(List<SegmentSource> sources) throws IOException {
        Set<Row> rows = new HashSet<>();
        try (StreamReader reader = StreamReader.open(sources);
                BlockReader blocks = new BlockReader()) {
            for (StreamReader.StreamName name : reader.streams()) {
                reader.readStream(name.tenant(), name.stream(), (segment, epoch, index, block) -> {
                    Map<String, String> labels =
                            new TreeMap<>(blocks.labels(block).asMap());
                    if (block.kind() == BlockKind.LINES) {
                        long nanos = block.minTimeNanos();
                        blocks.forEachLine(block, (sequence, bytes, offset, length, terminated) -> {
                            byte[] line = new byte[length];
                            bytes.get(offset, line);
                            rows.add(new Row(
                                    segment.stream(),
                                    epoch.epoch(),
                                    sequence,
                                    date(nanos),
                                    nanos / 1_000,
                                    null,
                                    null,
                                    null,
                                    new String(line, StandardCharsets.UTF_8),
                                    null,
                                    Map.of(),
                                    labels,
                                    epoch.producer(),
                                    segment.id().toString()));
                        });
                    } else if (block.kind() == BlockKind.EVENTS) {
                        blocks.forEachEvent(block, (sequence, event) -> {
                            Map<String, String> attributes = new TreeMap<>();
                            event.forEachAttribute((key, keyLength, value, valueLength) -> {
                                String name2 = event.text(key, keyLength);
                                attributes.put(
                                        attributes.containsKey(name2) ? name2 + "#2" : name2,
                                        event.text(value, valueLength));
                            });
                            rows.add(new Row(
                                    segment.stream(),
                                    epoch.epoch(),
                                    sequence,
                                    date(event.timestampNanos()),
                                    event.timestampNanos() / 1_000,
                                    Level.ofCode(event.level()).name(),
                                    orNull(event.logger()),
                                    orNull(event.thread()),
                                    event.message(),
                                    orNull(event.throwable()),
                                    attributes,
                                    labels,
                                    epoch.producer(),
                                    segment.id().toString()));
                        });
                    }
                });
            }
        }
        return rows;
    }

    private static String orNull(String text) {
        return text.isEmpty() ? null : text;
    }

    private static String date(long nanos) {
        return Instant.ofEpochSecond(Math.floorDiv(nanos, 1_000_000_000L))
                .atOffset(ZoneOffset.UTC)
                .toLocalDate()
                .toString();
    }
}
