package dev.raftsman.standalone;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** Sees, on the agent's page, when acknowledgements come in. A thread of its own looks; another asks. */
final class AckWatch implements AutoCloseable {
    private static final long LOOK_NANOS = 20_000_000;

    private record Seen(long nanos, long events) {}

    private final LocalCluster cluster;
    private final List<Seen> rises = new ArrayList<>();
    private final Thread thread = new Thread(this::run, "acks");
    private volatile boolean closed;

    AckWatch(LocalCluster cluster) {
        this.cluster = cluster;
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        long last = 0;
        while (!closed) {
            long events = cluster.metrics(cluster.files().agentHttp()).total("raftsman_agent_acked_events_total");
            if (events > last) {
                last = events;
                synchronized (rises) {
                    rises.add(new Seen(System.nanoTime(), events));
                }
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }

    long events() {
        synchronized (rises) {
            return rises.isEmpty() ? 0 : rises.get(rises.size() - 1).events;
        }
    }

    /** From a moment to the first acknowledgement after it; waits for that. */
    Duration next(long sinceNanos, Duration limit) {
        long[] found = new long[1];
        LocalCluster.await("an acknowledgement", limit, () -> {
            synchronized (rises) {
                for (int i = rises.size() - 1; i >= 0 && rises.get(i).nanos > sinceNanos; i--) {
                    found[0] = rises.get(i).nanos - sinceNanos;
                }
            }
            return found[0] > 0;
        });
        return Duration.ofNanos(found[0]);
    }

    /** The longest time within this one, up to now, in which no acknowledgement was seen. */
    Duration longestSilence(long sinceNanos) {
        long longest = 0;
        long last = sinceNanos;
        synchronized (rises) {
            for (Seen rise : rises) {
                if (rise.nanos > sinceNanos) {
                    longest = Math.max(longest, rise.nanos - last);
                    last = rise.nanos;
                }
            }
        }
        return Duration.ofNanos(Math.max(longest, System.nanoTime() - last));
    }

    @Override
    public void close() {
        closed = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
