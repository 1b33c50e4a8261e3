package dev.raftsman.archiver;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs the lake's worker again and again until it is closed; not at all if no policy wants a table. */
final class LakeThread implements AutoCloseable {
    /** What is broken off by then is found by the next start. */
    private static final Duration DRAIN = Duration.ofSeconds(20);

    private static final Logger LOG = LoggerFactory.getLogger(LakeThread.class);

    private final LakeWorker worker;
    private final Duration every;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final Thread thread;

    /** @param worker closed with this */
    LakeThread(LakeWorker worker, Duration every) {
        this.worker = worker;
        this.every = every;
        this.thread = new Thread(this::run, "archiver-lake");
        thread.setDaemon(true);
    }

    void start() {
        if (worker.isNeeded()) {
            thread.start();
        }
    }

    private void run() {
        try {
            do {
                worker.step();
            } while (!stopped.await(every.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            LOG.debug("woken to stop", e);
        } catch (RuntimeException e) {
            LOG.error("the lake is not filled any more until the archiver is started again: a mistake of ours", e);
        }
        worker.close();
    }

    @Override
    public void close() {
        stopped.countDown();
        if (!thread.isAlive()) {
            return;
        }
        thread.interrupt(); // It may be waiting for a store; every step can be gone on with.
        try {
            thread.join(DRAIN.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
