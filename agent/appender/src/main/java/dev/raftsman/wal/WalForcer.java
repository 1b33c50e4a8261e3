package dev.raftsman.wal;

import dev.raftsman.disk.Durable;
import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * Forces what was appended to a log, by a daemon thread of its own every interval, and after a longer rest at once; and for
 * whoever asks.
 */
final class WalForcer implements AutoCloseable {
    private static final long REST_NANOS = 10_000_000_000L;

    /** After a rest, what comes together with the first excerpt is forced together. */
    private static final long GATHER_NANOS = 5_000_000L;

    private final WalDirectory directory;
    private final WalProgress progress;
    private final Duration interval;
    private final Poison poison;
    private final Thread thread = OwnThread.of("raftsman-wal-force", this::forceRegularly);
    private volatile boolean closed;
    private volatile boolean resting;
    private volatile Runnable listener = () -> {};

    /** Guarded by this. */
    private int forcedCycle;

    WalForcer(WalDirectory directory, WalProgress progress, Duration interval, Poison poison) {
        this.directory = directory;
        this.progress = progress;
        this.interval = interval;
        this.poison = poison;
    }

    void start() {
        thread.start();
    }

    private void forceRegularly() {
        WalWriter.silenceTheQueue();
        long intervalNanos = interval.toNanos();
        long leastNanos = Math.min(intervalNanos, GATHER_NANOS);
        long forcedNanos = System.nanoTime() - intervalNanos;
        while (!closed && !poison.isThere()) {
            rest();
            long dueNanos = forcedNanos + intervalNanos - System.nanoTime();
            LockSupport.parkNanos(this, Math.max(leastNanos, dueNanos));
            if (progress.written() != progress.forced()) {
                forcedNanos = System.nanoTime();
                try {
                    force();
                } catch (WalException poisoned) {
                    return; // remembered; the owner meets it at its next append
                }
            }
        }
    }

    /** Until something is appended: whoever has nothing to log should not pay for it. */
    private void rest() {
        resting = true;
        VarHandle.fullFence();
        while (!closed && !poison.isThere() && resting && progress.written() == progress.forced()) {
            LockSupport.parkNanos(this, REST_NANOS);
        }
        resting = false;
    }

    /** Called behind an append; the fence lets one of the two see what the other has done. */
    void appended() {
        VarHandle.fullFence();
        if (resting) {
            resting = false;
            LockSupport.unpark(thread);
        }
    }

    /**
     * Forces everything appended before the call, and returns when that is done. Any thread.
     *
     * @return the position that is forced through
     * @throws WalException if it fails; there is no second try
     */
    synchronized long force() {
        poison.check();
        long through = progress.written();
        if (through == progress.forced()) {
            return through;
        }
        int last = SizeRoll.cycleOf(through);
        try {
            for (int each = forcedCycle; each <= last; each++) {
                forceFile(each);
            }
            if (last != forcedCycle || progress.forced() == WalProgress.NONE) {
                Durable.forceDirectory(directory.path());
            }
        } catch (IOException failed) {
            throw poison.of("cannot force " + directory, failed);
        }
        forcedCycle = last;
        progress.forced(through);
        listener.run();
        return through;
    }

    private void forceFile(int each) throws IOException {
        try (FileChannel file = FileChannel.open(directory.fileOf(each), StandardOpenOption.WRITE)) {
            file.force(false);
        } catch (NoSuchFileException missing) {
            if (directory.cycles().stream().noneMatch(newer -> newer > each)) {
                throw missing; // the newest is released by nobody: what is mapped of it leads nowhere
            }
            // A reader had it acknowledged as a whole.
        }
    }

    /** @param told whenever more is forced, by whoever forces */
    void onForced(Runnable told) {
        listener = told;
    }

    /** The thread ends; {@link #force} works on. */
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }
}
