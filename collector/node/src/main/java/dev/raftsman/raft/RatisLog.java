package dev.raftsman.raft;

import dev.raftsman.disk.Durable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Level;
import java.util.stream.Collectors;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.proto.RaftProtos.ServerRpcProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.SnapshotManagementRequest;
import org.apache.ratis.protocol.TransferLeadershipRequest;
import org.apache.ratis.protocol.exceptions.LeaderNotReadyException;
import org.apache.ratis.protocol.exceptions.LeaderSteppingDownException;
import org.apache.ratis.protocol.exceptions.NotLeaderException;
import org.apache.ratis.protocol.exceptions.RaftException;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.apache.ratis.util.ExitUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A member of a group of Apache Ratis. Submits on the node's own server object, without a client's hop. */
public final class RatisLog implements ReplicatedLog {
    private static final Logger LOG = LoggerFactory.getLogger(RatisLog.class);
    private static final long HANDOVER_MILLIS = 2_000;
    private static final long SNAPSHOT_MILLIS = 60_000;
    private static final byte[] NO_BYTES = {};

    /** Kept from the collector: at INFO it writes a line for each connection to standard error. */
    private static final java.util.logging.Logger TRANSPORT_METRICS =
            java.util.logging.Logger.getLogger("org.apache.ratis.thirdparty.io.grpc.netty.TcpMetrics");

    private final LogSettings settings;
    private final RaftGroupId groupId;
    private final ClientId clientId = ClientId.randomId();
    private final AtomicLong callId = new AtomicLong();
    private final List<Runnable> leadershipListeners = new CopyOnWriteArrayList<>();
    private final DurableVotes votes;
    private final PeerService peers;
    private final DiskMarks marks;
    private final EntryGate gate;
    private final DiskWatch watch;
    private final LogStateMachine machine;
    private final RaftServer server;
    private final RaftServer.Division division;
    private final AtomicBoolean closed = new AtomicBoolean();

    private RatisLog(
            LogSettings settings,
            LogTls tls,
            Map<String, PeerHandler> handlers,
            AppliedState.Opener opener,
            DiskMarks marks,
            FailureListener failures)
            throws IOException {
        this.settings = settings;
        this.groupId = RaftGroupId.valueOf(settings.group());
        this.votes = new DurableVotes(
                settings.directory().resolve(settings.group().toString()).resolve("current"), failures);
        votes.check();
        this.machine = new LogStateMachine(
                opener,
                failures,
                votes::own,
                this::leadershipChanged,
                this::askForSnapshot,
                settings.snapshotLogBytes(),
                marks);
        this.marks = marks;
        this.gate = new EntryGate(marks);
        this.watch = new DiskWatch(marks, new Watched());
        this.peers = new PeerService(handlers);
        Parameters parameters = new Parameters();
        GrpcConfigKeys.Server.setServicesCustomizer(
                parameters,
                (transport, services) ->
                        transport.intercept(gate).intercept(votes).addService(peers.definition()));
        if (tls != null) {
            GrpcConfigKeys.TLS.setConf(parameters, tls.engine());
        }
        List<RaftPeer> members = settings.members().stream()
                .map(m -> RaftPeer.newBuilder()
                        .setId(m.id())
                        .setAddress(m.address())
                        .build())
                .toList();
        this.server = RaftServer.newBuilder()
                .setServerId(RaftPeerId.valueOf(settings.self()))
                .setProperties(EngineSettings.of(settings))
                .setParameters(parameters)
                .setStateMachineRegistry(group -> machine)
                .setGroup(RaftGroup.valueOf(groupId, members))
                .setOption(RaftStorage.StartupOption.RECOVER)
                .build();
        try {
            server.start();
            this.division = server.getDivision(groupId);
            watch.start();
        } catch (IOException | RuntimeException | Error e) {
            machine.closing();
            server.close();
            peers.close();
            throw e;
        }
    }

    /**
     * Starts this node's member: opens the state, replays nothing yet, and begins to vote.
     *
     * @param tls null for plain text between the nodes
     * @param handlers what peers are answered on the log's port, by verb
     * @throws IOException if the directory or the snapshot cannot be used, or the port not bound
     */
    public static RatisLog start(
            LogSettings settings,
            LogTls tls,
            Map<String, PeerHandler> handlers,
            AppliedState.Opener opener,
            FailureListener failures)
            throws IOException {
        return start(settings, tls, handlers, opener, DiskMarks.none(), failures);
    }

