package dev.raftsman.process;

import dev.raftsman.block.Block;
import dev.raftsman.block.BlockReader;
import dev.raftsman.block.EventBlockBuilder;
import dev.raftsman.event.EventRow;
import dev.raftsman.event.Loss;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Offers a file to a cutter as an input does: what was not used is offered again with more behind it. */
final class Cuts {
    static final long READ_NANOS = 42;

    private Cuts() {}

    /** An event as it comes out of its block. */
    record Event(byte[] message, long timeNanos, boolean truncated, Map<String, String> attributes) {
        String text() {
            return new String(message, StandardCharsets.UTF_8);
        }

        String stream() {
            return attributes.getOrDefault("stream", "");
        }
    }

    /** @param chunkBytes how many more bytes there are at each look */
    static List<Event> of(EventCutter cutter, byte[] file, int chunkBytes) throws IOException {
        List<Event> events = new ArrayList<>();
        int used = 0;
        try (EventBlockBuilder builder = new EventBlockBuilder(1 << 20);
                BlockReader reader = new BlockReader()) {
            for (int there = Math.min(chunkBytes, file.length); ; there = Math.min(file.length, there + chunkBytes)) {
                boolean ended = there == file.length;
                byte[] offered = Arrays.copyOfRange(file, used, there);
                used += cutter.cut(offered, offered.length, ended, READ_NANOS, builder);
                if (builder.count() > 0) {
                    Block block = Block.wrap(builder.build(0, Loss.NONE));
                    reader.forEachEvent(block, (sequence, row) -> events.add(event(row)));
                }
                if (ended) {
                    if (used != file.length) {
                        throw new AssertionError("used " + used + " of " + file.length + " bytes");
                    }
                    return events;
                }
            }
        }
    }

    private static Event event(EventRow row) {
        byte[] message = new byte[row.messageLength()];
        row.buffer().get(row.messageOffset(), message);
        Map<String, String> attributes = new LinkedHashMap<>();
        row.forEachAttribute((k, kl, v, vl) -> attributes.put(row.text(k, kl), row.text(v, vl)));
        return new Event(message, row.timestampNanos(), row.truncated(), attributes);
    }
}
