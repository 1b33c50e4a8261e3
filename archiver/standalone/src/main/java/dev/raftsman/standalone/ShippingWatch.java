package dev.raftsman.standalone;

import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * Feeds an agent and looks how far it is: progress is what it says is acknowledged. Times are the wall clock's, CPU is what
 * the kernel charged to each process. One thread.
 */
final class ShippingWatch {
    private static final Duration STALL_LIMIT = Duration.ofSeconds(60);
    private static final long POLL_NANOS = 100_000_000;
    private static final double GIB = 1L << 30;

    /** One moment: what was acknowledged and what it had cost. */
    record Reading(long nanos, long events, Map<String, ProcessFigures> processes, MetricsPage agent) {
        double secondsSince(Reading earlier) {
            return (nanos - earlier.nanos) / 1e9;
        }

        ProcessFigures usedSince(Reading earlier, String process) {
            return processes
                    .getOrDefault(process, ProcessFigures.NONE)
                    .since(earlier.processes.getOrDefault(process, ProcessFigures.NONE));
        }

        double ackMillis(String quantile) {
            return 1e3 * agent.sum("raftsman_agent_ack_seconds", "quantile=\"" + quantile + "\"");
        }
    }

    private final LocalCluster cluster;
    private final CopiedFeed feed;
    private final Progress progress;
    private MemorySamples memory = new MemorySamples();

    ShippingWatch(LocalCluster cluster, CopiedFeed feed, Progress progress) {
        this.cluster = cluster;
        this.feed = feed;
        this.progress = progress;
    }

    Reading read() {
        MetricsPage agent = cluster.metrics(cluster.files().agentHttp());
        Map<String, ProcessFigures> processes = new LinkedHashMap<>();
        for (ChildProcess child : cluster.children()) {
            processes.put(child.name(), ProcessFigures.of(child.pid()));
        }
        return new Reading(System.nanoTime(), agent.total("raftsman_agent_acked_events_total"), processes, agent);
    }

    /** The agent's resident set at every look since the last call. */
    MemorySamples takeMemory() {
        MemorySamples taken = memory;
        memory = new MemorySamples();
        return taken;
    }

    /** Feeds until so many events are acknowledged in all, or until the deadline. */
    Reading shipUntil(String phase, long events, long deadlineNanos) throws IOException {
        return watch(phase, events, deadlineNanos, true);
    }

    /** Feeds no more, waits until all that was fed is acknowledged. */
    Reading drain() throws IOException {
        return watch("the rest", feed.fedEvents(), Long.MAX_VALUE, false);
    }

    private Reading watch(String phase, long events, long deadlineNanos, boolean feeding) throws IOException {
        long moved = System.nanoTime();
        long before = -1;
        long agent = cluster.child(LocalCluster.AGENT).pid();
        while (true) {
            Reading reading = read();
            memory.add(MemoryFigures.of(agent));
            if (reading.events() >= events || reading.nanos() >= deadlineNanos) {
                progress.clear();
                return reading;
            }
            if (reading.events() != before) {
                before = reading.events();
                moved = reading.nanos();
            } else if (reading.nanos() - moved > STALL_LIMIT.toNanos()) {
                throw new StandaloneException("nothing was acknowledged for " + STALL_LIMIT.toSeconds() + " s");
            }
            if (feeding) {
                feed.keepAheadOf(reading.events());
            }
            cluster.requireAlive(LocalCluster.AGENT);
            progress.now("%s: %.2f GiB acknowledged".formatted(phase, feed.bytes(reading.events()) / GIB));
            LockSupport.parkNanos(POLL_NANOS);
            if (Thread.currentThread().isInterrupted()) {
                throw new StandaloneException("interrupted");
            }
        }
    }
}
