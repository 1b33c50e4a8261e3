package dev.raftsman.store;

import dev.raftsman.disk.Durable;
import dev.raftsman.segment.SegmentWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Forces segment files off the applying thread, one after the other. The first failure is kept for good: after it the
 * page cache may hold bytes that the disk refused, and a second force would say nothing of them.
 */
final class SegmentForcer implements AutoCloseable {
    /** Sealed segments that wait to be forced, each with a file open. */
    static final int MAX_WAITING = 256;

    private final ExecutorService thread;
    private final AtomicInteger waiting = new AtomicInteger();
    private volatile IOException failure;

    /** @param thread runs one task at a time, in their order; shut down with this */
    SegmentForcer(ExecutorService thread) {
        this.thread = thread;
    }

    /** A thread of its own. */
    static ExecutorService thread() {
        return Executors.newSingleThreadExecutor(task -> {
            Thread forcer = new Thread(task, "segment-forcer");
            forcer.setDaemon(true);
            return forcer;
        });
    }

    /**
     * Forces a sealed segment and closes its writer. Returns at once, or, with {@link #MAX_WAITING} waiting already, when it is
     * done: a disk that forces more slowly than segments are sealed would else cost a descriptor for each.
     */
    void finish(SegmentWriter sealed) {
        if (waiting.incrementAndGet() > MAX_WAITING) {
            try {
                end(sealed);
            } catch (IOException e) {
                failure = e; // Told by check(), as if the thread had met it.
            }
        } else {
            Future<?> unused = enqueue(() -> end(sealed));
        }
    }

    private void end(SegmentWriter sealed) throws IOException {
        try {
            sealed.force();
            sealed.close();
        } finally {
            waiting.decrementAndGet();
        }
    }

    /**
     * Forces active segments, then directories, after all that was handed over before.
     *
     * @return done then, or with the failure, as {@link #await} says
     */
    Future<?> force(List<SegmentWriter> writers, List<Path> directories) {
        return enqueue(() -> {
            for (SegmentWriter writer : writers) {
                writer.force();
            }
            for (Path directory : directories) {
                Durable.forceDirectory(directory);
            }
        });
    }

    /** @throws IOException if it failed */
    static void await(Future<?> forced) throws IOException, InterruptedException {
        try {
            forced.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException failed ? failed : new IOException(e.getCause());
        }
    }

    /** @throws IOException if anything could not be forced, ever */
    void check() throws IOException {
        if (failure != null) {
            throw failure;
        }
    }

    @FunctionalInterface
    private interface Work {
        void run() throws IOException;
    }

    private Future<?> enqueue(Work work) {
        return thread.submit(() -> {
            check();
            try {
                work.run();
            } catch (IOException | RuntimeException e) {
                failure = e instanceof IOException io ? io : new IOException(e);
                throw failure;
            }
            return null;
        });
    }

    /** Waits for the work under way; what then fails is of no matter, since no snapshot will rely on it. */
    @Override
    public void close() {
        thread.shutdown();
        try {
            if (!thread.awaitTermination(10, TimeUnit.SECONDS)) {
                thread.shutdownNow();
            }
        } catch (InterruptedException e) {
            thread.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