    /** As above, and takes nothing into the log while the marks say that the disk is full. */
    public static RatisLog start(
            LogSettings settings,
            LogTls tls,
            Map<String, PeerHandler> handlers,
            AppliedState.Opener opener,
            DiskMarks marks,
            FailureListener failures)
            throws IOException {
        // The engine would end the whole process where it cannot bind its port.
        ExitUtils.disableSystemExit();
        TRANSPORT_METRICS.setLevel(Level.WARNING);
        Durable.createDirectories(settings.directory());
        try {
            return new RatisLog(settings, tls, handlers, opener, marks, failures);
        } catch (CompletionException | ExitUtils.ExitException e) {
            throw new IOException(rootMessage(e), e);
        }
    }

    private static String rootMessage(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root.getMessage();
    }

    @Override
    public CompletableFuture<Outcome> submit(ByteBuffer entry) {
        if (entry.remaining() > RaftLimits.MAX_ENTRY_BYTES) {
            throw new IllegalArgumentException(
                    "entry of " + entry.remaining() + " bytes; at most " + RaftLimits.MAX_ENTRY_BYTES);
        }
        if (marks.full()) {
            return CompletableFuture.completedFuture(new Outcome.Unavailable("disk full: " + marks));
        }
        return send(Message.valueOf(UnsafeByteOperations.unsafeWrap(entry)), RaftClientRequest.writeRequestType());
    }

    @Override
    public CompletableFuture<Outcome> readBarrier() {
        return send(Message.EMPTY, RaftClientRequest.readRequestType());
    }

    private CompletableFuture<Outcome> send(Message message, RaftClientRequest.Type type) {
        RaftClientRequest request = RaftClientRequest.newBuilder()
                .setClientId(clientId)
                .setServerId(server.getId())
                .setGroupId(groupId)
                .setCallId(callId.incrementAndGet())
                .setMessage(message)
                .setType(type)
                .build();
        try {
            return server.submitClientRequestAsync(request).handle(this::outcome);
        } catch (IOException | RuntimeException e) {
            return CompletableFuture.completedFuture(outcome(null, e));
        }
    }

    private Outcome outcome(RaftClientReply reply, Throwable failure) {
        if (failure == null && reply.isSuccess()) {
            return new Outcome.Applied(
                    reply.getLogIndex(),
                    reply.getMessage() == null
                            ? NO_BYTES
                            : reply.getMessage().getContent().toByteArray());
        }
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        RaftException refused = reply == null ? null : reply.getException();
        Throwable why = refused == null ? cause : refused;
        if (why instanceof NotLeaderException notLeader) {
            RaftPeer suggested = notLeader.getSuggestedLeader();
            return new Outcome.NotLeader(
                    suggested == null ? "" : suggested.getId().toString());
        }
        if (why instanceof LeaderSteppingDownException || why instanceof LeaderNotReadyException) {
            return new Outcome.NotLeader("");
        }
        return new Outcome.Unavailable(why == null ? "no answer" : why.toString());
    }

    @Override
    public Leadership leadership() {
        DivisionInfo info = division.getInfo();
        RaftPeerId leader = info.getLeaderId();
        return new Leadership(
                leader == null ? "" : leader.toString(),
                info.isAlive() && info.isLeader() && info.isLeaderReady(),
                info.getCurrentTerm());
    }

    @Override
    public void onLeadershipChange(Runnable listener) {
        leadershipListeners.add(listener);
    }

    private void leadershipChanged() {
        leadershipListeners.forEach(Runnable::run);
    }

    @Override
    public LogFacts facts() {
        DivisionInfo info = division.getInfo();
        return new LogFacts(
                info.isAlive() ? info.getCurrentRole().name() : LogFacts.CLOSED,
                info.getCurrentTerm(),
                info.getLastAppliedIndex(),
                division.getRaftLog().getLastCommittedIndex(),
                division.getRaftLog().getSnapshotIndex(),
                bytesOnDisk(division.getRaftStorage()
                        .getStorageDir()
                        .getCurrentDir()
                        .toPath()));
    }

