package dev.raftsman.store;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file that becomes longer, by many bytes at a time that nobody reads soon: they go to the disk past the kernel's cache.
 * Copying them into fresh pages of it costs the processor, and a force of much that lies there holds up the log's. One
 * thread.
 *
 * <p>Where the file system or the disk cannot do that, it is written as any other. What has not reached the file when the
 * process dies is less than a MiB at its end.
 */
final class PartFile implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(PartFile.class);

    /** A multiple of every block. */
    private static final int BUFFER_BYTES = 1 << 20;

    /** Greater than every disk's sector, and the size of a page. */
    private static final int BLOCK_BYTES = 4096;

    /** Null where Java has no such option. */
    private static final OpenOption DIRECT = directOption();

    private final FileChannel plain;

    /** Null if it is written through the cache. */
    private FileChannel direct;

    /** What is not written yet; begins at a block's boundary of the file. */
    private final ByteBuffer buffer;

    private long writtenBytes;
    private boolean failed;

    /** @param direct null to write through the cache */
    PartFile(FileChannel plain, FileChannel direct, ByteBuffer buffer) {
        this.plain = plain;
        this.direct = direct;
        this.buffer = buffer.clear();
    }

    /** By name: compilers warn of its package, as other Javas need not have it. */
    private static OpenOption directOption() {
        try {
            Object[] options =
                    Class.forName("com.sun.nio.file.ExtendedOpenOption").getEnumConstants();
            return Stream.of(options)
                    .filter(option -> option.toString().equals("DIRECT"))
                    .map(OpenOption.class::cast)
                    .findFirst()
                    .orElse(null);
        } catch (ClassNotFoundException e) {
            LOG.debug("no option to write past the cache", e);
            return null;
        }
    }

    /** For one file after the other. */
    static ByteBuffer buffer() {
        return ByteBuffer.allocateDirect(BUFFER_BYTES + BLOCK_BYTES)
                .alignedSlice(BLOCK_BYTES)
                .slice(0, BUFFER_BYTES);
    }

    /**
     * Opens it, or makes it; to be cut to a length first.
     *
     * @param buffer one of {@link #buffer}, the file's until it is closed
     */
    static PartFile open(Path path, ByteBuffer buffer) throws IOException {
        FileChannel plain =
                FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            return new PartFile(plain, direct(path), buffer);
        } catch (RuntimeException | Error e) {
            plain.close();
            throw e;
        }
    }

    private static FileChannel direct(Path path) {
        if (DIRECT == null) {
            return null;
        }
        try {
            return FileChannel.open(path, StandardOpenOption.WRITE, DIRECT);
        } catch (IOException | UnsupportedOperationException e) {
            LOG.debug("written through the cache: {}", path, e);
            return null;
        }
    }

    /** For reading what it held when it was cut. */
    FileChannel channel() {
        return plain;
    }

    /** Its length is at most this from now on, and it goes on from there. */
    void cut(long bytes) throws IOException {
        plain.truncate(bytes);
        long end = plain.size();
        long begin = end - end % BLOCK_BYTES;
        buffer.clear().limit((int) (end - begin));
        while (buffer.hasRemaining()) {
            if (plain.read(buffer, begin + buffer.position()) < 0) {
                throw new IOException("became shorter while it was open");
            }
        }
        buffer.limit(buffer.capacity());
        writtenBytes = begin;
    }

    /** Takes all of the chunk. */
    void append(ByteBuffer chunk) throws IOException {
        while (chunk.hasRemaining()) {
            int bytes = Math.min(chunk.remaining(), buffer.remaining());
            buffer.put(chunk.slice(chunk.position(), bytes));
            chunk.position(chunk.position() + bytes);
            if (!buffer.hasRemaining()) {
                write(buffer.flip());
                buffer.clear();
            }
        }
    }

    /** Also the last bytes are in the file then. More may follow. */
    void flush() throws IOException {
        int last = buffer.position() % BLOCK_BYTES;
        buffer.flip();
        int end = buffer.limit();
        write(buffer.limit(end - last));
        buffer.limit(end);
        while (buffer.hasRemaining()) {
            plain.write(buffer, writtenBytes + buffer.position() - (end - last));
        }
        buffer.position(end - last).compact();
    }

    private void write(ByteBuffer blocks) throws IOException {
        while (blocks.hasRemaining()) {
            try {
                writtenBytes += (direct == null ? plain : direct).write(blocks, writtenBytes);
            } catch (IOException e) {
                if (direct == null) {
                    failed = true;
                    throw e;
                }
                // Some file systems say only now that they cannot. If it is the disk, it says so once more.
                LOG.debug("written through the cache from here on: bytes={}", writtenBytes, e);
                direct.close();
                direct = null;
            }
        }
    }

    /** All of it is on the disk on return. */
    void force() throws IOException {
        flush();
        plain.force(true);
    }

    /** What came is in the file, but not forced. */
    @Override
    public void close() throws IOException {
        try {
            if (plain.isOpen() && !failed) {
                flush();
            }
        } finally {
            if (direct != null) {
                direct.close();
            }
            plain.close();
        }
    }
}
