package dev.raftsman.wal;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Three numbers that outlive the writer's process, in one mapped page: how far sequences were claimed, excerpts written
 * and files forced. A reader of another process polls the second for the price of a memory read.
 *
 * <p>They are hints after a power cut, when the page may be older or newer than the files beside it, and exact after any
 * death of the process. Written with release, read with acquire; {@code claimed} by any thread, the others by one each.
 */
final class WalProgress {
    static final String FILE_NAME = "progress";
    static final long NONE = -1;

    private static final int MAGIC = 0x31505752; // "RWP1"
    private static final int BYTES = 4096;
    private static final int CLAIMED_OFFSET = 64; // a cache line of its own: every logging thread writes it
    private static final int WRITTEN_OFFSET = 128;
    private static final int FORCED_OFFSET = 192;
    private static final VarHandle LONG = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final ByteBuffer page;

    private WalProgress(ByteBuffer page) {
        this.page = page;
    }

    /** Really allocated, and forced. */
    static void create(Path directory) throws IOException {
        ByteBuffer zero = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        zero.putInt(0, MAGIC)
                .putLong(CLAIMED_OFFSET, NONE)
                .putLong(WRITTEN_OFFSET, NONE)
                .putLong(FORCED_OFFSET, NONE);
        try (FileChannel channel = FileChannel.open(
                directory.resolve(FILE_NAME), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            while (zero.hasRemaining()) {
                channel.write(zero);
            }
            channel.force(true);
        }
    }

    static WalProgress forWriter(Path directory) throws IOException {
        try (FileChannel channel =
                FileChannel.open(directory.resolve(FILE_NAME), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return map(channel, FileChannel.MapMode.READ_WRITE);
        }
    }

    /** @return null if the page is missing or not one: a reader does without it */
    static WalProgress forReader(Path directory) {
        try (FileChannel channel = FileChannel.open(directory.resolve(FILE_NAME), StandardOpenOption.READ)) {
            return map(channel, FileChannel.MapMode.READ_ONLY);
        } catch (IOException unusable) {
            return null;
        }
    }

    private static WalProgress map(FileChannel channel, FileChannel.MapMode mode) throws IOException {
        if (channel.size() < BYTES) {
            throw new IOException("progress page has " + channel.size() + " bytes; expected " + BYTES);
        }
        ByteBuffer page = channel.map(mode, 0, BYTES).order(ByteOrder.LITTLE_ENDIAN);
        if (page.getInt(0) != MAGIC) {
            throw new IOException("progress page begins with " + Integer.toHexString(page.getInt(0)));
        }
        return new WalProgress(page);
    }

    /** Greatest sequence given to an event, or {@link #NONE}. */
    long claimed() {
        return (long) LONG.getAcquire(page, CLAIMED_OFFSET);
    }

    /** Any thread; the number never goes back. */
    void claimed(long sequence) {
        long seen = (long) LONG.getOpaque(page, CLAIMED_OFFSET);
        while (seen < sequence) {
            long found = (long) LONG.compareAndExchange(page, CLAIMED_OFFSET, seen, sequence);
            if (found == seen) {
                return;
            }
            seen = found;
        }
    }

    long written() {
        return (long) LONG.getAcquire(page, WRITTEN_OFFSET);
    }

    void written(long position) {
        LONG.setRelease(page, WRITTEN_OFFSET, position);
    }

    long forced() {
        return (long) LONG.getAcquire(page, FORCED_OFFSET);
    }

    void forced(long position) {
        LONG.setRelease(page, FORCED_OFFSET, position);
    }
}
