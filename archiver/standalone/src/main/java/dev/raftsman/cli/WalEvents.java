package dev.raftsman.cli;

import dev.raftsman.block.Block;
import dev.raftsman.block.BlockKind;
import dev.raftsman.block.BlockReader;
import dev.raftsman.block.CorruptBlockException;
import dev.raftsman.block.Labels;
import dev.raftsman.event.CompactRows;
import dev.raftsman.event.EventRow;
import dev.raftsman.input.SourceCheckpoint;
import dev.raftsman.wal.Excerpt;
import dev.raftsman.wal.ExcerptKind;
import dev.raftsman.wal.WalDirectory;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Takes excerpts apart into events, an appender's rows as well as an agent's blocks. One thread. */
final class WalEvents implements AutoCloseable {
    private final BlockReader blocks = new BlockReader();
    private final CompactRows rows = new CompactRows();
    private final EventRow row = new EventRow();

    /** Takes what an excerpt holds, in order. */
    interface Visitor {
        /** What is true of every event from here on. */
        default void labels(Labels labels) {}

        void event(String stream, long sequence, EventRow row) throws IOException;

        void line(String stream, long sequence, ByteBuffer bytes, int offset, int length, boolean terminated)
                throws IOException;
    }

    /** An excerpt that its checksum finds sound holds something else than it should. */
    static final class MalformedException extends Exception {
        private static final long serialVersionUID = 1;
        private final long sequence;

        MalformedException(long sequence, String message, Throwable cause) {
            super(message, cause);
            this.sequence = sequence;
        }

        /** The first one that could not be read. */
        long sequence() {
            return sequence;
        }
    }

    /**
     * Which stream an excerpt belongs to.
     *
     * @throws MalformedException if it should say so, and does not
     */
    static String stream(WalDirectory log, Excerpt excerpt) throws MalformedException {
        ExcerptKind kind = excerpt.writtenKind() == null ? excerpt.kind() : excerpt.writtenKind();
        if (kind != ExcerptKind.BLOCK && kind != ExcerptKind.CHECKPOINT) {
            return log.identity().stream();
        }
        try {
            return SourceCheckpoint.decode(excerpt.extra()).get(0).stream();
        } catch (IllegalArgumentException e) {
            throw new MalformedException(excerpt.firstSequence(), e.getMessage(), e);
        }
    }

    /**
     * Gives every event of a sound excerpt, as far as they can be read.
     *
     * @throws IOException only the visitor's
     */
    void read(WalDirectory log, Excerpt excerpt, Visitor visitor) throws IOException, MalformedException {
        String stream = stream(log, excerpt);
        long[] next = {excerpt.firstSequence()};
        try {
            if (excerpt.kind() == ExcerptKind.ROWS) {
                readRows(stream, excerpt, visitor, next);
            } else if (excerpt.kind() == ExcerptKind.BLOCK) {
                readBlock(stream, excerpt, visitor, next);
            }
        } catch (IllegalArgumentException | CorruptBlockException | IndexOutOfBoundsException e) {
            throw new MalformedException(next[0], e.getMessage(), e);
        }
    }

    private void readRows(String stream, Excerpt excerpt, Visitor visitor, long[] next) throws IOException {
        ByteBuffer body = excerpt.body();
        int offset = body.position();
        rows.begin(excerpt.extra());
        for (long i = 0; i < excerpt.count(); i++) {
            offset = rows.expand(body, offset, body.limit());
            visitor.event(stream, next[0], row.wrap(rows.row(), 0, rows.length()));
            next[0]++;
        }
        if (offset != body.limit()) {
            throw new IllegalArgumentException((body.limit() - offset) + " bytes behind the last row");
        }
    }

    private void readBlock(String stream, Excerpt excerpt, Visitor visitor, long[] next) throws IOException {
        Block block = Block.wrap(excerpt.body());
        if (block.firstSequence() != excerpt.firstSequence() || block.count() != excerpt.count()) {
            throw new IllegalArgumentException("a block of " + block.count() + " from sequence " + block.firstSequence()
                    + "; expected " + excerpt.count() + " from " + excerpt.firstSequence());
        }
        visitor.labels(blocks.labels(block));
        if (block.kind() == BlockKind.LINES) {
            blocks.forEachLine(block, (sequence, bytes, offset, length, terminated) -> {
                visitor.line(stream, sequence, bytes, offset, length, terminated);
                next[0] = sequence + 1;
            });
        } else if (block.kind() == BlockKind.EVENTS) {
            blocks.forEachEvent(block, (sequence, event) -> {
                visitor.event(stream, sequence, event);
                next[0] = sequence + 1;
            });
        }
    }

    @Override
    public void close() {
        blocks.close();
    }
}
