package dev.raftsman.collector;

import dev.raftsman.block.LineBlockBuilder;
import dev.raftsman.event.Loss;
import java.nio.ByteBuffer;
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
            ByteBuffer encoded = builder.build(direct, firstSequence, lines, Loss.NONE, 1, 2);
            return ByteBuffer.allocate(encoded.remaining())
                    .put(encoded.duplicate())
                    .flip();
        }
    }

    static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
