package dev.raftsman.input;

import dev.raftsman.disk.Checksum;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The first bytes of a file, summed up: an inode number is given again as soon as a file is deleted, its beginning
 * hardly ever is.
 *
 * @param length how many bytes were summed, at most {@link #MAX_BYTES}; 0 fits every file
 * @param crc CRC32C of these
 * @param headCrc CRC32C of the first {@link #HEAD_BYTES} of these, or of all if they are fewer: by it a copy is known that was
 *     made when the file was shorter
 */
public record Fingerprint(int length, int crc, int headCrc) {
    /** Bytes that are summed. */
    public static final int MAX_BYTES = 1024;

    static final int HEAD_BYTES = 64;
    static final Fingerprint NONE = new Fingerprint(0, 0, 0);

    public Fingerprint {
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

    /** Whether this file holds the beginning of the one that was summed, and perhaps not more: a copy of it. */
    boolean fitsCopy(Content file) throws IOException {
        Fingerprint other = of(file, length);
        return length > 0
                && (equals(other) || other.length < length && other.length >= HEAD_BYTES && other.headCrc == headCrc);
    }

    private static Fingerprint of(Content file, int bytes) throws IOException {
        ByteBuffer beginning = ByteBuffer.allocate(bytes);
        while (beginning.hasRemaining() && file.read(beginning, beginning.position()) > 0) {
            continue;
        }
        int length = beginning.position();
        return length == 0
                ? NONE
                : new Fingerprint(
                        length,
                        Checksum.crc32c(beginning, 0, length),
                        Checksum.crc32c(beginning, 0, Math.min(length, HEAD_BYTES)));
    }
}
