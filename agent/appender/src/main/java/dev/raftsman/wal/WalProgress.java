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
 * files forced, how many events were lost without a sequence, and how many of those an excerpt declares. A reader of
 * another process polls {@link #written} for the price of a memory read.
 *
 * <p>They are hints after a power cut, when the page may be older or newer than the files beside it, and exact after any
 * death of the process. Written with release, read with acquire; claims and losses by any thread, the others by one each.
 *
 * <p>An excerpt and what the page says of it are two writes, and the process may die between them. So the page says first
 * what will be declared <em>once the excerpt of a certain position is there</em>, in the one of two records that does not
 * count, and then has that one count. Whoever reads the page after a death knows which excerpts there are, and so which
 * record is true:
 *
 * <pre>
 *  the excerpt of the counting record   declared is
 *  is there                             what the counting record says
 *  is not there                         what the other one says: its excerpt was there before this one was begun
 * </pre>
 */
public final class WalProgress {
    /** No sequence, no position. */
    public static final long NONE = -1;

    static final String FILE_NAME = "progress";

    private static final int MAGIC = 0x32505752; // "RWP2"
    private static final int BYTES = 4096;
    private static final int QUOTA_OFFSET = 8;
    private static final int RESERVE_OFFSET = 16;
    private static final int CLAIMED_OFFSET = 64; // a cache line of its own: every logging thread writes it
    private static final int WRITTEN_OFFSET = 128;
    private static final int FORCED_OFFSET = 192;
    private static final int LOST_OFFSET = 256; // by code of the reason
    private static final int LIMIT_OFFSET = 320;
    private static final int COUNTING_OFFSET = 384; // which of the two records
    private static final int DECLARED_OFFSET = 448;
    private static final int DECLARED_BYTES = 128; // position, then by code of the reason
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
                .putLong(FORCED_OFFSET, NONE)
                .putLong(LIMIT_OFFSET, Long.MAX_VALUE)
                .putLong(DECLARED_OFFSET, NONE)
                .putLong(DECLARED_OFFSET + DECLARED_BYTES, NONE);
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
        try {
            return read(directory);
        } catch (IOException unusable) {
            return null;
        }
    }

    /** @throws IOException saying what is wrong with the page */
    static WalProgress read(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory.resolve(FILE_NAME), StandardOpenOption.READ)) {
            return map(channel, FileChannel.MapMode.READ_ONLY);
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

    /** Greatest sequence given to an event that belongs here, or {@link #NONE}. */
    public long claimed() {
        return Math.min((long) LONG.getAcquire(page, CLAIMED_OFFSET), (long) LONG.getAcquire(page, LIMIT_OFFSET));
    }

    /** Any thread; the number never goes back. */
    public void claimed(long sequence) {
        raise(CLAIMED_OFFSET, sequence);
    }

    private void raise(int offset, long value) {
        long seen = (long) LONG.getOpaque(page, offset);
        while (seen < value) {
            long found = (long) LONG.compareAndExchange(page, offset, seen, value);
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

    /** How many events got no sequence, as counted elsewhere. Any thread; the number never goes back. */
    public void lostInAll(LossReason reason, long events) {
        raise(LOST_OFFSET + Long.BYTES * reason.code(), events);
    }

    /** Events lost for this reason since the start, declared or not. */
    public long lost(LossReason reason) {
        return (long) LONG.getAcquire(page, LOST_OFFSET + Long.BYTES * reason.code());
    }

    /**
     * Of those, what excerpts declare.
     *
     * @param lastPosition of the last excerpt that there is, or less if the reader cannot tell
     */
    public long declared(LossReason reason, long lastPosition) {
        return (long) LONG.getAcquire(page, recordAt(lastPosition) + declaredOffset(reason));
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
     * The log goes on in another directory: of this one, sequences count up to the last that was written, and losses
     * only as far as they are declared. Threads that still count here do no harm. The writer's owner, before the lock is
     * let go.
     */
    public void end(long lastSequence) {
        LONG.setRelease(page, LIMIT_OFFSET, lastSequence);
    }

    /**
     * The losses that no excerpt declares, once the writer is dead: of all reasons together, under that of the most.
     *
     * @param lastPosition of the last excerpt that there is, or less if the reader cannot tell
     */
    Loss undeclared(long lastPosition) {
        if ((long) LONG.getAcquire(page, LIMIT_OFFSET) != Long.MAX_VALUE) {
            return Loss.NONE;
        }
        int record = recordAt(lastPosition);
        long count = 0;
        long most = 0;
        LossReason reasonOfMost = LossReason.NONE;
        for (LossReason reason : REASONS) {
            long more = Math.max(0, undeclared(reason, record));
            count += more;
            if (more > most) {
                most = more;
                reasonOfMost = reason;
            }
        }
        return new Loss(reasonOfMost, count);
    }

    private long undeclared(LossReason reason, int record) {
        return lost(reason) - (long) LONG.getOpaque(page, record + declaredOffset(reason));
    }

    private int counting() {
        return (int) (long) LONG.getAcquire(page, COUNTING_OFFSET);
    }

    private int recordAt(long lastPosition) {
        int counting = counting();
        boolean there = (long) LONG.getAcquire(page, record(counting)) <= Math.max(lastPosition, written());
        return record(there ? counting : 1 - counting);
    }

    private static int record(int which) {
        return DECLARED_OFFSET + which * DECLARED_BYTES;
    }

    private static int declaredOffset(LossReason reason) {
        return Long.BYTES + Long.BYTES * reason.code();
    }

    /**
     * The excerpt of this position, which is the next thing to be written, declares a loss. Nothing is to be written
     * behind an excerpt that has failed after this. The writer.
     */
    void declaring(long position, Loss loss) {
        int now = counting();
        int next = 1 - now;
        for (LossReason reason : REASONS) {
            long declared = (long) LONG.getOpaque(page, record(now) + declaredOffset(reason));
            LONG.setOpaque(
                    page,
                    record(next) + declaredOffset(reason),
                    declared + (reason == loss.reason() ? loss.count() : 0));
        }
        LONG.setOpaque(page, record(next), position);
        LONG.setRelease(page, COUNTING_OFFSET, (long) next);
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
