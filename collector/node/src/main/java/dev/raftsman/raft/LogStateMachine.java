package dev.raftsman.raft;

import dev.raftsman.raft.FailureListener.Failure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftPeerProto;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.StateMachineStorage;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.statemachine.impl.SimpleStateMachineStorage;
import org.apache.ratis.statemachine.impl.SingleFileSnapshotInfo;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.apache.ratis.util.LifeCycle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Joins the engine to an {@link AppliedState}. The engine's updater thread calls apply and capture; a thread of our own
 * writes snapshots, another fetches them.
 */
final class LogStateMachine extends BaseStateMachine {
    private static final Logger LOG = LoggerFactory.getLogger(LogStateMachine.class);
    private static final long WAIT_NANOS = 20_000_000;

    private final AppliedState.Opener opener;
    private final FailureListener failures;
    private final Runnable elected;
    private final Runnable leadershipChanged;
    private final Runnable askAgain;
    private final long snapshotLogBytes;
    private final DiskMarks marks;
    private final SimpleStateMachineStorage storage = new SimpleStateMachineStorage();

    private final OwnSnapshots own;
    private final LeadersSnapshot leaders;
    private volatile AppliedState state;
    private long bytesSinceSnapshot;

    /** The state was replaced on disk and waits to be opened again: entries pass it by, the new one has them. */
    private volatile boolean paused;

    private volatile long appliedBytes;
    private volatile boolean closing;

    /**
     * @param elected run before this node does anything as leader; if it throws, it does not
     * @param askAgain makes the engine call {@link #takeSnapshot}; it must be short
     * @param marks while they say full, nothing more is written to the log
     */
    LogStateMachine(
            AppliedState.Opener opener,
            FailureListener failures,
            Runnable elected,
            Runnable leadershipChanged,
            Runnable askAgain,
            long snapshotLogBytes,
            DiskMarks marks) {
        this.opener = opener;
        this.failures = failures;
        this.elected = elected;
        this.leadershipChanged = leadershipChanged;
        this.askAgain = askAgain;
        this.snapshotLogBytes = snapshotLogBytes;
        this.marks = marks;
        this.own = new OwnSnapshots(storage, failures, () -> closing, askAgain);
        this.leaders = new LeadersSnapshot(opener, storage, own, failures, () -> closing);
    }

    @Override
    public void initialize(RaftServer server, RaftGroupId groupId, RaftStorage raftStorage) throws IOException {
        super.initialize(server, groupId, raftStorage);
        getLifeCycle()
                .startAndTransition(
                        () -> {
                            storage.init(raftStorage);
                            load();
                        },
                        IOException.class);
    }

    private void load() throws IOException {
        SingleFileSnapshotInfo newest = storage.loadLatestSnapshot();
        if (newest == null) {
            state = opener.open(null);
            return;
        }
        state = opener.open(newest.getFile().getPath());
        setLastAppliedTermIndex(newest.getTermIndex());
        own.opened(newest.getIndex());
        LOG.info("snapshot loaded: index={}, term={}", newest.getIndex(), newest.getTerm());
    }

    @Override
    public StateMachineStorage getStateMachineStorage() {
        return storage;
    }

    @Override
    public CompletableFuture<Message> applyTransaction(TransactionContext transaction) {
        LogEntryProto entry = transaction.getLogEntry();
        ByteString data = entry.getStateMachineLogEntry().getLogData();
        if (paused) {
            return CompletableFuture.completedFuture(Message.EMPTY);
        }
        byte[] reply;
        try {
            reply = state.apply(entry.getTerm(), entry.getIndex(), data.asReadOnlyByteBuffer());
        } catch (IOException | UncheckedIOException e) {
            diskFailed("cannot apply entry " + entry.getIndex(), e);
            throw new IllegalStateException("disk failed at entry " + entry.getIndex(), e);
        } catch (RuntimeException | Error e) {
            failures.failed(Failure.STOPPED, "cannot apply entry " + entry.getIndex(), e);
            throw e;
        }
        updateLastAppliedTermIndex(entry.getTerm(), entry.getIndex());
        appliedBytes += data.size();
        bytesSinceSnapshot += data.size();
        if (bytesSinceSnapshot >= snapshotLogBytes) {
            bytesSinceSnapshot = 0;
            own.want();
            askAgain.run();
        }
        return CompletableFuture.completedFuture(Message.valueOf(UnsafeByteOperations.unsafeWrap(reply)));
    }

    @Override
    public void notifyTermIndexUpdated(long term, long index) {
        if (paused) {
            return;
        }
        try {
            state.advance(term, index);
        } catch (IOException | UncheckedIOException e) {
            diskFailed("cannot pass entry " + index, e);
            throw new IllegalStateException("disk failed at entry " + index, e);
        }
        super.notifyTermIndexUpdated(term, index);
    }

