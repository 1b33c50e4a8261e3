package dev.raftsman.collector;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.config.HostPort;
import dev.raftsman.ingest.IngestServer;
import dev.raftsman.query.NodeStatus;
import dev.raftsman.query.QueryServer;
import dev.raftsman.query.QuerySource;
import dev.raftsman.raft.DiskMarks;
import dev.raftsman.raft.FailureListener;
import dev.raftsman.raft.Leadership;
import dev.raftsman.raft.LogFacts;
import dev.raftsman.raft.LogTls;
import dev.raftsman.raft.Outcome;
import dev.raftsman.raft.RaftLimits;
import dev.raftsman.raft.RatisLog;
import dev.raftsman.segment.SegmentFile;
import dev.raftsman.segment.SegmentId;
import dev.raftsman.store.Entry;
import dev.raftsman.store.StoreSettings;
import dev.raftsman.tls.TlsFileException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One node, whole: its log, state, ingest, pages, and the leader's clockwork. */
public final class CollectorNode implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CollectorNode.class);
    private static final Duration SILENCE = Duration.ofSeconds(5);
    private static final long MIN_TICK_MILLIS = 100;
    private static final long MAX_TICK_MILLIS = 1_000;

    /** How often files that could go are looked for: a snapshot writes the whole catalog. */
    private static final long RECLAIM_INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final CollectorConfig config;
    private final Clock clock;
    private final DataDirectory data;
    private final FailureListener failures;
    private final CollectorMetrics metrics = new CollectorMetrics();
    private final ScheduledExecutorService clockwork = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "clockwork");
        thread.setDaemon(true);
        return thread;
    });

    /** Null: the nodes talk in plain text. */
    private LogTls raftTls;

    private final DiskMarks marks;

    private PeerConnections peers;
    private StoreState.Holder state;
    private RatisLog log;
    private IngestServer ingest;
    private QueryServer query;

    /** Of the clockwork alone: what it asked for and has no answer to yet. */
    private CompletableFuture<Outcome> asked = CompletableFuture.completedFuture(null);

    private boolean leading;
    private long reclaimedNanos = System.nanoTime();
    private volatile Set<String> silent = Set.of();

    private CollectorNode(CollectorConfig config, Clock clock, DataDirectory data, FailureListener failures) {
        this.config = config;
        this.failures = failures;
        this.clock = clock;
        this.data = data;
        this.marks = DiskMarks.of(data::usableBytes, config.reserveBytes());
    }

    /**
     * Starts a node. It votes and answers at once, and takes blocks when it leads.
     *
     * @param failures learns that the node cannot go on; it must then be ended without {@link #close}
     * @throws StartException with a line for the operator; nothing runs then
     */
    public static CollectorNode start(CollectorConfig config, Clock clock, FailureListener failures)
            throws StartException {
        warnOfFewThreads();
        DataDirectory data =
                DataDirectory.open(config.data(), config.cluster(), config.log().group(), config.node());
        CollectorNode node = new CollectorNode(config, clock, data, failures);
        try {
            node.open();
            return node;
        } catch (StartException | RuntimeException | Error e) {
            node.close();
            throw e;
        }
    }

    private static void warnOfFewThreads() {
        if (System.getProperty("java.util.concurrent.ForkJoinPool.common.parallelism") == null
                && Runtime.getRuntime().availableProcessors() <= 2) {
            LOG.warn("start the JVM with -Djava.util.concurrent.ForkJoinPool.common.parallelism=4:"
                    + " reason=few cores, a thread is made for each batch of the log");
        }
    }

    private void open() throws StartException {
        HostPort raft = new HostPort(
                config.raftHost(),
                config.peer(config.node()).orElseThrow().raft().port());
        requireFree(raft, "raft");
        requireFree(config.ingest().listen(), "ingest");
        requireFree(config.http(), "http");
        try {
            raftTls = config.raftTls() == null ? null : LogTls.open(config.raftTls(), System.nanoTime());
        } catch (IOException e) {
            throw new StartException(StartException.CONFIG, "raft.tls: " + e.getMessage(), e);
        }
        long free = data.usableBytes();
        if (free < RaftLimits.MIN_FREE_BYTES) {
            throw new StartException(
                    StartException.UNAVAILABLE,
                    "too little free space for " + config.data() + ": " + free + " bytes; the log starts with "
                            + RaftLimits.MIN_FREE_BYTES,
                    null);
        }
        peers = new PeerConnections(raftTls, config.fetchBytesPerSecond());
        state = new StoreState.Holder(
                config.data(), StoreSettings.DEFAULT, peers::files, config.fetchBytesPerSecond());
        try {
            log = RatisLog.start(config.log(), raftTls, state.offers(), state, marks, failures);
        } catch (IOException e) {
            if (String.valueOf(e.getMessage()).contains("already in use")) {
                throw cannotListen(raft, "raft", e);
            }
            throw new StartException(StartException.IO_ERROR, "cannot start the log: " + e.getMessage(), e);
        }
        registerMetrics();
        try {
            ingest = IngestServer.start(config.node(), config.ingest(), log, new Surroundings(), metrics);
        } catch (TlsFileException e) {
            throw new StartException(StartException.CONFIG, "ingest.tls: " + e.getMessage(), e);
        } catch (IOException e) {
            throw cannotListen(config.ingest().listen(), "ingest", e);
        }
        try {
            query = QueryServer.start(config.http(), new Pages(), log, clock::millis);
        } catch (IOException e) {
            throw cannotListen(config.http(), "http", e);
        }
        long tickMillis = Math.max(
                MIN_TICK_MILLIS, Math.min(MAX_TICK_MILLIS, config.segmentAge().toMillis() / 4));
        ScheduledFuture<?> unused = clockwork.scheduleWithFixedDelay(this::tick, 0, tickMillis, TimeUnit.MILLISECONDS);
    }

    /** Asks for the port before the engine does, whose own words are many. */
    private static void requireFree(HostPort address, String door) throws StartException {
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(address.resolve());
        } catch (IOException | RuntimeException e) {
            throw cannotListen(address, door, e);
        }
    }

    private static StartException cannotListen(HostPort address, String door, Exception e) {
        return new StartException(
                StartException.UNAVAILABLE, "cannot listen on " + address + " (" + door + "): " + e.getMessage(), e);
    }

    private void registerMetrics() {
        metrics.counter(
                "raftsman_collector_raft_log_bytes_total",
                "Bytes of the log's entries applied by this node since its start.",
                log::appliedBytes);
        metrics.counter(
                "raftsman_collector_segment_bytes_total",
                "Bytes of all segments in the tables, wherever they are now.",
                () -> CollectorMetrics.bytes(state.get().view().segments()));
        metrics.counter(
                "raftsman_collector_votes_forced_total",
                "How often this node made its vote durable, for others or for itself.",
                log::votesForced);
        metrics.counter(
                "raftsman_collector_catch_ups_total",
                "Snapshots of other nodes that this node took over, having been away for longer than the log is kept.",
                () -> state.progress().installed());
        metrics.counter(
                "raftsman_collector_fetched_bytes_total",
                "Bytes of segments fetched from other nodes to catch up, or found here already.",
                () -> state.progress().fetchedBytes());
        metrics.gauge(
                "raftsman_collector_catch_up_left_bytes",
                "Bytes that this node still fetches to catch up; 0 if it does not.",
                () -> state.progress().leftBytes());
        metrics.gauge(
                "raftsman_collector_is_leader",
                "1 if this node leads and takes entries.",
                () -> log.leadership().ready() ? 1 : 0);
        metrics.gauge(
                "raftsman_collector_applied_index",
                "Raft index of the last entry applied.",
                () -> log.facts().appliedIndex());
        metrics.gauge(
                "raftsman_collector_raft_log_disk_bytes",
                "Size of the log's files.",
                () -> log.facts().logBytes());
        metrics.gauge(
                "raftsman_collector_silent_followers",
                "Members that this node, leading, has not heard for 5 s.",
                () -> silent.size());
        metrics.gauge("raftsman_collector_disk_free_bytes", "Free space for data.", data::usableBytes);
        metrics.gauge(
                "raftsman_collector_disk_room",
                "2: enough; 1: the reserve is reached, no blocks are taken; 0: full, nothing is taken.",
                () -> marks.room().ordinal());
        metrics.gauge(
                "raftsman_collector_apply_waits_for_space",
                "1 while a committed entry waits for space.",
                () -> state.get().waitingForSpace() ? 1 : 0);
    }

    /** The leader asks for what time or configuration demands; one thing at a time, again at the next tick. */
    private void tick() {
        try {
            if (log.facts().role().equals(LogFacts.CLOSED)) {
                failures.failed(FailureListener.Failure.STOPPED, "the log is closed", null);
                return;
            }
            if (state.get().failed()) {
                failures.failed(FailureListener.Failure.DISK, "a segment could not be forced", null);
                return;
            }
            Leadership leadership = log.leadership();
            if (leadership.ready() != leading) {
                leading = leadership.ready();
                LOG.info(leading ? "leads: term={}" : "leads no more: term={}", leadership.term());
            }
            tellSilentFollowers();
            if (raftTls != null) {
                raftTls.step(System.nanoTime());
            }
            if (leading && asked.isDone()) {
                demand();
            }
            reclaim();
        } catch (RuntimeException e) {
            LOG.error("clockwork failed", e);
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
        }
    }

    private void propose(Command command) {
        asked = log.submit(ByteBuffer.wrap(new Entry.Change(clock.millis(), command).encode()));
    }

    /** What sidecars are let into. */
    public int ingestPort() {
        return ingest.port();
    }

    public int httpPort() {
        return query.port();
    }

    /** In order: nothing new comes in, the log is handed over, snapshotted and closed, the directory let go. */
    @Override
    public void close() {
        clockwork.shutdownNow();
        if (ingest != null) {
            ingest.close();
        }
        if (log != null) {
            log.close();
        }
        if (query != null) {
            query.close();
        }
        if (peers != null) {
            peers.close();
        }
        try {
            data.close();
        } catch (IOException e) {
            LOG.warn("data directory not let go", e);
        }
    }

    private final class Surroundings implements IngestServer.Surroundings {
        @Override
        public OptionalLong last(long epoch) {
            return state.last(epoch);
        }

        @Override
        public String ingestAddress(String node) {
            return config.peer(node).map(p -> p.ingest().toString()).orElse("");
        }

        @Override
        public boolean hasRoom() {
            return marks.room() == DiskMarks.Room.ENOUGH && !state.get().waitingForSpace();
        }

        @Override
        public long clockMillis() {
            return clock.millis();
        }
    }

    private final class Pages implements QuerySource {
        @Override
        public NodeStatus status() {
            LogFacts facts = log.facts();
            Leadership leadership = log.leadership();
            return new NodeStatus(
                    config.cluster(),
                    config.node(),
                    facts.role(),
                    leadership.ready(),
                    leadership.leader(),
                    config.peer(leadership.leader())
                            .map(p -> p.http().toString())
                            .orElse(""),
                    facts.term(),
                    facts.appliedIndex(),
                    facts.committedIndex(),
                    facts.snapshotIndex(),
                    facts.logBytes(),
                    marks.room().name());
        }

        @Override
        public CatalogView view() {
            return state.get().view();
        }

        @Override
        public Optional<SegmentFile> segment(SegmentId id) throws IOException {
            return state.get().openForRead(id);
        }

        @Override
        public boolean alive() {
            return !log.facts().role().equals(LogFacts.CLOSED);
        }

        @Override
        public void writeMetrics(OutputStream out) throws IOException {
            metrics.write(out);
        }
    }
}
