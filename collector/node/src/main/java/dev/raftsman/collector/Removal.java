package dev.raftsman.collector;

import dev.raftsman.catalog.MemberState;
import dev.raftsman.config.HostPort;
import dev.raftsman.raft.FailureListener;
import dev.raftsman.raft.RatisLog;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/** How a node learns that the cluster has removed it: it notes that in its directory, and ends. Any thread. */
final class Removal {
    private static final Duration ASK_LIMIT = Duration.ofSeconds(2);
    private static final int LOOKS = 5;
    private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final CollectorConfig config;
    private final DataDirectory data;
    private final Introductions introductions;
    private final FailureListener failures;
    private final AtomicBoolean askedWhy = new AtomicBoolean();
    private volatile RatisLog log;
    private volatile boolean closed;

    Removal(CollectorConfig config, DataDirectory data, Introductions introductions, FailureListener failures) {
        this.config = config;
        this.data = data;
        this.introductions = introductions;
        this.failures = failures;
    }

    /** The log has started. */
    void of(RatisLog started) {
        log = started;
    }

    /** The cluster says so. */
    void removed() throws IOException {
        data.removed();
        failures.failed(FailureListener.Failure.REMOVED, Formation.removed(config.node()), null);
    }

    /** What the log reports. The engine of a removed node closes by itself; whether it was that is known to the others. */
    void logFailed(FailureListener.Failure failure, String detail, Throwable cause) {
        if (failure != FailureListener.Failure.STOPPED || cause != null || log == null) {
            failures.failed(failure, detail, cause);
        } else if (askedWhy.compareAndSet(false, true)) {
            Thread asking = new Thread(
                    () -> {
                        if (!foundSoon()) {
                            failures.failed(failure, detail, null);
                        }
                    },
                    "why-stopped");
            asking.setDaemon(true);
            asking.start();
        }
    }

    /** The engine closes when the members change; that the node is removed is noted a moment later. */
    private boolean foundSoon() {
        for (int i = 0; i < LOOKS && !closed; i++) {
            if (find()) {
                return true;
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
        return false;
    }

    /** Asks the others whether this node was removed; if so, it ends. @return whether it was */
    boolean find() {
        Map<String, HostPort> others = new TreeMap<>();
        config.peers().forEach(peer -> others.put(peer.id(), peer.raft()));
        log.members().forEach(member -> others.put(member.id(), member.raft()));
        others.remove(config.node());
        boolean removed = introductions.of(others, ASK_LIMIT).values().stream()
                .filter(peer -> peer.cluster().equals(config.cluster()) && peer.entered())
                .flatMap(peer -> peer.known().stream())
                .anyMatch(row -> row.node().equals(config.node())
                        && row.directory().equals(data.id())
                        && row.state() == MemberState.RETIRED);
        if (removed) {
            try {
                removed();
            } catch (IOException e) {
                failures.failed(FailureListener.Failure.DISK, "cannot write the data directory", e);
            }
        }
        return removed;
    }

    /** Asks nobody any more. */
    void close() {
        closed = true;
    }
}
