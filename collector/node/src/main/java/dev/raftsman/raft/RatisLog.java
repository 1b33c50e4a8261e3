package dev.raftsman.raft;

import dev.raftsman.disk.Durable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
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
import org.apache.ratis.protocol.GroupManagementRequest;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.SetConfigurationRequest;
import org.apache.ratis.protocol.SnapshotManagementRequest;
import org.apache.ratis.protocol.TransferLeadershipRequest;
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
    private static final Duration HANDOVER = Duration.ofSeconds(2);
    private static final long SNAPSHOT_MILLIS = 60_000;

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

    /** Null as long as this node is outside of the group. Written once. */
    private volatile RaftServer.Division division;

    private final AtomicBoolean closed = new AtomicBoolean();

    private RatisLog(LogSettings settings, LogSurroundings surroundings, boolean outside) throws IOException {
        this.settings = settings;
        this.marks = surroundings.marks();
        this.groupId = RaftGroupId.valueOf(settings.group());
        this.votes = new DurableVotes(
                settings.directory().resolve(settings.group().toString()).resolve("current"),
                settings.self(),
                surroundings.failures());
        votes.check();
        this.machine = new LogStateMachine(
                surroundings.opener(),
                surroundings.failures(),
                votes::own,
                this::leadershipChanged,
                this::askForSnapshot,
                settings.snapshotLogBytes(),
                marks);
        this.gate = new EntryGate(marks, new Backlog(new Progress()));
        this.watch = new DiskWatch(marks, new WatchedLog(this, gate, votes, surroundings.failures(), HANDOVER));
        this.peers = new PeerService(surroundings.handlers());
        Parameters parameters = new Parameters();
        GrpcConfigKeys.Server.setServicesCustomizer(
                parameters,
                (transport, services) ->
                        transport.intercept(gate).intercept(votes).addService(peers.definition()));
        if (surroundings.tls() != null) {
            GrpcConfigKeys.TLS.setConf(parameters, surroundings.tls().engine());
        }
        this.server = RaftServer.newBuilder()
                .setServerId(RaftPeerId.valueOf(settings.self()))
                .setProperties(EngineSettings.of(settings))
                .setParameters(parameters)
                .setStateMachineRegistry(group -> machine)
                .setGroup(outside ? null : EnginePeers.group(groupId, settings.members()))
                .setOption(RaftStorage.StartupOption.RECOVER)
                .build();
        try {
            server.start();
            if (contains(server.getGroupIds(), groupId)) {
                this.division = server.getDivision(groupId);
            }
            watch.start();
        } catch (IOException | RuntimeException | Error e) {
            machine.closing();
            server.close();
            peers.close();
            throw e;
        }
    }

    private static boolean contains(Iterable<RaftGroupId> groups, RaftGroupId wanted) {
        for (RaftGroupId group : groups) {
            if (group.equals(wanted)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Starts this node's member: opens the state, replays nothing yet, and begins to vote. The settings' members are the
     * group until the log, or a snapshot, says otherwise.
     *
     * @throws IOException if the directory or the snapshot cannot be used, or the port not bound
     */
    public static RatisLog start(LogSettings settings, LogSurroundings surroundings) throws IOException {
        return start(settings, surroundings, false);
    }

    /**
     * The same, but it votes only if the directory has a log that says so. One without a log is outside of the group: it
     * answers peers, and nothing more, until {@link #enter}.
     */
    public static RatisLog startOutside(LogSettings settings, LogSurroundings surroundings) throws IOException {
        return start(settings, surroundings, true);
    }

    private static RatisLog start(LogSettings settings, LogSurroundings surroundings, boolean outside)
            throws IOException {
        // The engine would end the whole process where it cannot bind its port.
        ExitUtils.disableSystemExit();
        TRANSPORT_METRICS.setLevel(Level.WARNING);
        Durable.createDirectories(settings.directory());
        try {
            Path group = LogFiles.group(settings.directory(), settings.group());
            CoveredLog.delete(group);
            UnforcedLog.force(group);
            return new RatisLog(settings, surroundings, outside);
        } catch (IOException | RuntimeException e) {
            if (DamagedLogException.isBehind(e)) {
                throw new DamagedLogException(settings.directory(), rootMessage(e), e);
            }
            throw e instanceof IOException io ? io : new IOException(rootMessage(e), e);
        }
    }

    /**
     * Begins this node's part in the group, whose state is opened before this returns. One thread, once.
     *
     * @param first the founders, of which this node is one; empty for a node that a leader will add: it takes the log, and
     *     votes once the log says that it is a member
     * @throws IOException if the state cannot be opened; the log must then be closed
     */
    public void enter(List<LogMember> first) throws IOException {
        if (division != null) {
            throw new IllegalStateException("in the group already");
        }
        GroupManagementRequest add = GroupManagementRequest.newAdd(
                clientId, server.getId(), callId.incrementAndGet(), EnginePeers.group(groupId, first), false);
        try {
            server.groupManagementAsync(add).join();
        } catch (CompletionException e) {
            throw new IOException(rootMessage(e), e);
        }
        division = server.getDivision(groupId);
        leadershipChanged();
    }

    /** Whether it has part in the group: it votes, or takes the log in order to. */
    public boolean entered() {
        return division != null;
    }

    /** Who votes, as far as this node's log goes; during a change those of before and those of after. By id. */
    public List<LogMember> members() {
        RaftServer.Division mine = division;
        return mine == null
                ? List.of()
                : mine.getRaftConf().getAllPeers().stream()
                        .map(EnginePeers::member)
                        .sorted(Comparator.comparing(LogMember::id))
                        .toList();
    }

    /** One of {@link #members}. */
    public Optional<LogMember> member(String id) {
        RaftServer.Division mine = division;
        return mine == null || id.isEmpty()
                ? Optional.empty()
                : Optional.ofNullable(mine.getRaftConf().getPeer(RaftPeerId.valueOf(id)))
                        .map(EnginePeers::member);
    }

    /** Whether {@link #members} is committed and no change of it is under way, as far as this node's log goes. */
    public boolean settled() {
        RaftServer.Division mine = division;
        return mine != null
                && mine.getRaftConf().getPreviousPeers().isEmpty()
                && mine.getRaftConf().getLogEntryIndex() <= mine.getRaftLog().getLastCommittedIndex();
    }

    /**
     * Changes who votes. Newcomers must have {@link #enter entered}; they are sent the log first, which takes as long as
     * it takes, and vote when they nearly have it. Complete once the change is committed by a majority of both.
     *
     * @param from who votes now; if that is not so any more, nothing is changed
     */
    public CompletableFuture<Outcome> reconfigure(List<LogMember> from, List<LogMember> to) {
        SetConfigurationRequest.Arguments change = SetConfigurationRequest.Arguments.newBuilder()
                .setMode(SetConfigurationRequest.Mode.COMPARE_AND_SET)
                .setServersInCurrentConf(EnginePeers.peers(from))
                .setServersInNewConf(EnginePeers.peers(to))
                .build();
        return asked(() -> server.setConfigurationAsync(
                new SetConfigurationRequest(clientId, server.getId(), groupId, callId.incrementAndGet(), change)));
    }

    /** Hands leadership to another member, which must nearly have the log. */
    public CompletableFuture<Outcome> transfer(String member, Duration limit) {
        return asked(() -> server.transferLeadershipAsync(new TransferLeadershipRequest(
                clientId,
                server.getId(),
                groupId,
                callId.incrementAndGet(),
                RaftPeerId.valueOf(member),
                limit.toMillis())));
    }

    private interface Asking {
        CompletableFuture<RaftClientReply> ask() throws IOException;
    }

    private CompletableFuture<Outcome> asked(Asking asking) {
        try {
            return asking.ask().handle(EngineReply::outcome);
        } catch (IOException | RuntimeException e) {
            return CompletableFuture.completedFuture(EngineReply.outcome(null, e));
        }
    }

    /** Whom this node, leading, sends the log to; empty if it does not lead. */
    public List<Follower> followers() {
        RaftServer.Division mine = division;
        if (mine == null || !mine.getInfo().isAlive() || !mine.getInfo().isLeader()) {
            return List.of();
        }
        List<ServerRpcProto> known =
                mine.getInfo().getRoleInfoProto().getLeaderInfo().getFollowerInfoList();
        long[] matches = mine.getInfo().getFollowerMatchIndices();
        List<Follower> followers = new ArrayList<>();
        for (int i = 0; i < known.size(); i++) {
            followers.add(new Follower(
                    known.get(i).getId().getId().toStringUtf8(),
                    matches != null && matches.length == known.size() ? matches[i] : -1,
                    known.get(i).getLastRpcElapsedTimeMs()));
        }
        return followers;
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
        if (division == null) {
            return CompletableFuture.completedFuture(new Outcome.NotLeader(""));
        }
        RaftClientRequest request = RaftClientRequest.newBuilder()
                .setClientId(clientId)
                .setServerId(server.getId())
                .setGroupId(groupId)
                .setCallId(callId.incrementAndGet())
                .setMessage(message)
                .setType(type)
                .build();
        return asked(() -> server.submitClientRequestAsync(request));
    }

    @Override
    public Leadership leadership() {
        RaftServer.Division mine = division;
        if (mine == null) {
            return new Leadership("", false, 0);
        }
        DivisionInfo info = mine.getInfo();
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
        RaftServer.Division mine = division;
        if (mine == null) {
            boolean closing = server.getLifeCycleState().isClosingOrClosed();
            return new LogFacts(closing ? LogFacts.CLOSED : LogFacts.OUTSIDE, 0, -1, -1, -1, 0);
        }
        DivisionInfo info = mine.getInfo();
        return new LogFacts(
                info.isAlive() ? info.getCurrentRole().name() : LogFacts.CLOSED,
                info.getCurrentTerm(),
                info.getLastAppliedIndex(),
                mine.getRaftLog().getLastCommittedIndex(),
                mine.getRaftLog().getSnapshotIndex(),
                bytesOnDisk(
                        mine.getRaftStorage().getStorageDir().getCurrentDir().toPath()));
    }

    /** Ids of the members that this node, as leader, has not heard for so long; empty if it does not lead. */
    public Set<String> silentFollowers(Duration silence) {
        return followers().stream()
                .filter(f -> f.silentMillis() > silence.toMillis())
                .map(Follower::id)
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
        machine.snapshots().want();
        askForSnapshot();
    }

    /** Asks once more for a snapshot that was asked for and could not be taken then. To be called now and then. */
    public void retrySnapshot() {
        if (machine.snapshots().isWanted()) {
            askForSnapshot();
        }
    }

    private void askForSnapshot() {
        if (!closed.get() && division != null) {
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
        if (isAlive()) {
            handOver();
        }
        if (isAlive() && !marks.full()) {
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

    /** What the engine says of this member; null as long as it is outside of the group. */
    DivisionInfo division() {
        RaftServer.Division mine = division;
        return mine == null ? null : mine.getInfo();
    }

    private boolean isAlive() {
        return division != null && division.getInfo().isAlive();
    }

    private void snapshotAtClose() {
        try {
            machine.snapshots().await(Duration.ofMillis(SNAPSHOT_MILLIS));
            machine.snapshots().want();
            await("snapshot at close", snapshot(), SNAPSHOT_MILLIS);
            machine.snapshots().await(Duration.ofMillis(SNAPSHOT_MILLIS));
        } catch (TimeoutException e) {
            LOG.info("snapshot at close is not finished: reason=timeout");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Spares the others an election timeout, if one of them answers promptly. */
    private void handOver() {
        followers().stream()
                .filter(f -> f.silentMillis() < settings.electionTimeout().toMillis())
                .min(Comparator.comparingLong(Follower::silentMillis))
                .ifPresent(f -> await(
                        "handing leadership to " + f.id(),
                        transfer(f.id(), HANDOVER).thenAccept(outcome -> {
                            if (!(outcome instanceof Outcome.Applied)) {
                                LOG.info("leadership not handed over: to={}, reason={}", f.id(), outcome);
                            }
                        }),
                        HANDOVER.toMillis() + 500));
    }

    /** Where the engine is; nowhere as long as this node is outside of the group. */
    private final class Progress implements Backlog.Progress {
        @Override
        public long committed() {
            RaftServer.Division mine = division;
            return mine == null ? -1 : mine.getRaftLog().getLastCommittedIndex();
        }

        @Override
        public long applied() {
            RaftServer.Division mine = division;
            return mine == null ? -1 : mine.getInfo().getLastAppliedIndex();
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