    /** Ids of the members that this node, as leader, has not heard for so long; empty if it does not lead. */
    public Set<String> silentFollowers(Duration silence) {
        DivisionInfo info = division.getInfo();
        return !info.isAlive() || !info.isLeader()
                ? Set.of()
                : info.getRoleInfoProto().getLeaderInfo().getFollowerInfoList().stream()
                        .filter(f -> f.getLastRpcElapsedTimeMs() > silence.toMillis())
                        .map(f -> f.getId().getId().toStringUtf8())
                        .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Bytes of entries applied by this node since its start. */
    public long appliedBytes() {
        return machine.appliedBytes();
    }

    /** How often a vote was made durable, for others or for itself, since the start. */
    public long votesForced() {
        return votes.forced();
    }

    private static long bytesOnDisk(Path directory) {
        long bytes = 0;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "log_*")) {
            for (Path file : files) {
                bytes += file.toFile().length();
            }
        } catch (IOException | DirectoryIteratorException e) {
            LOG.debug("cannot list {}", directory, e);
        }
        return bytes;
    }

    @Override
    public void requestSnapshot() {
        machine.snapshotWanted();
        askForSnapshot();
    }

    private void askForSnapshot() {
        if (!closed.get()) {
            snapshot();
        }
    }

    private CompletableFuture<?> snapshot() {
        return server.snapshotManagementAsync(SnapshotManagementRequest.newCreate(
                        clientId, server.getId(), groupId, callId.incrementAndGet(), SNAPSHOT_MILLIS, 1))
                .whenComplete((reply, e) -> {
                    if (e != null || !reply.isSuccess()) {
                        LOG.warn("snapshot not taken: reason={}", e != null ? e : reply.getException());
                    }
                });
    }

    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        watch.close();
        if (division.getInfo().isAlive()) {
            handOver();
        }
        if (division.getInfo().isAlive() && !marks.full()) {
            snapshotAtClose();
        }
        machine.closing();
        try {
            server.close();
        } catch (IOException e) {
            LOG.warn("engine closed with an error", e);
        }
        peers.close();
    }

    private void snapshotAtClose() {
        try {
            machine.awaitSnapshot(Duration.ofMillis(SNAPSHOT_MILLIS));
            machine.snapshotWanted();
            await("snapshot at close", snapshot(), SNAPSHOT_MILLIS);
            machine.awaitSnapshot(Duration.ofMillis(SNAPSHOT_MILLIS));
        } catch (TimeoutException e) {
            LOG.info("snapshot at close is not finished: reason=timeout");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Spares the others an election timeout, if one of them answers promptly. */
    private void handOver() {
        if (division.getInfo().isLeader()) {
            division.getInfo().getRoleInfoProto().getLeaderInfo().getFollowerInfoList().stream()
                    .filter(f -> f.getLastRpcElapsedTimeMs()
                            < settings.electionTimeout().toMillis())
                    .min(Comparator.comparingLong(ServerRpcProto::getLastRpcElapsedTimeMs))
                    .ifPresent(follower -> {
                        String to = follower.getId().getId().toStringUtf8();
                        await("handing leadership to " + to, handOverTo(to), HANDOVER_MILLIS + 500);
                    });
        }
    }

    private CompletableFuture<?> handOverTo(String member) {
        try {
            return server.transferLeadershipAsync(new TransferLeadershipRequest(
                    clientId,
                    server.getId(),
                    groupId,
                    callId.incrementAndGet(),
                    RaftPeerId.valueOf(member),
                    HANDOVER_MILLIS));
        } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private final class Watched implements DiskWatch.Node {
        @Override
        public boolean leads() {
            return leadership().ready();
        }

        @Override
        public int followers() {
            return settings.members().size() - 1;
        }

        @Override
        public void offerLeadership(int attempt) {
            List<String> others = settings.members().stream()
                    .map(LogMember::id)
                    .filter(id -> !id.equals(settings.self()))
                    .toList();
            if (!others.isEmpty()) {
                String to = others.get(attempt % others.size());
                LOG.info("leadership offered: to={}, reason=disk reserve reached", to);
                handOverTo(to).whenComplete((reply, e) -> {
                    if (e != null) {
                        LOG.info("leadership not taken over: by={}, reason={}", to, e.toString());
                    }
                });
            }
        }

        @Override
        public void releaseEntries() {
            gate.release();
        }
    }

    private static void await(String what, CompletableFuture<?> future, long millis) {
        try {
            future.get(millis, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            LOG.info("{} did not succeed: reason={}", what, e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
