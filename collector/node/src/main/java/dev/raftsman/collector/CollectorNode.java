package dev.raftsman.collector;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.MemberState;
import dev.raftsman.catalog.RestoreView;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.config.HostPort;
import dev.raftsman.ingest.IngestServer;
import dev.raftsman.query.NodeStatus;
import dev.raftsman.query.QueryServer;
import dev.raftsman.query.QuerySource;
import dev.raftsman.raft.AppliedState;
import dev.raftsman.raft.DamagedLogException;
import dev.raftsman.raft.DiskMarks;
import dev.raftsman.raft.FailureListener;
import dev.raftsman.raft.Leadership;
import dev.raftsman.raft.LogFacts;
import dev.raftsman.raft.LogMember;
import dev.raftsman.raft.LogSurroundings;
import dev.raftsman.raft.LogTls;
import dev.raftsman.raft.Outcome;
import dev.raftsman.raft.PeerAnswer;
import dev.raftsman.raft.PeerHandler;
import dev.raftsman.raft.RaftLimits;
import dev.raftsman.raft.RatisLog;
import dev.raftsman.segment.SegmentFile;
import dev.raftsman.segment.SegmentId;
import dev.raftsman.store.CorruptStoreException;
import dev.raftsman.store.Entry;
import dev.raftsman.store.ReplicatedState;
import dev.raftsman.store.SegmentCare;
import dev.raftsman.store.StoreSettings;
import dev.raftsman.tls.TlsFileException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One node, whole: its log, state, ingest, pages, and the leader's clockwork. */
public final class CollectorNode implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CollectorNode.class);
    private static final Duration SILENCE = Duration.ofSeconds(5);
    private static final Duration ASK_LIMIT = Duration.ofSeconds(2);
    private static final long LEADERLESS_NANOS = TimeUnit.SECONDS.toNanos(3);
    private static final long END_SECONDS = 3;
    private static final int REMOVED_LOOKS = 5;
    private static final long REMOVED_LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);
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
    private final AtomicBoolean askedWhy = new AtomicBoolean();

    private PeerConnections peers;
    private StoreState.Holder state;
    private volatile RatisLog log;
    private Introductions introductions;
    private volatile Entrance entrance;
    private Membership membership;
    private SegmentUpkeep upkeep;
    private IngestServer ingest;
    private QueryServer query;

    /** Of the clockwork alone: what it asked for and has no answer to yet. */
    private CompletableFuture<Outcome> asked = CompletableFuture.completedFuture(null);

    private boolean leading;
    private boolean comparedAddresses;
    private long leaderSeenNanos = System.nanoTime();
    private long askedPeersNanos = System.nanoTime();
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
     * Starts a node. It votes if its directory has part in the log, or once {@link Formation} lets it; it takes blocks when
     * it leads.
     *
     * @param failures learns that the node cannot go on; it must then be ended without {@link #close}
     * @throws StartException with a line for the operator; nothing runs then
     */
    public static CollectorNode start(CollectorConfig config, Clock clock, FailureListener failures)
            throws StartException {
        warnOfFewThreads();
        DataDirectory data = DataDirectory.open(
                config.data(), config.cluster(), config.log(List.of()).group(), config.node());
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
                config.data(),
                StoreSettings.DEFAULT,
                peers::files,
                config.fetchBytesPerSecond(),
                config.reserveBytes(),
                metrics::applied,
                this::requestSnapshot);
        introductions = new Introductions(raftTls);
        try {
            log = startLog();
        } catch (IOException e) {
            if (String.valueOf(e.getMessage()).contains("already in use")) {
                throw cannotListen(raft, "raft", e);
            }
            throw isDamage(e)
                    ? new StartException(
                            StartException.DATA,
                            "damaged data in " + config.data() + ", this node must be replaced: " + e.getMessage(),
                            e)
                    : new StartException(StartException.IO_ERROR, "cannot start the log: " + e.getMessage(), e);
        }
        try {
            upkeep = new SegmentUpkeep(config, state, log, peers, clock, failures);
        } catch (IOException e) {
            throw new StartException(StartException.IO_ERROR, "cannot read in " + config.data() + ": " + e, e);
        }
        membership = new Membership(config, log, introductions, state::members, data::founders, clock);
        entrance = new Entrance(config, data, log, introductions, this::introduction, new EntranceEnding());
        registerMetrics();
        try {
            ingest = IngestServer.start(config.node(), config.ingest(), log, new Surroundings(), metrics);
        } catch (TlsFileException e) {
            throw new StartException(StartException.CONFIG, "ingest.tls: " + e.getMessage(), e);
        } catch (IOException e) {
            throw cannotListen(config.ingest().listen(), "ingest", e);
        }
        try {
            query = QueryServer.start(config.http(), new Pages(), log, membership, clock::millis);
        } catch (IOException e) {
            throw cannotListen(config.http(), "http", e);
        }
        if (!log.entered()) {
            enter();
        }
        long tickMillis = Math.max(
                MIN_TICK_MILLIS, Math.min(MAX_TICK_MILLIS, config.segmentAge().toMillis() / 4));
        upkeep.start();
        ScheduledFuture<?> unused = clockwork.scheduleWithFixedDelay(this::tick, 0, tickMillis, TimeUnit.MILLISECONDS);
    }

    private void requestSnapshot() {
        RatisLog running = log;
        if (running != null) {
            running.requestSnapshot();
        }
    }

    private RatisLog startLog() throws IOException {
        Map<String, PeerHandler> handlers = new HashMap<>(state.offers());
        handlers.put(Introduction.VERB, question -> PeerAnswer.of(introduction().json()));
        handlers.put(Errand.JOIN, this::join);
        handlers.put(Errand.LEAVE, this::leave);
        LogSurroundings surroundings =
                new LogSurroundings(raftTls, handlers, new EnteringOpener(), marks, this::failed);
        return data.state() == DataDirectory.State.FOUNDER
                ? RatisLog.start(config.log(data.founders().orElseThrow().members()), surroundings)
                : RatisLog.startOutside(config.log(List.of()), surroundings);
    }

    /** Notes in the directory that it has part in the log, before it has. */
    private final class EnteringOpener implements AppliedState.Opener {
        @Override
        public AppliedState open(Path snapshot) throws IOException {
            data.entering();
            return state.open(snapshot);
        }

        @Override
        public AppliedState.Fetched fetch(String peer, long leastIndex) throws IOException, InterruptedException {
            return state.fetch(peer, leastIndex);
        }
    }

    private void enter() throws StartException {
        try {
            String refused = entrance.first();
            if (refused != null) {
                throw new StartException(StartException.DATA, refused, null);
            }
        } catch (IOException e) {
            throw new StartException(StartException.IO_ERROR, "cannot start the log: " + e.getMessage(), e);
        }
        if (!log.entered()) {
            entrance.start();
        }
    }

    private final class EntranceEnding implements Entrance.Ending {
        @Override
        public void refused(String reason) {
            failures.failed(FailureListener.Failure.REFUSED, reason, null);
        }

        @Override
        public void failed(IOException e) {
            failures.failed(FailureListener.Failure.DISK, "cannot start the log: " + e.getMessage(), e);
        }
    }

    /** What peers are told of this node. */
    private Introduction introduction() {
        return new Introduction(
                config.cluster(),
                config.peer(config.node()).orElseThrow(),
                data.id(),
                config.peers(),
                data.state() != DataDirectory.State.FRESH,
                data.founders().orElse(null),
                state.members());
    }

    private PeerAnswer join(ByteBuffer question) throws IOException {
        requireMeant(Errand.read(question));
        Entrance door = entrance;
        if (door == null) {
            throw new IOException("this node is starting");
        }
        door.join();
        return PeerAnswer.of(new byte[0]);
    }

    private PeerAnswer leave(ByteBuffer question) throws IOException {
        requireMeant(Errand.read(question));
        removed();
        return PeerAnswer.of(new byte[0]);
    }

    private void requireMeant(Errand errand) throws IOException {
        if (!errand.cluster().equals(config.cluster())
                || !errand.node().equals(config.node())
                || !errand.directory().equals(data.id())) {
            throw new IOException("this is " + config.node() + " of cluster " + config.cluster() + " with directory "
                    + data.id() + ", not " + errand);
        }
    }

    /** The cluster removed this node: it stays so, and ends. */
    private void removed() throws IOException {
        data.removed();
        failures.failed(FailureListener.Failure.REMOVED, Formation.removed(config.node()), null);
    }

    /** The engine of a removed node closes by itself; whether it was that is known to the others. */
    private void failed(FailureListener.Failure failure, String detail, Throwable cause) {
        if (failure != FailureListener.Failure.STOPPED || cause != null || log == null) {
            failures.failed(failure, detail, cause);
        } else if (askedWhy.compareAndSet(false, true)) {
            Thread asking = new Thread(
                    () -> {
                        if (!removedSoon()) {
                            failures.failed(failure, detail, null);
                        }
                    },
                    "why-stopped");
            asking.setDaemon(true);
            asking.start();
        }
    }

    /** The engine closes when the members change; that the node is removed is noted a moment later. */
    private boolean removedSoon() {
        for (int i = 0; i < REMOVED_LOOKS && !clockwork.isShutdown(); i++) {
            if (endIfRemoved()) {
                return true;
            }
            LockSupport.parkNanos(REMOVED_LOOK_NANOS);
        }
        return false;
    }

    /** Asks the others whether this node was removed; if so, it ends. */
    private boolean endIfRemoved() {
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

    private static boolean isDamage(IOException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof CorruptStoreException || cause instanceof DamagedLogException) {
                return true;
            }
        }
        return false;
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

    private long care(ToLongFunction<SegmentCare> what) {
        ReplicatedState now = state.get();
        return now == null ? 0 : what.applyAsLong(now.care());
    }

    private void registerMetrics() {
        metrics.counter(
                "raftsman_collector_raft_log_bytes_total",
                "Bytes of the log's entries applied by this node since its start.",
                log::appliedBytes);
        metrics.counter(
                "raftsman_collector_segment_bytes_total",
                "Bytes of all segments in the tables, wherever they are now.",
                () -> CollectorMetrics.bytes(state.view().segments()));
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
                "raftsman_collector_damaged_segments",
                "Sealed segments damaged or missing here and not yet fetched again.",
                () -> care(care -> care.damaged().size()));
        metrics.counter(
                "raftsman_collector_damage_found_total",
                "Sealed segments found damaged or missing here since the state was opened.",
                () -> care(SegmentCare::found));
        metrics.counter(
                "raftsman_collector_segments_repaired_total",
                "Sealed segments fetched again from other nodes since the state was opened.",
                () -> care(SegmentCare::repaired));
        metrics.counter(
                "raftsman_collector_scrubbed_bytes_total",
                "Bytes of sealed segments read again to compare them.",
                upkeep::scrubbedBytes);
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
                () -> switch (marks.room()) {
                    case ENOUGH -> 2;
                    case RESERVE -> 1;
                    case FULL -> 0;
                });
        metrics.gauge(
                "raftsman_collector_apply_waits_for_space",
                "1 while a committed entry waits for space.",
                () -> state.waitingForSpace() ? 1 : 0);
    }

    /** The leader asks for what time or configuration demands; one thing at a time, again at the next tick. */
    private void tick() {
        try {
            if (raftTls != null) {
                raftTls.step(System.nanoTime());
            }
            if (log.facts().role().equals(LogFacts.CLOSED)) {
                failed(FailureListener.Failure.STOPPED, "the log is closed", null);
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
            endIfRemoved();
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
        try {
            // It asks peers, whose connections are closed below.
            clockwork.awaitTermination(END_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (entrance != null) {
            entrance.close();
        }
        if (upkeep != null) {
            upkeep.close();
        }
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
        if (introductions != null) {
            introductions.close();
        }
        try {
            data.close();
        } catch (IOException e) {
            LOG.warn("data directory not let go", e);
        }
    }

    /** Of the members as the log has them; the configuration knows them while they are being formed. */
    private String address(
            String node, Function<LogMember, String> member, Function<CollectorConfig.Peer, HostPort> peer) {
        return log.member(node)
                .map(member)
                .filter(known -> !known.isEmpty())
                .or(() -> config.peer(node).map(peer).map(HostPort::toString))
                .orElse("");
    }

    /** Why this node does not vote; empty if it does. */
    private String waiting() {
        if (!log.entered()) {
            return entrance.reason();
        }
        return log.member(config.node()).isPresent() ? "" : "takes the log; it will be a member when it nearly has it";
    }

    private final class Surroundings implements IngestServer.Surroundings {
        @Override
        public OptionalLong last(long epoch) {
            return state.last(epoch);
        }

        @Override
        public String ingestAddress(String node) {
            return address(node, LogMember::ingest, CollectorConfig.Peer::ingest);
        }

        @Override
        public String throttled(long epoch) {
            return state.throttled(epoch, clock.millis());
        }

        @Override
        public boolean hasRoom() {
            return marks.room() == DiskMarks.Room.ENOUGH && !state.waitingForSpace();
        }

        @Override
        public long clockMillis() {
            return clock.millis();
        }

        @Override
        public String waitsFor() {
            boolean open = state.restored().map(RestoreView::finished).orElse(!config.awaitRestore());
            return open ? "" : "this cluster waits to be restored from an archive";
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
                    address(leadership.leader(), LogMember::http, CollectorConfig.Peer::http),
                    facts.term(),
                    facts.appliedIndex(),
                    facts.committedIndex(),
                    facts.snapshotIndex(),
                    facts.logBytes(),
                    marks.room().name(),
                    marks.freeBytes(),
                    waiting());
        }

        @Override
        public CatalogView view() {
            return state.view();
        }

        @Override
        public Optional<SegmentFile> segment(SegmentId id) throws IOException {
            return state.get() == null ? Optional.empty() : state.get().openForRead(id);
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
