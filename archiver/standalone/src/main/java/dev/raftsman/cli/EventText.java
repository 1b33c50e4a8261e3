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
    private static final String RESET = "\u001b[0m";
    private static final String FAINT = "\u001b[2m";
    private static final String RED = "\u001b[31m";
    private static final String MAGENTA = "\u001b[35m";
    private static final String CYAN = "\u001b[36m";

    private final OutputStream out;
    private final boolean coloured;
    private final boolean withAttributes;
    private final StringBuilder line = new StringBuilder();

    /** Without colours and attributes. */
    EventText(OutputStream out) {
        this(out, false, false);
    }

    EventText(OutputStream out, boolean coloured, boolean withAttributes) {
        this.out = out;
        this.coloured = coloured;
        this.withAttributes = withAttributes;
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
        begin(FAINT);
        line.append(time(row));
        reset();
        Level level = Level.ofCode(row.level());
        line.append(' ');
        begin(colour(level));
        line.append(level);
        reset();
        line.append(' ');
        begin(CYAN);
        escape(row.logger());
        reset();
        line.append(" [");
        escape(row.thread());
        line.append("] ");
        escape(row.message());
        if (withAttributes && row.attributeCount() > 0) {
            begin(FAINT);
            row.forEachAttribute((keyOffset, keyLength, valueOffset, valueLength) -> {
                line.append(' ');
                escape(row.text(keyOffset, keyLength));
                line.append('=');
                escape(row.text(valueOffset, valueLength));
            });
            reset();
        }
        if (row.throwableLength() > 0) {
            line.append(" | ");
            begin(RED);
            escape(row.throwable());
            reset();
        }
        end();
    }

    /** When the event was, as the row has it. */
    static Instant time(EventRow row) {
        long nanos = row.timestampNanos();
        return Instant.ofEpochSecond(Math.floorDiv(nanos, NANOS), Math.floorMod(nanos, NANOS));
    }

    private static String colour(Level level) {
        return switch (level) {
            case ERROR -> "\u001b[1;31m";
            case WARN -> "\u001b[33m";
            case INFO -> "\u001b[32m";
            case TRACE, DEBUG, UNPARSED -> FAINT;
        };
    }

    private void begin(String colour) {
        if (coloured) {
            line.append(colour);
        }
    }

    private void reset() {
        if (coloured) {
            line.append(RESET);
        }
    }

    /** Something about the events rather than one of them. */
    void note(String text) throws IOException {
        line.setLength(0);
        begin(MAGENTA);
        line.append("-- ");
        escape(text);
        line.append(" --");
        reset();
        end();
    }

    /** Sequences that hold no event. */
    void gap(Block block) throws IOException {
        note("gap: " + block.count() + " events from sequence " + block.firstSequence() + " are not here, reason="
                + block.gapReason());
    }

    /** A text of several lines, such as one with paths, that no terminal obeys. */
    static String printable(String text) {
        StringBuilder printable = new StringBuilder(text.length());
        text.chars().forEach(c -> {
            if (c == '\n') {
                printable.append('\n');
            } else {
                escape((char) c, printable);
            }
        });
        return printable.toString();
    }

    private void escape(String text) {
        for (int i = 0; i < text.length(); i++) {
            escape(text.charAt(i), line);
        }
    }

    private static void escape(char c, StringBuilder out) {
        boolean unsafe = Character.isISOControl(c) && c != '\t'
                || Character.getType(c) == Character.FORMAT
                || c == '\u2028'
                || c == '\u2029';
        if (unsafe) {
            out.append(c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\u%04x".formatted((int) c));
        } else {
            out.append(c);
        }
    }

    private void end() throws IOException {
        line.append('\n');
        out.write(line.toString().getBytes(StandardCharsets.UTF_8));
    }
}
