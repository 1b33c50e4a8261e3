package dev.raftsman.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.LongConsumer;

/** SHA-256 of files and of what is on its way into one. One thread. */
final class FileDigest {
    private static final int BUFFER_BYTES = 256 << 10;

    private final MessageDigest sha256;

    FileDigest() {
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** Takes the bytes from position to limit; the buffer is not moved. */
    void update(ByteBuffer bytes) {
        sha256.update(bytes.duplicate());
    }

    /**
     * Takes the first bytes of a file.
     *
     * @param pace told of every so many bytes read
     * @return how many there were, at most so many
     */
    long update(FileChannel file, long bytes, LongConsumer pace) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate((int) Math.max(1, Math.min(BUFFER_BYTES, bytes)));
        long position = 0;
        while (position < bytes) {
            buffer.clear().limit((int) Math.min(buffer.capacity(), bytes - position));
            int read = file.read(buffer, position);
            if (read < 0) {
                break;
            }
            sha256.update(buffer.flip());
            position += read;
            pace.accept(read);
        }
        return position;
    }

    /** Of all so far, in hexadecimal; begins anew. */
    String finish() {
        return HexFormat.of().formatHex(sha256.digest());
    }

    /** Of all so far, in hexadecimal; more may follow. */
    String soFar() {
        try {
            return HexFormat.of().formatHex(((MessageDigest) sha256.clone()).digest());
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("Java's own SHA-256 can be cloned", e);
        }
    }
}
