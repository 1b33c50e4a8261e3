package dev.raftsman.collector;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.raft.FailureListener;
import dev.raftsman.raft.Leadership;
import dev.raftsman.raft.LogFacts;
import dev.raftsman.raft.LogMember;
import dev.raftsman.raft.LogTls;
import dev.raftsman.raft.Outcome;
import dev.raftsman.raft.RatisLog;
import dev.raftsman.store.Entry;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a node does as time passes: as leader it asks for what age or configuration demands, and every node looks after its
 * leader, its certificates and files that could go. One thread of its own.
 */
final class Clockwork implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Clockwork.class);
    private static final Duration SILENCE = Duration.ofSeconds(5);
    private static final long LEADERLESS_NANOS = TimeUnit.SECONDS.toNanos(3);
    private static final long END_SECONDS = 3;
    private static final long MIN_TICK_MILLIS = 100;
    private static final long MAX_TICK_MILLIS = 1_000;

    /** How often files that could go are looked for: a snapshot writes the whole catalog. */
    private static final long RECLAIM_INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final CollectorConfig config;
    private final Clock clock;
    private final RatisLog log;

    /** Null: the nodes talk in plain text. */
    private final LogTls tls;

    private final StoreState.Holder state;
    private final Membership membership;
    private final Removal removal;
    private final FailureListener failures;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread clockwork = new Thread(task, "clockwork");
        clockwork.setDaemon(true);
        return clockwork;
    });

    /** What it asked for and has no answer to yet. */
    private CompletableFuture<Outcome> asked = CompletableFuture.completedFuture(null);

    private boolean leading;
    private boolean comparedAddresses;
    private long leaderSeenNanos = System.nanoTime();
    private long askedPeersNanos = System.nanoTime();
    private long reclaimedNanos = System.nanoTime();
    private volatile Set<String> silent = Set.of();

    Clockwork(
            CollectorConfig config,
            Clock clock,
            RatisLog log,
            LogTls tls,
            StoreState.Holder state,
            Membership membership,
            Removal removal,
            FailureListener failures) {
        this.config = config;
        this.clock = clock;
        this.log = log;
        this.tls = tls;
        this.state = state;
        this.membership = membership;
        this.removal = removal;
        this.failures = failures;
    }

    void start() {
        long tickMillis = Math.max(
                MIN_TICK_MILLIS, Math.min(MAX_TICK_MILLIS, config.segmentAge().toMillis() / 4));
        ScheduledFuture<?> unused = thread.scheduleWithFixedDelay(this::tick, 0, tickMillis, TimeUnit.MILLISECONDS);
    }

    /** Members that this node, leading, has not heard for a while. Any thread. */
    int silentFollowers() {
        return silent.size();
    }

    /** The leader asks for what time or configuration demands; one thing at a time, again at the next tick. */
    private void tick() {
        try {
            if (tls != null) {
                tls.step(System.nanoTime());
            }
            if (log.facts().role().equals(LogFacts.CLOSED)) {
                removal.logFailed(FailureListener.Failure.STOPPED, "the log is closed", null);
                return;
            }
            if (!log.entered()) {
                return;
            }
            if (state.get().failed()) {
                failures.failed(FailureListener.Failure.DISK, "a segment could not be forced", null);
                return;
            }
            Leadership leadership = log.leadership();
            missLeader(leadership);
            if (leadership.ready() != leading) {
                leading = leadership.ready();
                LOG.info(leading ? "leads: term={}" : "leads no more: term={}", leadership.term());
            }
            tellSilentFollowers();
            if (leading && asked.isDone()) {
                demand();
            }
            reclaim();
        } catch (RuntimeException e) {
            LOG.error("clockwork failed", e);
        }
    }

    /** A node that was removed while it was away hears of no leader: then the others are asked. */
    private void missLeader(Leadership leadership) {
        long now = System.nanoTime();
        if (!leadership.leader().isEmpty()) {
            leaderSeenNanos = now;
            if (!comparedAddresses) {
                comparedAddresses = log.member(config.node()).isPresent();
                log.member(config.node()).ifPresent(this::compareAddresses);
            }
        } else if (now - leaderSeenNanos > LEADERLESS_NANOS && now - askedPeersNanos > LEADERLESS_NANOS) {
            askedPeersNanos = now;
            var unused = removal.find();
        }
    }

    private void compareAddresses(LogMember known) {
        LogMember own = config.peer(config.node()).orElseThrow().member();
        if (!known.equals(own)) {
            LOG.warn(
                    "the cluster has other addresses of this node than its configuration: cluster={}, configuration={};"
                            + " they are those it was added with",
                    known,
                    own);
        }
    }

    /** Files of archived and truncated segments go with the next snapshot; on an idle node that could be never. */
    private void reclaim() {
        long now = System.nanoTime();
        if (now - reclaimedNanos < RECLAIM_INTERVAL_NANOS) {
            return;
        }
        reclaimedNanos = now;
        long bytes = state.get().reclaimableBytes();
        if (bytes > 0) {
            LOG.info("snapshot asked for: reason=files to delete, bytes={}", bytes);
            log.requestSnapshot();
        } else {
            log.retrySnapshot();
        }
    }

    /** The engine would say it every few seconds, with stack traces; it is silenced, and said here when it changes. */
    private void tellSilentFollowers() {
        Set<String> now = log.silentFollowers(SILENCE);
        if (!now.equals(silent)) {
            LOG.warn(
                    "followers that do not answer: now={}, before={}, silenceMillis={}",
                    now,
                    silent,
                    SILENCE.toMillis());
            silent = now;
        }
    }

    private void demand() {
        CatalogView view = state.get().view();
        long ageMillis = config.segmentAge().toMillis();
        long olderThan = clock.millis() - ageMillis;
        if (view.segmentBytes() != config.segmentBytes()) {
            propose(new Command.Configure(config.segmentBytes()));
        } else if (view.segments().stream()
                .anyMatch(s -> s.state() == SegmentState.OPEN && s.openedAtMillis() <= olderThan)) {
            propose(new Command.Seal(null, Command.EVERY_STREAM, ageMillis));
        } else {
            membership.reconcile().ifPresent(this::propose);
        }
    }

    private void propose(Command command) {
        asked = log.submit(ByteBuffer.wrap(new Entry.Change(clock.millis(), command).encode()));
    }

    @Override
    public void close() {
        thread.shutdownNow();
        try {
            // It asks peers, whose connections are closed next.
            thread.awaitTermination(END_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