    /**
     * Called by the thread that writes the log, after each group of entries and before it is forced. Space for that group
     * is allocated already; while the disk is full no further group is begun, since one that failed would be the last.
     */
    @Override
    public CompletableFuture<Void> flush(long index) {
        while (marks.full() && !closing) {
            LockSupport.parkNanos(WAIT_NANOS);
            if (Thread.currentThread().isInterrupted()) {
                break;
            }
        }
        return CompletableFuture.completedFuture(null);
    }

    /** The read barrier: reached once this node has applied up to the leader's read index. */
    @Override
    public CompletableFuture<Message> query(Message request) {
        return CompletableFuture.completedFuture(Message.EMPTY);
    }

    OwnSnapshots snapshots() {
        return own;
    }

    /**
     * Begins a snapshot if one is wanted, and names the newest that is finished, up to which the engine may then purge its
     * log. One that gets finished makes the engine ask again.
     */
    @Override
    public long takeSnapshot() throws IOException {
        TermIndex applied = getLastAppliedTermIndex();
        if (leaders.beginOwn(applied, () -> capture(applied))) {
            bytesSinceSnapshot = 0;
        }
        return own.finishedIndex();
    }

    private AppliedState.Captured capture(TermIndex at) throws IOException {
        try {
            return state.capture();
        } catch (IOException | UncheckedIOException e) {
            diskFailed("cannot take the snapshot of index " + at.getIndex(), e);
            throw e;
        }
    }

    /** Bytes of the entries applied since start. */
    long appliedBytes() {
        return appliedBytes;
    }

    @Override
    public void notifyLeaderChanged(RaftGroupMemberId member, RaftPeerId newLeader) {
        if (member.getPeerId().equals(newLeader)) {
            // The engine is on its way to lead and has done nothing as leader yet.
            elected.run();
        }
        leaders.ledBy(newLeader);
        leadershipChanged.run();
    }

    @Override
    public void notifyLeaderReady() {
        leadershipChanged.run();
    }

    @Override
    public void notifyNotLeader(Collection<TransactionContext> pending) {
        leadershipChanged.run();
    }

    @Override
    public void notifyLogFailed(Throwable cause, LogEntryProto entry) {
        if (!closing) {
            failures.failed(Failure.DISK, "cannot write the log", cause);
        }
    }

    @Override
    public void notifyServerShutdown(RoleInfoProto role, boolean allServers) {
        if (!closing) {
            failures.failed(Failure.STOPPED, "the log was closed by its engine", null);
        }
    }

    /** From here on the engine stops because it was told to. */
    void closing() {
        closing = true;
        AppliedState open = state;
        if (open != null) {
            open.ending();
        }
    }

    /** While closing, what waited for space fails, which is no news. */
    private void diskFailed(String what, Exception cause) {
        if (!closing) {
            failures.failed(Failure.DISK, what, cause);
        }
    }

    /**
     * The leader's log no longer has what this node needs next: its snapshot is fetched. The engine calls {@link #pause} and
     * {@link #reinitialize} once the future is done.
     */
    @Override
    public CompletableFuture<TermIndex> notifyInstallSnapshotFromLeader(RoleInfoProto role, TermIndex firstInLog) {
        RaftPeerProto leader = role.getFollowerInfo().getLeaderInfo().getId();
        return leaders.fetch(RaftPeerId.valueOf(leader.getId()), leader.getAddress(), firstInLog.getIndex() - 1);
    }

    /** Called with the engine's lock held: the state is closed by {@link #reinitialize}. */
    @Override
    public void pause() {
        getLifeCycle().transition(LifeCycle.State.PAUSING);
        getLifeCycle().transition(LifeCycle.State.PAUSED);
        paused = true;
    }

    /** Called by the updater thread. */
    @Override
    public void reinitialize() throws IOException {
        try {
            getLifeCycle()
                    .startAndTransition(
                            () -> {
                                state.close();
                                load();
                                if (closing) {
                                    state.ending();
                                }
                            },
                            IOException.class);
        } catch (IOException | UncheckedIOException e) {
            failures.failed(Failure.DISK, "cannot open the snapshot taken over", e);
            throw e;
        }
        bytesSinceSnapshot = 0;
        paused = false;
        leaders.opened();
    }

    @Override
    public void close() throws IOException {
        getLifeCycle().checkStateAndClose(() -> {
            leaders.close();
            own.close();
            if (state != null) {
                state.close();
            }
        });
    }
}
