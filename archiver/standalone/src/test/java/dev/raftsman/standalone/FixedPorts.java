package dev.raftsman.standalone;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The ports of the files in {@code conf/}: of tests that run in several JVMs one at a time has them. */
final class FixedPorts implements AutoCloseable {
    private final FileChannel channel;
    private final FileLock lock;

    private FixedPorts(FileChannel channel, FileLock lock) {
        this.channel = channel;
        this.lock = lock;
    }

    /** Waits until no other test has them. */
    static FixedPorts take() throws IOException {
        FileChannel channel = FileChannel.open(
                Path.of("target", "fixed-ports.lock").toAbsolutePath(),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        try {
            return new FixedPorts(channel, channel.lock());
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public void close() throws IOException {
        lock.release();
        channel.close();
    }
}
