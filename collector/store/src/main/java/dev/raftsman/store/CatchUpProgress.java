package dev.raftsman.store;

import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How far the fetching of a snapshot is. One thread fetches; any may read the numbers. */
public final class CatchUpProgress {
    private static final Logger LOG = LoggerFactory.getLogger(CatchUpProgress.class);
    private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(5);

    private volatile long fetchedBytes;
    private volatile long leftBytes;
    private volatile long installed;
    private long wantedBytes;
    private long hereBytes;
    private long sinceNanos;
    private long loggedNanos;

    void begins(long index, long bytes, int files, int ofFiles) {
        wantedBytes = bytes;
        hereBytes = 0;
        leftBytes = bytes;
        sinceNanos = System.nanoTime();
        loggedNanos = sinceNanos;
        LOG.info("fetching a snapshot: index={}, segments to fetch={} of {}, bytes={}", index, files, ofFiles, bytes);
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // the fetching thread alone writes it
    void here(long bytes) {
        hereBytes += bytes;
        fetchedBytes += bytes;
        leftBytes = Math.max(0, wantedBytes - hereBytes);
        long now = System.nanoTime();
        if (now - loggedNanos >= INTERVAL_NANOS) {
            loggedNanos = now;
            say("fetching a snapshot", now);
        }
    }

    void complete() {
        leftBytes = 0;
        say("snapshot fetched", System.nanoTime());
    }

    /** Another fetch may follow, or none. */
    void brokenOff() {
        leftBytes = 0;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // the fetching thread alone writes it
    void switched() {
        installed++;
    }

    private void say(String what, long now) {
        double seconds = Math.max(1e-3, (double) (now - sinceNanos) / TimeUnit.SECONDS.toNanos(1));
        LOG.info(
                "{}: bytes={} of {}, MB/s={}",
                what,
                hereBytes,
                wantedBytes,
                String.format("%.1f", hereBytes / seconds / 1e6));
    }

    /** Bytes brought, or found to be here already, since the process began. */
    public long fetchedBytes() {
        return fetchedBytes;
    }

    /** Bytes that the fetch under way still needs; 0 if there is none. */
    public long leftBytes() {
        return leftBytes;
    }

    /** Snapshots installed since the process began. */
    public long installed() {
        return installed;
    }
}
