package dev.raftsman.collector;

import dev.raftsman.block.EventBlockBuilder;
import dev.raftsman.block.LineBlockBuilder;
import dev.raftsman.event.CompactRows;
import dev.raftsman.event.Level;
import dev.raftsman.event.Loss;
import dev.raftsman.event.RowWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Real blocks for tests. */
final class Blocks {
    private Blocks() {}

    /** A block of lines, all of them terminated. */
    static ByteBuffer ofLines(long firstSequence, byte[] text) {
        int lines = 0;
        for (byte b : text) {
            lines += b == '\n' ? 1 : 0;
        }
        ByteBuffer direct = ByteBuffer.allocateDirect(text.length).put(text).flip();
        try (LineBlockBuilder builder = new LineBlockBuilder()) {
            return copy(builder.build(direct, firstSequence, lines, Loss.NONE, 1, 2));
        }
    }

    /** A block of lines whose last newline had not come, behind a loss. */
    static ByteBuffer ofUnterminatedLines(long firstSequence, byte[] text, int lines, Loss loss) {
        ByteBuffer direct = ByteBuffer.allocateDirect(text.length).put(text).flip();
        try (LineBlockBuilder builder = new LineBlockBuilder()) {
            return copy(builder.build(direct, firstSequence, lines, loss, 1, 2));
        }
    }

    /** A block of one event that has everything. */
    static ByteBuffer ofEvent(long firstSequence, long timeNanos) {
        byte[] scratch = new byte[4 << 10];
        RowWriter row = new RowWriter(null)
                .begin(scratch, 0, scratch.length, Level.WARN, timeNanos, RowWriter.UNCUT)
                .logger("shop.Orders")
                .thread("main")
                .message("late")
                .throwable("java.io.IOException: x")
                .attribute("user", "ö")
                .truncated();
        CompactRows rows = new CompactRows();
        rows.begin(ByteBuffer.allocate(0).order(ByteOrder.LITTLE_ENDIAN));
        rows.expand(ByteBuffer.wrap(scratch).order(ByteOrder.LITTLE_ENDIAN), 0, row.end());
        try (EventBlockBuilder builder = new EventBlockBuilder(1 << 20)) {
            builder.add(rows.row(), 0, rows.length());
            return copy(builder.build(firstSequence, Loss.NONE));
        }
    }

    private static ByteBuffer copy(ByteBuffer bytes) {
        return ByteBuffer.allocate(bytes.remaining()).put(bytes.duplicate()).flip();
    }

    static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
