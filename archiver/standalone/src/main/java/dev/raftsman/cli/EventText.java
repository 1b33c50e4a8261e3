package dev.raftsman.cli;

import dev.raftsman.block.Block;
import dev.raftsman.client.StreamRecord;
import dev.raftsman.event.EventRow;
import dev.raftsman.event.Level;
import dev.raftsman.search.Highlighter;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;

/** Events for eyes: one line each, whatever they hold, and nothing that a terminal would obey. One thread. */
final class EventText {
    private static final long NANOS = 1_000_000_000L;
    private static final byte DELETE = 0x7F;
    private static final String RESET = "\u001b[0m";
    private static final String FAINT = "\u001b[2m";
    private static final String BOLD_RED = "\u001b[1;31m";
    private static final String RED = "\u001b[31m";
    private static final String MAGENTA = "\u001b[35m";
    private static final String CYAN = "\u001b[36m";

    private final OutputStream out;
    private final boolean coloured;
    private final boolean withAttributes;
    private final StringBuilder line = new StringBuilder();
    private final Highlighter highlighter;
    private String prefix = "";
    private boolean highlighting;

    /** Without colours and attributes. */
    EventText(OutputStream out) {
        this(out, false, false);
    }

    EventText(OutputStream out, boolean coloured, boolean withAttributes) {
        this(out, coloured, withAttributes, new Highlighter(List.of()));
    }

    /** @param highlighter of lines, messages and throwables, where colours are wanted */
    EventText(OutputStream out, boolean coloured, boolean withAttributes, Highlighter highlighter) {
        this.highlighter = highlighter;
        this.out = out;
        this.coloured = coloured;
        this.withAttributes = withAttributes;
    }

    void line(long sequence, ByteBuffer bytes, int offset, int length, boolean terminated) throws IOException {
        byte[] copy = new byte[length];
        bytes.get(offset, copy);
        begin();
        if (!highlighting && isPlain(copy)) {
            out.write(line.toString().getBytes(StandardCharsets.UTF_8));
            out.write(copy);
            out.write('\n');
            return;
        }
        text(new String(copy, StandardCharsets.UTF_8));
        end();
    }

    /** Whether the bytes are what a terminal shows for them: most lines are so, and need not be taken apart. */
    private static boolean isPlain(byte[] bytes) {
        for (byte b : bytes) {
            if (b < ' ' && b != '\t' || b == DELETE) {
                return false;
            }
        }
        return true;
    }

    /** What stands before each line from now on, such as its stream. */
    void prefix(String text) {
        prefix = text;
    }

    /** Whether what was looked for is shown in what comes. */
    void highlight(boolean on) {
        highlighting = on && coloured;
    }

    private void begin() {
        line.setLength(0);
        if (!prefix.isEmpty()) {
            begin(MAGENTA);
            escape(prefix);
            reset();
        }
    }

    private void text(String text) {
        if (!highlighting) {
            escape(text);
            return;
        }
        highlighter.cut(text, (from, to, matches) -> {
            begin(matches ? BOLD_RED : "");
            escape(text.substring(from, to));
            if (matches) {
                reset();
            }
        });
    }

    void event(long sequence, EventRow row) throws IOException {
        begin();
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
        text(row.message());
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
            text(row.throwable());
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
            case ERROR -> BOLD_RED;
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

    /** One of a stream, with the stream's name before it unless that is empty. */
    void record(String stream, StreamRecord record) throws IOException {
        line.setLength(0);
        if (!stream.isEmpty()) {
            begin(CYAN);
            escape(stream);
            reset();
            line.append(": ");
        }
        if (record.isGap()) {
            StreamRecord.Gap gap = record.gap();
            begin(MAGENTA);
            line.append("-- gap: ").append(gap.count()).append(" events ");
            line.append(gap.from() < 0 ? "without a sequence" : "from sequence " + gap.from());
            line.append(" are not here, reason=");
            escape(gap.reason());
            line.append(" --");
            reset();
        } else if (record.time() == null) {
            escape(record.message());
        } else {
            event(record);
        }
        end();
    }

    private void event(StreamRecord record) {
        begin(FAINT);
        line.append(record.time());
        reset();
        line.append(' ');
        begin(colour(Level.valueOf(record.level())));
        line.append(record.level());
        reset();
        line.append(' ');
        begin(CYAN);
        escape(record.logger());
        reset();
        line.append(" [");
        escape(record.thread());
        line.append("] ");
        escape(record.message());
        if (withAttributes) {
            begin(FAINT);
            record.fields().forEach((key, value) -> {
                line.append(' ');
                escape(key);
                line.append('=');
                escape(value);
            });
            reset();
        }
        if (record.throwable() != null) {
            line.append(" | ");
            begin(RED);
            escape(record.throwable());
            reset();
        }
    }

    /** Something about the events rather than one of them. */
    void note(String text) throws IOException {
        begin();
        begin(MAGENTA);
        line.append("-- ");
        escape(text);
        line.append(" --");
        reset();
        end();
    }

    /** A line that is neither event nor note. */
    void plain(String text) throws IOException {
        begin();
        escape(text);
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
