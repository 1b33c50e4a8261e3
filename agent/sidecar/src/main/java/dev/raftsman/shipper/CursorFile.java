package dev.raftsman.shipper;

import dev.raftsman.disk.Durable;
import dev.raftsman.input.OperatorLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * The cursor on the disk: written beside, forced, renamed, directory forced; so a reader sees a whole old one or a whole
 * new one, also after a power cut. Shipper's thread only.
 */
final class CursorFile {
    /** A megabyte a second: of ten thousand files the cursor has one. */
    private static final long NANOS_PER_BYTE = 1_000;

    private static final long SMALL_BYTES = 64 << 10;

    private final Path file;
    private final long intervalNanos;
    private final Cursor cursor;
    private long durableVersion;
    private long wroteNanos;

    private long writtenBytes;

    private CursorFile(Path file, Cursor cursor, long intervalNanos, long nowNanos) {
        this.file = file;
        this.cursor = cursor;
        this.intervalNanos = intervalNanos;
        this.wroteNanos = nowNanos - intervalNanos;
    }

    /**
     * Reads the cursor; none is an empty one.
     *
     * @throws DamagedCursorException if there is one that cannot be trusted: without it files would be read twice
     */
    static CursorFile open(Path file, long intervalNanos, long nowNanos) throws IOException {
        Cursor cursor;
        try {
            cursor = Cursor.decode(Files.readAllBytes(file));
        } catch (NoSuchFileException e) {
            cursor = new Cursor();
        } catch (IllegalArgumentException e) {
            throw new DamagedCursorException(file, e);
        }
        return new CursorFile(file, cursor, intervalNanos, nowNanos);
    }

    Cursor cursor() {
        return cursor;
    }

    boolean isDurable(long version) {
        return version <= durableVersion;
    }

    long durableVersion() {
        return durableVersion;
    }

    /**
     * Writes what has changed, if the last write is long enough ago: the longer it is, the more rarely it is written. A full disk is waited for: the old cursor is whole,
     * and nothing is released until a new one is.
     *
     * @return whether it wrote
     * @throws IOException if the disk fails: what it still holds is not known then
     */
    boolean step(long nowNanos, OperatorLog log) throws IOException {
        long paceNanos = Math.max(intervalNanos, (writtenBytes - SMALL_BYTES) * NANOS_PER_BYTE);
        if (cursor.version() == durableVersion || nowNanos - wroteNanos < paceNanos) {
            return false;
        }
        wroteNanos = nowNanos;
        try {
            write();
            return true;
        } catch (IOException e) {
            if (!String.valueOf(e.getMessage()).contains("No space left on device")) {
                throw e;
            }
            log.error("cursor", "cursor cannot be written, the disk is full, trying on: path=" + file);
            return false;
        }
    }

    /** Durable on return. */
    void write() throws IOException {
        long version = cursor.version();
        if (version != durableVersion) {
            ByteBuffer encoded = cursor.encode();
            writtenBytes = encoded.remaining();
            Durable.write(file, encoded);
            durableVersion = version;
        }
    }
}
