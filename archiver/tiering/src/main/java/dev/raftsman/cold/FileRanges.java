package dev.raftsman.cold;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A cold object in a file. Closes with the file. */
public final class FileRanges implements ByteRanges, AutoCloseable {
    private final String name;
    private final FileChannel channel;
    private final long length;

    private FileRanges(String name, FileChannel channel, long length) {
        this.name = name;
        this.channel = channel;
        this.length = length;
    }

    public static FileRanges open(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        return new FileRanges(file.toString(), channel, channel.size());
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public long length() {
        return length;
    }

    @Override
    public byte[] read(long offset, int bytes) throws IOException {
        ByteBuffer to = ByteBuffer.allocate(bytes);
        while (to.hasRemaining()) {
            if (channel.read(to, offset + to.position()) < 0) {
                throw new EOFException(
                        name + " ends at " + (offset + to.position()) + "; expected " + length + " bytes");
            }
        }
        return to.array();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
