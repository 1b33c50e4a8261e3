package dev.raftsman.input;

import dev.raftsman.block.EventBlockBuilder;
import dev.raftsman.block.Labels;
import dev.raftsman.block.LineBlockBuilder;
import dev.raftsman.block.Lines;
import dev.raftsman.event.Loss;
import dev.raftsman.process.Encoding;
import dev.raftsman.process.EventCutter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.LongSupplier;

/**
 * Makes blocks of the bytes of inputs: whole lines as they lie there, compressed where they were read to; or events, where
 * lines must be looked into. One buffer and one compressor for all sources of a thread. Remembers nothing of a source
 * between two blocks: what was not used is to be read again.
 */
public final class BlockMaker implements AutoCloseable {
    /** A character of any encoding becomes three bytes of UTF-8 at most for each of its own. */
    private static final int UTF8_GROWTH = 3;

    private final LongSupplier epochNanos;
    private final LineBlockBuilder lines = new LineBlockBuilder();
    private final ByteBuffer buffer;

    private EventBlockBuilder events;
    private ByteBuffer utf8;
    private byte[] text = {};
    private ByteBuffer block;
    private int count;
    private boolean endsWhole;

    /** @param blockBytes the most that any source wants in a block */
    public BlockMaker(int blockBytes, LongSupplier epochNanos) {
        this.epochNanos = epochNanos;
        this.buffer = direct(Labels.MAX_BYTES + blockBytes);
    }

    private static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** How many bytes make a block of such a source: declared encodings grow when they become UTF-8. */
    static int fullBytes(TextSettings settings) {
        return settings.encoding().isAsItIs() ? settings.blockBytes() : settings.blockBytes() / UTF8_GROWTH;
    }

    /** The place to read to: empty, with room for a block; in front of it there is room for labels. */
    ByteBuffer begin(TextSettings settings) {
        buffer.clear();
        return buffer.position(Labels.MAX_BYTES).limit(Labels.MAX_BYTES + fullBytes(settings));
    }

    /**
     * What was read and is to become a block.
     *
     * @param encoding the file's own
     * @param cutter null where lines go into blocks as they are
     * @param beginsFile the first byte is the file's
     * @param full there is more than could be read
     * @param ended nothing will go on with it: an event that is open is ended, a last line without newline is one
     * @param readFromNanos when the reading began
     */
    record Read(
            TextSettings settings,
            Encoding encoding,
            EventCutter cutter,
            Labels labels,
            boolean beginsFile,
            boolean full,
            boolean ended,
            long readFromNanos) {}

    /**
     * Makes a block of the bytes between {@link #begin} and the buffer's position.
     *
     * @param keep false to find out how much would be used and throw it away
     * @return how many of the bytes were used, 0 if nothing is decided yet; then {@link #block} and {@link #count} are valid
     */
    int make(Read read, long firstSequence, Loss loss, boolean keep) {
        int from = Labels.MAX_BYTES;
        int to = buffer.position();
        block = null;
        count = 0;
        endsWhole = to > from && read.encoding.endOfLastLine(buffer, from, to) == to;
        return read.cutter == null
                ? makeLines(read, from, to, firstSequence, loss, keep)
                : makeEvents(read, from, to, firstSequence, loss, keep);
    }

    private int makeLines(Read read, int from, int to, long firstSequence, Loss loss, boolean keep) {
        int end = read.encoding.endOfLastLine(buffer, from, to);
        if (end == from && (read.full || read.ended)) {
            end = to; // a piece of a line, joined with the next one by having no newline
        }
        if (end == from) {
            return 0;
        }
        ByteBuffer whole = read.encoding.isAsItIs()
                ? buffer.duplicate().order(ByteOrder.LITTLE_ENDIAN).limit(end).position(from)
                : utf8(read, from, end);
        if (!whole.hasRemaining()) {
            return 0; // nothing but a byte order mark
        }
        count = Lines.count(whole, whole.position(), whole.limit()) + (whole.get(whole.limit() - 1) == '\n' ? 0 : 1);
        if (keep) {
            block = lines.build(
                    whole, read.labels, firstSequence, count, loss, read.readFromNanos, epochNanos.getAsLong());
        }
        return end - from;
    }

    private int makeEvents(Read read, int from, int to, long firstSequence, Loss loss, boolean keep) {
        int end = read.ended ? to : read.encoding.endOfLastLine(buffer, from, to);
        if (end == from && read.full) {
            end = to;
        }
        if (end == from) {
            return 0;
        }
        ByteBuffer whole =
                read.encoding.isAsItIs() ? buffer.duplicate().limit(end).position(from) : utf8(read, from, end);
        int length = whole.remaining();
        if (text.length < length) {
            text = new byte[length + (length >> 2)];
        }
        whole.get(whole.position(), text, 0, length);
        if (events == null) {
            events = new EventBlockBuilder(1 << 20);
        }
        events.label(read.labels);
        int used = read.cutter.cut(text, length, read.ended, read.readFromNanos, events);
        if (used == 0 && read.full) {
            used = read.cutter.cut(text, length, true, read.readFromNanos, events);
        }
        count = events.count();
        if (count == 0) {
            return 0;
        }
        if (keep) {
            block = events.build(firstSequence, loss);
        } else {
            events.discard();
        }
        if (read.encoding.isAsItIs() || used == length) {
            return read.encoding.isAsItIs() ? used : end - from;
        }
        int newlines = Lines.count(ByteBuffer.wrap(text), 0, used);
        return read.encoding.afterLines(buffer, from, end, newlines) - from;
    }

    private ByteBuffer utf8(Read read, int from, int end) {
        int room = Labels.MAX_BYTES + UTF8_GROWTH * (end - from) + UTF8_GROWTH;
        if (utf8 == null || utf8.capacity() < room) {
            utf8 = direct(room);
        }
        utf8.clear().position(Labels.MAX_BYTES);
        read.encoding.toUtf8(buffer, from, end, read.beginsFile, utf8);
        return utf8.flip().position(Labels.MAX_BYTES);
    }

    /** Encoded; valid until the next call. */
    ByteBuffer block() {
        return block;
    }

    /** Events in the block. */
    int count() {
        return count;
    }

    /** What was read ends with a newline. */
    boolean endsWhole() {
        return endsWhole;
    }

    @Override
    public void close() {
        lines.close();
        if (events != null) {
            events.close();
        }
    }
}
