package dev.raftsman.search;

import dev.raftsman.block.Block;
import dev.raftsman.block.EventBlockBuilder;
import dev.raftsman.block.Labels;
import dev.raftsman.block.LineBlockBuilder;
import dev.raftsman.event.CompactRows;
import dev.raftsman.event.Level;
import dev.raftsman.event.Loss;
import dev.raftsman.event.RowWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Lines and events of few words, so that these meet in every way: split, joined, at ends, of either case, beyond ASCII. */
final class SampleText {
    static final long NANOS = 1_790_000_000_000_000_000L;

    private static final String[] PIECES = {
        "order",
        "Order",
        "orders",
        "ord",
        "er",
        "timeout",
        "TIMEOUT",
        "4711",
        "47",
        "11",
        "20261130",
        "202611301",
        "a",
        "é",
        "naïve",
        "_",
        "-",
        ".",
        " ",
        " ",
        " ",
        "=",
        "[",
        "/",
        "$",
        "kiosk",
        "Straße"
    };

    private SampleText() {}

    /** An event of the model. */
    record Event(
            long nanos, Level level, String logger, String thread, String message, String throwable, String user) {}

    static String text(Random random, int most) {
        StringBuilder text = new StringBuilder();
        for (int left = random.nextInt(most + 1); left > 0; left--) {
            text.append(PIECES[random.nextInt(PIECES.length)]);
        }
        return text.toString();
    }

    static List<String> lines(Random random, int count) {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            lines.add(text(random, 12));
        }
        return lines;
    }

    static Block lineBlock(List<String> lines, long firstSequence, Map<String, String> labels, boolean terminated) {
        byte[] text = (String.join("\n", lines) + (terminated ? "\n" : "")).getBytes(StandardCharsets.UTF_8);
        ByteBuffer raw = ByteBuffer.allocateDirect(Labels.MAX_BYTES + text.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .position(Labels.MAX_BYTES)
                .put(text)
                .flip()
                .position(Labels.MAX_BYTES);
        try (LineBlockBuilder builder = new LineBlockBuilder()) {
            ByteBuffer block =
                    builder.build(raw, Labels.of(labels), firstSequence, lines.size(), Loss.NONE, NANOS, NANOS + 1_000);
            return Block.wrap(copy(block));
        }
    }

    static List<Event> events(Random random, int count) {
        List<Event> events = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            events.add(new Event(
                    NANOS + random.nextInt(1_000),
                    Level.values()[random.nextInt(5)],
                    "shop." + text(random, 2),
                    "main",
                    text(random, 12),
                    random.nextInt(4) == 0 ? text(random, 12) : "",
                    random.nextInt(3) == 0 ? text(random, 2) : null));
        }
        return events;
    }

    static Block eventBlock(List<Event> events, long firstSequence) {
        byte[] scratch = new byte[1 << 14];
        try (EventBlockBuilder builder = new EventBlockBuilder(1 << 20)) {
            for (Event event : events) {
                RowWriter writer = new RowWriter(null)
                        .begin(scratch, 0, scratch.length, event.level(), event.nanos(), RowWriter.UNCUT)
                        .logger(event.logger())
                        .thread(event.thread())
                        .message(event.message());
                if (!event.throwable().isEmpty()) {
                    writer.throwable(event.throwable());
                }
                if (event.user() != null) {
                    writer.attribute("user", event.user());
                }
                CompactRows rows = new CompactRows();
                rows.begin(ByteBuffer.allocate(0).order(ByteOrder.LITTLE_ENDIAN));
                rows.expand(ByteBuffer.wrap(scratch).order(ByteOrder.LITTLE_ENDIAN), 0, writer.end());
                byte[] row = new byte[rows.length()];
                rows.row().get(0, row);
                builder.add(ByteBuffer.wrap(row).order(ByteOrder.LITTLE_ENDIAN), 0, row.length);
            }
            return Block.wrap(copy(builder.build(firstSequence, Loss.NONE)));
        }
    }

    private static ByteBuffer copy(ByteBuffer block) {
        byte[] bytes = new byte[block.remaining()];
        block.get(block.position(), bytes);
        return ByteBuffer.wrap(bytes);
    }
}
