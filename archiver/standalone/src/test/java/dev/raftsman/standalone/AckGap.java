package dev.raftsman.standalone;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Watches the agent's acknowledgements: the longest time without one, while there was something to acknowledge. */
final class AckGap implements AutoCloseable {
    private static final long LOOK_NANOS = 20_000_000;

    private final LocalCluster cluster;
    private final Thread thread = new Thread(this::run, "ack-gap");
    private volatile boolean closed;
    private long longestNanos;

    AckGap(LocalCluster cluster) {
        this.cluster = cluster;
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        long acked = -1;
        long since = System.nanoTime();
        while (!closed) {
            long now = cluster.metrics(cluster.files().agentHttp()).total("raftsman_agent_acked_events_total");
            long at = System.nanoTime();
            if (now != acked) {
                see(acked <= 0 ? 0 : at - since);
                acked = now;
                since = at;
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }

    private synchronized void see(long gapNanos) {
        longestNanos = Math.max(longestNanos, gapNanos);
    }

    /** The longest so far, and begins anew. */
    synchronized Duration take() {
        Duration longest = Duration.ofNanos(longestNanos);
        longestNanos = 0;
        return longest;
    }

    @Override
    public void close() {
        closed = true;
    }
}
