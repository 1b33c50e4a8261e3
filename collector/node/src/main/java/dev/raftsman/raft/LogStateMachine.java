package dev.raftsman.raft;

import dev.raftsman.disk.Durable;
import dev.raftsman.raft.FailureListener.Failure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.FileInfo;
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

/** Joins the engine to an {@link AppliedState}. The engine's updater thread calls apply and snapshot. */
final class LogStateMachine extends BaseStateMachine {
    private static final Logger LOG = LoggerFactory.getLogger(LogStateMachine.class);

    private static final long WAIT_NANOS = 20_000_000;

    private final AppliedState.Opener opener;
    private final FailureListener failures;
    private final Runnable elected;
    private final Runnable leadershipChanged;
    private final Runnable snapshotDue;
    private final long snapshotLogBytes;
    private final DiskMarks marks;
    private final SimpleStateMachineStorage storage = new SimpleStateMachineStorage();

    private AppliedState state;
    private long bytesSinceSnapshot;
    private volatile long appliedBytes;
    private volatile boolean closing;

    /**
     * @param elected run before this node does anything as leader; if it throws, it does not
     * @param snapshotDue asks the engine for a snapshot
     * @param marks while they say full, nothing more is written to the log
     */
    LogStateMachine(
            AppliedState.Opener opener,
            FailureListener failures,
            Runnable elected,
            Runnable leadershipChanged,
            Runnable snapshotDue,
            long snapshotLogBytes,
            DiskMarks marks) {
        this.opener = opener;
        this.failures = failures;
        this.elected = elected;
        this.leadershipChanged = leadershipChanged;
        this.snapshotDue = snapshotDue;
        this.snapshotLogBytes = snapshotLogBytes;
        this.marks = marks;
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
        byte[] reply;
        try {
            reply = state.apply(entry.getTerm(), entry.getIndex(), data.asReadOnlyByteBuffer());
        } catch (IOException | UncheckedIOException e) {
            failures.failed(Failure.DISK, "cannot apply entry " + entry.getIndex(), e);
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
            snapshotDue.run();
        }
        return CompletableFuture.completedFuture(Message.valueOf(UnsafeByteOperations.unsafeWrap(reply)));
    }

    @Override
    public void notifyTermIndexUpdated(long term, long index) {
        try {
            state.advance(term, index);
        } catch (IOException | UncheckedIOException e) {
            failures.failed(Failure.DISK, "cannot pass entry " + index, e);
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

    @Override
    public long takeSnapshot() throws IOException {
        TermIndex applied = getLastAppliedTermIndex();
        if (applied == null || applied.getIndex() < 0) {
            return -1;
        }
        Path file =
                storage.getSnapshotFile(applied.getTerm(), applied.getIndex()).toPath();
        try {
            state.snapshot(file);
            deleteOlderThan(file);
        } catch (AppliedState.NoSpaceException e) {
            LOG.warn("no snapshot: index={}, reason={}; the log is kept", applied.getIndex(), e.getMessage());
            return -1;
        } catch (IOException | UncheckedIOException e) {
            // A force that failed says nothing about what is on the disk: no second try.
            failures.failed(Failure.DISK, "cannot write the snapshot of index " + applied.getIndex(), e);
            throw e;
        }
        storage.updateLatestSnapshot(new SingleFileSnapshotInfo(new FileInfo(file, null), applied));
        bytesSinceSnapshot = 0;
        LOG.info("snapshot taken: index={}, term={}", applied.getIndex(), applied.getTerm());
        return applied.getIndex();
    }

    /**
     * The state may have given up what earlier snapshots need, so the newest must be the only one. The engine's own
     * choice prefers any with an MD5 file beside it, an older one too; hence there are no such files, and the state checks
     * its snapshot itself.
     */
    private static void deleteOlderThan(Path newest) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(newest.getParent(), "snapshot.*")) {
            for (Path file : files) {
                if (!file.equals(newest)) {
                    Files.delete(file);
                }
            }
        }
        Durable.forceDirectory(newest.getParent());
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
    }

    @Override
    public void pause() {
        getLifeCycle().transition(LifeCycle.State.PAUSING);
        getLifeCycle().transition(LifeCycle.State.PAUSED);
    }

    @Override
    public void close() throws IOException {
        getLifeCycle().checkStateAndClose(() -> {
            if (state != null) {
                state.close();
            }
        });
    }
}
