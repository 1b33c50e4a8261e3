package dev.raftsman.segment;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A segment opened for reading, up to the length it had then: what is appended later does not show, and what is deleted
 * meanwhile stays readable until closed.
 */
public final class SegmentFile implements AutoCloseable {
    private final SegmentId id;
    private final Path path;
    private final long length;
    private final FileChannel channel;

    private SegmentFile(SegmentId id, Path path, long length, FileChannel channel) {
        this.id = id;
        this.path = path;
        this.length = length;
        this.channel = channel;
    }

    /** @param length how much of it counts */
    public static SegmentFile open(SegmentId id, Path path, long length) throws IOException {
        return new SegmentFile(id, path, length, FileChannel.open(path, StandardOpenOption.READ));
    }

    public SegmentId id() {
        return id;
    }

    public Path path() {
        return path;
    }

    /** Bytes that may be read. */
    public long length() {
        return length;
    }

    /** For positioned reads below {@link #length()}. Closed with this. */
    public FileChannel channel() {
        return channel;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
