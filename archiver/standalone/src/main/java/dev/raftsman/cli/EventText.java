package dev.raftsman.cli;

import dev.raftsman.block.Block;
import dev.raftsman.event.EventRow;
import dev.raftsman.event.Level;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/** Events for eyes: one line each, whatever they hold, and nothing that a terminal would obey. One thread. */
final class EventText {
    private static final long NANOS = 1_000_000_000L;

    private final OutputStream out;
    private final StringBuilder line = new StringBuilder();

    EventText(OutputStream out) {
        this.out = out;
    }

    void line(long sequence, ByteBuffer bytes, int offset, int length, boolean terminated) throws IOException {
        byte[] copy = new byte[length];
        bytes.get(offset, copy);
        line.setLength(0);
        escape(new String(copy, StandardCharsets.UTF_8));
        end();
    }

    void event(long sequence, EventRow row) throws IOException {
        line.setLength(0);
        long nanos = row.timestampNanos();
        line.append(Instant.ofEpochSecond(Math.floorDiv(nanos, NANOS), Math.floorMod(nanos, NANOS)));
        line.append(' ').append(Level.ofCode(row.level())).append(' ');
        escape(row.logger());
        line.append(" [");
        escape(row.thread());
        line.append("] ");
        escape(row.message());
        if (row.throwableLength() > 0) {
            line.append(" | ");
            escape(row.throwable());
        }
        end();
    }

    /** Sequences that hold no event. */
    void gap(Block block) throws IOException {
        line.setLength(0);
        line.append("-- gap: ")
                .append(block.count())
                .append(" events from sequence ")
                .append(block.firstSequence())
                .append(" are not here, reason=")
                .append(block.gapReason())
                .append(" --");
        end();
    }

    private void escape(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean unsafe = Character.isISOControl(c) && c != '\t'
                    || Character.getType(c) == Character.FORMAT
                    || c == '\u2028'
                    || c == '\u2029';
            if (unsafe) {
                line.append(c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\u%04x".formatted((int) c));
            } else {
                line.append(c);
            }
        }
    }

    private void end() throws IOException {
        line.append('\n');
        out.write(line.toString().getBytes(StandardCharsets.UTF_8));
    }
}
