package dev.raftsman.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Does what a state has to do on its disk: again and again while there is no space for it, and never again once the disk has
 * failed. One thread, holding the state's lock, which is let go while it waits.
 */
final class PatientDisk {
    /** Something on the disk that can be tried again. */
    @FunctionalInterface
    interface Work<T> {
        T run() throws IOException;
    }

    private final Path root;
    private final SpaceWait spaceWait;
    private final ReentrantLock lock;
    private volatile boolean waiting;
    private volatile boolean ending;
    private StoreFailedException failure;

    /**
     * @param root of the state, on the disk that may be full
     * @param lock held by whoever calls
     */
    PatientDisk(Path root, SpaceWait spaceWait, ReentrantLock lock) {
        this.root = root;
        this.spaceWait = spaceWait;
        this.lock = lock;
    }

    /**
     * Does the work, however long there is no space for it.
     *
     * @param what it is, for whoever reads of its failure
     * @throws StoreFailedException if it fails in another way, or is told to end while the disk is full
     */
    <T> T run(String what, Work<T> work) {
        for (int attempt = 1; ; attempt++) {
            try {
                T done = work.run();
                waiting = false;
                return done;
            } catch (IOException e) {
                if (!StorageFullException.explains(e, root)) {
                    throw failed(what, e);
                }
                waiting = true;
                awaitSpace(what, attempt, new StorageFullException(root, e));
            }
        }
    }

    private void awaitSpace(String what, int attempt, StorageFullException full) {
        if (ending) {
            throw failed(what, full);
        }
        lock.unlock();
        try {
            spaceWait.await(root, attempt, full);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            full.addSuppressed(e);
            throw failed(what, full);
        } finally {
            lock.lock();
        }
    }

    /** Keeps a failure, if it is the first. @return the first one */
    StoreFailedException failed(String what, Exception cause) {
        if (failure == null) {
            failure = new StoreFailedException(what, cause);
        }
        return failure;
    }

    /** @throws StoreFailedException if anything failed before */
    void check() {
        if (failure != null) {
            throw failure;
        }
    }

    /** Whether work stands still because the disk is full. Any thread, without the lock. */
    boolean isWaiting() {
        return waiting;
    }

    /** From here on a full disk is a failure. Any thread, without the lock. */
    void end() {
        ending = true;
    }
}
