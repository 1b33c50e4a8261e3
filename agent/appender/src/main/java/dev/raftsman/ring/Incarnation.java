package dev.raftsman.ring;

import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import dev.raftsman.wal.ExcerptKind;
import dev.raftsman.wal.WalDirectory;
import dev.raftsman.wal.WalException;
import dev.raftsman.wal.WalIdentity;
import dev.raftsman.wal.WalProgress;
import dev.raftsman.wal.WalSettings;
import dev.raftsman.wal.WalWriter;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * One log of a ring. A ring has one in its life, or one after the other if one cannot be written any more; its own
 * sequences go on over all of them, and each begins at 0 with the first one that is not in the log before.
 *
 * <pre>
 *  ring      0 …           b …                c …
 *  log 1     0 … b-1       ended at b-1
 *  log 2                   0 … c-b-1          ended at c-b-1
 *  log 3                                      0 …
 * </pre>
 *
 * <p>It has a place, with a page that counts what a death would take, long before it has a writer: opening that takes up
 * to seconds. {@link #claimed} and {@link #lost} are for any thread, at any time; the rest is the flusher's.
 */
final class Incarnation {
    private static final long LOOK_NANOS = 1_000_000_000L;
    private static final LossReason[] REASONS = LossReason.values();

    private final WalDirectory directory;
    private final WalProgress page;
    private final long base;
    private final long[] declaredBefore = new long[REASONS.length];

    private WalWriter writer;
    private long last;
    private long lastPosition = WalWriter.NONE;
    private long lookedNanos;

    private Incarnation(WalDirectory directory, long base, Losses losses) {
        this.directory = directory;
        this.page = WalProgress.ofWriter(directory);
        this.base = base;
        this.last = base - 1;
        for (LossReason reason : REASONS) {
            declaredBefore[reason.code()] = losses.declared(reason);
        }
    }

    /**
     * Makes its place; durable on return.
     *
     * @param base the ring's sequence that is the first one here
     * @throws java.io.UncheckedIOException if there can be none now
     */
    static Incarnation place(Path root, WalIdentity identity, long base, Losses losses) {
        WalDirectory directory = WalDirectory.create(root, identity);
        try {
            return new Incarnation(directory, base, losses);
        } catch (RuntimeException | Error unusable) {
            directory.releaseLock();
            directory.delete();
            throw unusable;
        }
    }

    WalDirectory directory() {
        return directory;
    }

    /** The ring has given this sequence of its own to an event. Any thread. */
    void claimed(long sequence) {
        page.claimed(sequence - base);
    }

    /** So many events got no sequence since the ring was opened. Any thread. */
    void lost(LossReason reason, long inAll) {
        page.lostInAll(reason, inAll - declaredBefore[reason.code()]);
    }

    /** Whether a writer may still be opened here: none was, and the place is still there. */
    boolean isUnwritten() {
        return writer == null && directory.isUnwritten();
    }

    void open(WalSettings settings) {
        writer = WalWriter.open(directory, settings);
        lookedNanos = System.nanoTime();
    }

    /**
     * @param first the ring's sequence of the first row
     * @return false if there is no room now
     * @throws WalException if the log cannot be written any more
     */
    boolean append(long first, int count, Loss loss, ByteBuffer definitions, ByteBuffer rows) {
        checkPlace();
        long position = writer.append(ExcerptKind.ROWS, first - base, count, loss, definitions, rows);
        if (position == WalWriter.NO_ROOM) {
            return false;
        }
        last = first + count - 1;
        lastPosition = position;
        return true;
    }

    /** After an append has failed: whether the log has it all the same. */
    boolean holds(long first, int count) {
        if (!writer.holdsAfterFailure(first - base)) {
            return false;
        }
        last = first + count - 1;
        return true;
    }

    /** @throws WalException if somebody has taken the log away: what is written then goes nowhere */
    void checkPlace() {
        long nowNanos = System.nanoTime();
        if (nowNanos - lookedNanos < LOOK_NANOS) {
            return;
        }
        lookedNanos = nowNanos;
        if (!writer.isInPlace()) {
            throw new WalException("removed by somebody: " + directory, null);
        }
    }

    /** Whether everything that was appended is forced. */
    boolean isForced() {
        return writer.forcedThrough() >= lastPosition;
    }

    void force() {
        writer.force();
    }

    /** The next one has taken over what is not written here: from now on this one accounts for what it has, no more. */
    void end() {
        page.end(last - base);
        close();
    }

    /** Forces what was appended and lets go of the lock. What is claimed and not written is lost then, and says so. */
    void close() {
        try {
            if (writer != null) {
                writer.close();
            }
        } finally {
            directory.releaseLock();
        }
    }
}
