package dev.raftsman.raft;

import dev.raftsman.disk.Durable;
import dev.raftsman.raft.FailureListener.Failure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.statemachine.impl.SimpleStateMachineStorage;
import org.apache.ratis.statemachine.impl.SingleFileSnapshotInfo;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The snapshots that this node takes of its own state, one at a time, written by a thread of their own. */
final class OwnSnapshots {
    private static final Logger LOG = LoggerFactory.getLogger(OwnSnapshots.class);
    private static final long CLOSE_SECONDS = 10;

    private final SimpleStateMachineStorage storage;
    private final FailureListener failures;
    private final BooleanSupplier closing;
    private final Runnable askAgain;
    private final ExecutorService writer = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "snapshot");
        thread.setDaemon(true);
        return thread;
    });

    private volatile boolean wanted;
    private volatile boolean busy;
    private volatile long finishedIndex = -1;

    /** The snapshot under way, or the last one. */
    private volatile Future<?> writing = CompletableFuture.completedFuture(null);

    /**
     * @param closing whether a disk that fails now is no news
     * @param askAgain run once one is finished: the engine may purge its log then
     */
    OwnSnapshots(
            SimpleStateMachineStorage storage, FailureListener failures, BooleanSupplier closing, Runnable askAgain) {
        this.storage = storage;
        this.failures = failures;
        this.closing = closing;
        this.askAgain = askAgain;
    }

    /** The next time that the engine asks, one is begun. Any thread. */
    void want() {
        wanted = true;
    }

    /** Whether one was asked for and not begun since, or there was no space for it. Any thread. */
    boolean isWanted() {
        return wanted;
    }

    /** Index of the newest that is finished, taken here or not; -1 if there is none. */
    long finishedIndex() {
        return finishedIndex;
    }

    /** The state was opened from a snapshot. */
    void opened(long index) {
        finishedIndex = index;
    }

    /** Takes the state as it is. */
    @FunctionalInterface
    interface Capture {
        AppliedState.Captured take() throws IOException;
    }

    /**
     * Begins one, if one is wanted and there is something new.
     *
     * @param applied the state's index; null if nothing is applied
     * @return whether it did
     */
    boolean begin(TermIndex applied, Capture capture) throws IOException {
        if (!wanted || busy || applied == null || applied.getIndex() <= finishedIndex) {
            return false;
        }
        wanted = false;
        AppliedState.Captured captured = capture.take();
        busy = true;
        writing = writer.submit(() -> write(captured, applied));
        return true;
    }

    private void write(AppliedState.Captured captured, TermIndex at) {
        Path file = storage.getSnapshotFile(at.getTerm(), at.getIndex()).toPath();
        long beganNanos = System.nanoTime();
        try {
            captured.write(file);
            deleteOlderThan(file);
            busy = false;
        } catch (AppliedState.NoSpaceException e) {
            LOG.warn("no snapshot: index={}, reason={}; the log is kept", at.getIndex(), e.getMessage());
            wanted = true;
            busy = false;
            return;
        } catch (IOException | UncheckedIOException e) {
            // A force that failed says nothing about what is on the disk: no second try.
            if (!closing.getAsBoolean()) {
                failures.failed(Failure.DISK, "cannot write the snapshot of index " + at.getIndex(), e);
            }
            return;
        } catch (RuntimeException | Error e) {
            failures.failed(Failure.STOPPED, "cannot write the snapshot of index " + at.getIndex(), e);
            throw e;
        }
        storage.updateLatestSnapshot(new SingleFileSnapshotInfo(new FileInfo(file, null), at));
        finishedIndex = at.getIndex();
        LOG.info(
                "snapshot taken: index={}, term={}, millis={}",
                at.getIndex(),
                at.getTerm(),
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beganNanos));
        askAgain.run();
    }

    /**
     * The state may have given up what earlier snapshots need, so the newest must be the only one. The engine's own
     * choice prefers any with an MD5 file beside it, an older one too; hence there are no such files, and the state checks
     * its snapshot itself.
     */
    static void deleteOlderThan(Path newest) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(newest.getParent(), "snapshot.*")) {
            for (Path file : files) {
                if (!file.equals(newest)) {
                    Files.delete(file);
                }
            }
        }
        Durable.forceDirectory(newest.getParent());
    }

    /** The one under way, or the last one. */
    Future<?> writing() {
        return writing;
    }

    /** Waits for the snapshot under way, if there is one. Any thread. */
    void await(Duration limit) throws TimeoutException, InterruptedException {
        try {
            writing.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            LOG.debug("reported when it happened", e);
        }
    }

    /** Begins no more, and waits for the last one. */
    void close() {
        writer.shutdown();
        try {
            if (!writer.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("closed while a snapshot was being written");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
