package dev.raftsman.store;

import dev.raftsman.segment.SegmentWriter;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Forces segment files off the applying thread, one after the other. The first failure is kept for good: after it the
 * page cache may hold bytes that the disk refused, and a second force would say nothing of them.
 */
final class SegmentForcer implements AutoCloseable {
    private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
        Thread forcer = new Thread(task, "segment-forcer");
        forcer.setDaemon(true);
        return forcer;
    });
    private volatile IOException failure;

    /** Forces a sealed segment and closes its writer. */
    void finish(SegmentWriter sealed) {
        enqueue(() -> {
            sealed.force();
            sealed.close();
        });
    }

    /** Forces active segments. */
    void force(List<SegmentWriter> writers) {
        enqueue(() -> {
            for (SegmentWriter writer : writers) {
                writer.force();
            }
        });
    }

    /** Waits for all that was handed over. */
    void drain() throws IOException, InterruptedException {
        Future<?> end = thread.submit(() -> {});
        try {
            end.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
        check();
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

    private void enqueue(Work work) {
        thread.execute(() -> {
            try {
                if (failure == null) {
                    work.run();
                }
            } catch (IOException e) {
                failure = e;
            }
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
