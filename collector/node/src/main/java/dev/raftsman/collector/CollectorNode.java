package dev.raftsman.collector;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.RestoreView;
import dev.raftsman.config.HostPort;
import dev.raftsman.console.Console;
import dev.raftsman.ingest.IngestServer;
import dev.raftsman.query.AgentsStatus;
import dev.raftsman.query.AppliedSignal;
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
import dev.raftsman.raft.PeerAnswer;
import dev.raftsman.raft.PeerHandler;
import dev.raftsman.raft.RaftLimits;
import dev.raftsman.raft.RatisLog;
import dev.raftsman.search.WordFile;
import dev.raftsman.segment.SegmentFile;
import dev.raftsman.segment.SegmentId;
import dev.raftsman.store.CorruptStoreException;
import dev.raftsman.store.ReplicatedState;
import dev.raftsman.store.StoreSettings;
import dev.raftsman.tls.TlsFileException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One node, whole: its log, state, ingest, pages, and the leader's clockwork. */
public final class CollectorNode implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CollectorNode.class);

    private final CollectorConfig config;
    private final Clock clock;
    private final DataDirectory data;
    private final FailureListener failures;
    private final CollectorMetrics metrics = new CollectorMetrics();
    private final AppliedSignal applied = new AppliedSignal();
    private final DiskMarks marks;

    /** Null: the nodes talk in plain text. */
    private LogTls raftTls;

    private PeerConnections peers;
    private StoreState.Holder state;
    private volatile RatisLog log;
    private Introductions introductions;
    private volatile Entrance entrance;
    private Membership membership;
    private Removal removal;
    private Clockwork clockwork;
    private SegmentUpkeep upkeep;

    /** Null: it is not to have any. */
    private volatile WordFiles words;

    private IngestServer ingest;
    private QueryServer query;
    private Console console;

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
                nanos -> {
                    metrics.applied(nanos);
                    applied.applied();
                },
                this::requestSnapshot);
        introductions = new Introductions(raftTls);
        removal = new Removal(config, data, introductions, failures);
        try {
            log = startLog();
            removal.of(log);
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
        clockwork = new Clockwork(config, clock, log, raftTls, state, membership, removal, failures);
        NodeMetrics.register(
                metrics,
                log,
                state,
                upkeep,
                clockwork,
                data,
                marks,
                config.scrub().period(),
                () -> waiting().isEmpty());
        try {
            ingest = IngestServer.start(config.node(), config.ingest(), log, new Surroundings(), metrics);
        } catch (TlsFileException e) {
            throw new StartException(StartException.CONFIG, "ingest.tls: " + e.getMessage(), e);
        } catch (IOException e) {
            throw cannotListen(config.ingest().listen(), "ingest", e);
        }
        NodeMetrics.registerAgents(metrics, ingest::agents);
        NodeMetrics.registerCertificates(
                metrics, Map.of("ingest", ingest::tlsStatus, "raft", () -> raftTls == null ? null : raftTls.status()));
        try {
            query = QueryServer.start(
                    config.http(), config.httpToken(), new Pages(), applied, log, membership, clock::millis);
            NodeMetrics.register(metrics, query);
        } catch (IOException e) {
            throw cannotListen(config.http(), "http", e);
        }
        console = Console.open(query, new Pages(), membership, metrics.acks(), this::damagedSegments, clock::millis);
        if (!log.entered()) {
            enter();
        }
        upkeep.start();
        if (config.wordFiles()) {
            words = new WordFiles(
                    config.data(),
                    config.node(),
                    state::get,
                    () -> log.members().stream().map(LogMember::id).toList());
            words.start();
        }
        clockwork.start();
    }

    private long damagedSegments() {
        ReplicatedState opened = state.get();
        return opened == null ? 0 : opened.care().damaged().size();
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
                new LogSurroundings(raftTls, handlers, new EnteringOpener(), marks, removal::logFailed);
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
        removal.removed();
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
        if (removal != null) {
            removal.close();
        }
        if (clockwork != null) {
            clockwork.close();
        }
        if (entrance != null) {
            entrance.close();
        }
        if (upkeep != null) {
            upkeep.close();
        }
        if (words != null) {
            words.close();
        }
        if (ingest != null) {
            ingest.close();
        }
        if (log != null) {
            log.close();
        }
        if (console != null) {
            console.close();
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
        public AgentsStatus agents() {
            return new AgentsStatus(ingest.agents());
        }

        @Override
        public CatalogView view() {
            return state.view();
        }

        @Override
        public ReplicatedState state() {
            return state.get();
        }

        @Override
        public Optional<SegmentFile> segment(SegmentId id) throws IOException {
            return state.get() == null ? Optional.empty() : state.get().openForRead(id);
        }

        @Override
        public Optional<WordFile> words(SegmentId id, List<byte[]> of) throws IOException {
            WordFiles files = words;
            return files == null ? Optional.empty() : files.read(id, of);
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
