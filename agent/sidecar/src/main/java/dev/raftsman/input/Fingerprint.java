package dev.raftsman.input;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The first bytes of a file, summed up: an inode number is given again as soon as a file is deleted, its beginning
 * hardly ever is.
 *
 * @param length how many bytes were summed, at most {@link #MAX_BYTES}; 0 fits every file
 */
record Fingerprint(int length, int crc) {
    static final int MAX_BYTES = 1024;
    static final Fingerprint NONE = new Fingerprint(0, 0);

    Fingerprint {
        if (length < 0 || length > MAX_BYTES) {
            throw new IllegalArgumentException("fingerprint of " + length + " bytes; expected 0 to " + MAX_BYTES);
        }
    }

    /** Sums the file's beginning as far as it is there. */
    static Fingerprint of(Content file) throws IOException {
        return of(file, MAX_BYTES);
    }

    /** Whether this file begins with the bytes that were summed. */
    boolean fits(Content file) throws IOException {
        return length == 0 || equals(of(file, length));
    }

    private static Fingerprint of(Content file, int bytes) throws IOException {
        ByteBuffer beginning = ByteBuffer.allocate(bytes);
        while (beginning.hasRemaining() && file.read(beginning, beginning.position()) > 0) {
            continue;
        }
        beginning.flip();
        CRC32C crc = new CRC32C();
        int length = beginning.remaining();
        crc.update(beginning);
        return length == 0 ? NONE : new Fingerprint(length, (int) crc.getValue());
    }
}
