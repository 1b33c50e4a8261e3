package dev.raftsman.wal;

import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Numbers that outlive the writer's process, in one mapped page: how far sequences were claimed, excerpts written and
 * files forced, and how many events were lost without a sequence. A reader of another process polls {@link #written} for
 * the price of a memory read.
 *
 * <p>They are hints after a power cut, when the page may be older or newer than the files beside it, and exact after any
 * death of the process. Written with release, read with acquire; claims and losses by any thread, the others by one each.
 */
public final class WalProgress {
    /** No sequence, no position. */
    public static final long NONE = -1;

    static final String FILE_NAME = "progress";

    private static final int MAGIC = 0x31505752; // "RWP1"
    private static final int BYTES = 4096;
    private static final int QUOTA_OFFSET = 8;
    private static final int RESERVE_OFFSET = 16;
    private static final int CLAIMED_OFFSET = 64; // a cache line of its own: every logging thread writes it
    private static final int WRITTEN_OFFSET = 128;
    private static final int FORCED_OFFSET = 192;
    private static final int LOST_OFFSET = 256; // by code of the reason
    private static final int DECLARED_OFFSET = 320;
    private static final LossReason[] REASONS = LossReason.values();
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

    /** The page of a directory this process writes. */
    public static WalProgress ofWriter(WalDirectory directory) {
        try {
            return forWriter(directory.path());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot map the progress page of " + directory, e);
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
    public long claimed() {
        return (long) LONG.getAcquire(page, CLAIMED_OFFSET);
    }

    /** Any thread; the number never goes back. */
    public void claimed(long sequence) {
        long seen = (long) LONG.getOpaque(page, CLAIMED_OFFSET);
        while (seen < sequence) {
            long found = (long) LONG.compareAndExchange(page, CLAIMED_OFFSET, seen, sequence);
            if (found == seen) {
                return;
            }
            seen = found;
        }
    }

    /** Counts events that get no sequence. Any thread. */
    public void lost(LossReason reason, long events) {
        LONG.getAndAdd(page, LOST_OFFSET + Long.BYTES * reason.code(), events);
    }

    /** Events lost for this reason since the start, declared or not. */
    public long lost(LossReason reason) {
        return (long) LONG.getAcquire(page, LOST_OFFSET + Long.BYTES * reason.code());
    }

    /** Of those, what excerpts declare. */
    public long declared(LossReason reason) {
        return (long) LONG.getAcquire(page, DECLARED_OFFSET + Long.BYTES * reason.code());
    }

    /** Most bytes that the writer lets its files take, 0 if it has not said. */
    public long quotaBytes() {
        return (long) LONG.getAcquire(page, QUOTA_OFFSET);
    }

    /** Free space that the writer leaves on the file system. */
    public long reserveBytes() {
        return (long) LONG.getAcquire(page, RESERVE_OFFSET);
    }

    /** For whoever looks from outside. The writer's owner. */
    void limits(long quotaBytes, long reserveBytes) {
        LONG.setRelease(page, QUOTA_OFFSET, quotaBytes);
        LONG.setRelease(page, RESERVE_OFFSET, reserveBytes);
    }

    /**
     * One reason's losses that no excerpt has declared yet, or {@link Loss#NONE}. After a death right between an append
     * and {@link #declared} the excerpt's own loss is in here once more.
     */
    public Loss undeclared() {
        for (LossReason reason : REASONS) {
            int offset = Long.BYTES * reason.code();
            long more = (long) LONG.getAcquire(page, LOST_OFFSET + offset)
                    - (long) LONG.getOpaque(page, DECLARED_OFFSET + offset);
            if (more > 0) {
                return new Loss(reason, more);
            }
        }
        return Loss.NONE;
    }

    /** An excerpt with this loss before it was appended. The writer's owner. */
    public void declared(Loss loss) {
        if (loss.count() > 0) {
            LONG.getAndAdd(page, DECLARED_OFFSET + Long.BYTES * loss.reason().code(), loss.count());
        }
    }

    /** Position of the last excerpt appended, or {@link #NONE}. */
    public long written() {
        return (long) LONG.getAcquire(page, WRITTEN_OFFSET);
    }

    void written(long position) {
        LONG.setRelease(page, WRITTEN_OFFSET, position);
    }

    /** Position of the last excerpt that is forced to the disk, or {@link #NONE}. */
    public long forced() {
        return (long) LONG.getAcquire(page, FORCED_OFFSET);
    }

    void forced(long position) {
        LONG.setRelease(page, FORCED_OFFSET, position);
    }
}
