package dev.raftsman.query;

import dev.raftsman.block.Block;
import dev.raftsman.block.BlockReader;
import dev.raftsman.event.EventRow;
import dev.raftsman.segment.EpochInfo;
import dev.raftsman.segment.Offset;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Writes the items of blocks as {@link ItemJson} has them, one a line, or as server-sent events with the offset as their id.
 * Memory: one inflated block. One thread.
 */
final class ItemWriter implements AutoCloseable {
    private final BlockReader blocks = new BlockReader();
    private final OutputStream out;
    private final ItemJson json;
    private final boolean events;

    private EpochInfo epoch;
    private Offset from;
    private Offset next;
    private long limit;
    private long written;

    /**
     * @param out stays the caller's
     * @param events server-sent events rather than lines
     */
    ItemWriter(OutputStream out, boolean events) throws IOException {
        this.out = out;
        this.events = events;
        this.json = new ItemJson(out);
    }

    /** How many items were written. */
    long written() {
        return written;
    }

    /** Behind the last item of the last block that was written. */
    Offset next() {
        return next;
    }

    /**
     * Writes the items of a block.
     *
     * @param first offset of its first item
     * @param least the first item wanted
     * @param most that may have been {@link #written} afterwards
     */
    void write(EpochInfo producer, Block block, Offset first, Offset least, long most) throws IOException {
        epoch = producer;
        from = least;
        limit = most;
        next = first;
        if (block.lostCount() > 0 && wanted()) {
            begin();
            json.loss(next, epoch, block.lostCount(), block.loss().reason());
            end();
        }
        switch (block.kind()) {
            case LINES -> blocks.forEachLine(block, this::line);
            case EVENTS -> blocks.forEachEvent(block, this::event);
            case GAP -> gap(block);
        }
        json.flush();
    }

    /** Says that somebody is still here. */
    void beat() throws IOException {
        if (events) {
            out.write(":\n\n".getBytes(StandardCharsets.US_ASCII));
        }
    }

    private boolean wanted() {
        if (written < limit && next.compareTo(from) >= 0) {
            return true;
        }
        if (written < limit) {
            next = next.next();
        }
        return false;
    }

    private void gap(Block block) throws IOException {
        if (wanted()) {
            begin();
            json.gap(next, epoch, block.firstSequence(), block.count(), block.gapReason());
            end();
        }
    }

    private void line(long sequence, ByteBuffer bytes, int offset, int length, boolean terminated) throws IOException {
        if (!wanted()) {
            return;
        }
        begin();
        json.line(next, epoch, sequence, bytes, offset, length, terminated);
        end();
    }

    private void event(long sequence, EventRow row) throws IOException {
        if (!wanted()) {
            return;
        }
        begin();
        json.event(next, epoch, sequence, row);
        end();
    }

    private void begin() throws IOException {
        if (events) {
            json.raw("id: " + next + "\ndata: ");
        }
    }

    private void end() throws IOException {
        json.raw(events ? "\n\n" : "\n");
        written++;
        next = next.next();
    }

    @Override
    public void close() {
        blocks.close();
    }
}
