package dev.raftsman.raft;

import dev.raftsman.disk.Durable;
import dev.raftsman.raft.FailureListener.Failure;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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

/**
 * Joins the engine to an {@link AppliedState}. The engine's updater thread calls apply and capture; a thread of our own
 * writes snapshots, another fetches them.
 */
final class LogStateMachine extends BaseStateMachine {
    private static final Logger LOG = LoggerFactory.getLogger(LogStateMachine.class);
    private static final long CLOSE_SECONDS = 10;

    private static final long WAIT_NANOS = 20_000_000;
    /** Before a failed fetch is reported, after which the leader asks for the next at once. */
    private static final long RETRY_MILLIS = 1_000;

    /** How long a snapshot that was fetched may wait for the engine once its leader leads no more. */
    private static final long TAKE_OVER_MILLIS = 5_000;

    /** Where the fetching of a leader's snapshot is. */
    private enum Fetching {
        NONE,
        /** May be broken off. */
        UNDER_WAY,
        /** Becomes this node's own: not to be broken off. */
        COMMITTING,
        /** On the disk; the engine opens it at the next notification of a leader. */
        SWITCHED
    }

    private final AppliedState.Opener opener;
    private final FailureListener failures;
    private final Runnable elected;
    private final Runnable leadershipChanged;
    private final Runnable askAgain;
    private final long snapshotLogBytes;
    private final DiskMarks marks;
    private final SimpleStateMachineStorage storage = new SimpleStateMachineStorage();

    private final ExecutorService writer = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "snapshot");
        thread.setDaemon(true);
        return thread;
    });

    private final ExecutorService fetcher = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "catch-up");
        thread.setDaemon(true);
        return thread;
    });

    private volatile AppliedState state;
    private long bytesSinceSnapshot;

    /** Held to begin a snapshot of our own or to fetch one: one of both at a time. */
    private final Object turns = new Object();

    /** Unless none is, no snapshot of our own is begun. With the next six, guarded by {@link #turns}. */
    private Fetching fetching = Fetching.NONE;

    private RaftPeerId fetchedFrom;

    /** Another one leads than the one that is, or was, fetched from. */
    private boolean leaderChanged;

    /** While a fetch may be broken off. */
    private Thread fetchThread;

    /** What was fetched is on the disk, or about to be, and the state that shows it is not open yet. */
    private boolean unopened;

    private long fetches;

    private volatile boolean snapshotWanted;
    private volatile boolean busy;

    /** The state was replaced on disk and waits to be opened again: entries pass it by, the new one has them. */
    private volatile boolean paused;

    private volatile long finishedIndex = -1;

    /** The snapshot under way, or the last one. */
    private volatile Future<?> writing = CompletableFuture.completedFuture(null);

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
        finishedIndex = newest.getIndex();
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
            snapshotWanted = true;
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

    /** The next time that the engine asks, a snapshot is begun. Any thread. */
    void snapshotWanted() {
        snapshotWanted = true;
    }

    /** Whether a snapshot was asked for and not begun since, or there was no space for it. Any thread. */
    boolean isSnapshotWanted() {
        return snapshotWanted;
    }

    /**
     * Begins a snapshot if one is wanted, and names the newest that is finished, up to which the engine may then purge its
     * log. One that gets finished makes the engine ask again.
     */
    @Override
    public long takeSnapshot() throws IOException {
        TermIndex applied = getLastAppliedTermIndex();
        synchronized (turns) {
            if (snapshotWanted
                    && !busy
                    && fetching == Fetching.NONE
                    && applied != null
                    && applied.getIndex() > finishedIndex) {
                snapshotWanted = false;
                bytesSinceSnapshot = 0;
                AppliedState.Captured captured = capture(applied);
                busy = true;
                writing = writer.submit(() -> write(captured, applied));
            }
        }
        return finishedIndex;
    }

    private AppliedState.Captured capture(TermIndex at) throws IOException {
        try {
            return state.capture();
        } catch (IOException | UncheckedIOException e) {
            diskFailed("cannot take the snapshot of index " + at.getIndex(), e);
            throw e;
        }
    }

    private void write(AppliedState.Captured captured, TermIndex at) {
        Path file = storage.getSnapshotFile(at.getTerm(), at.getIndex()).toPath();
        long beganNanos = System.nanoTime();
        try {
            captured.write(file);
            deleteOlderThan(file);
            busy = false;
        } catch (AppliedState.NoSpaceException e) {
            LOG.warn("no snapshot: index={}, reason={}; the log is kept", at.getIndex(), e.getMessage());
            snapshotWanted = true;
            busy = false;
            return;
        } catch (IOException | UncheckedIOException e) {
            // A force that failed says nothing about what is on the disk: no second try.
            diskFailed("cannot write the snapshot of index " + at.getIndex(), e);
            return;
        } catch (RuntimeException | Error e) {
            failures.failed(Failure.STOPPED, "cannot write the snapshot of index " + at.getIndex(), e);
            throw e;
        }
        storage.updateLatestSnapshot(new SingleFileSnapshotInfo(new FileInfo(file, null), at));
        finishedIndex = at.getIndex();
        LOG.info(
                "snapshot taken: index={}, term={}, millis={}",
                at.getIndex(),
                at.getTerm(),
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beganNanos));
        askAgain.run();
    }

    /** Waits for the snapshot under way, if there is one. Any thread. */
    void awaitSnapshot(Duration limit) throws TimeoutException, InterruptedException {
        try {
            writing.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            LOG.debug("reported when it happened", e);
        }
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
        leaveFormerLeader(newLeader);
        leadershipChanged.run();
    }

    /**
     * The engine asks for the result of a fetch only when a leader notifies it again, and takes no entries before. A new
     * leader whose log has all that this node needs never does. So a fetch is broken off; once it has replaced the state on
     * disk, a restart is the way out.
     */
    private void leaveFormerLeader(RaftPeerId newLeader) {
        synchronized (turns) {
            if (fetching == Fetching.NONE || newLeader.equals(fetchedFrom)) {
                return;
            }
            leaderChanged = true;
            if (fetching == Fetching.UNDER_WAY && fetchThread != null) {
                fetchThread.interrupt();
            } else if (fetching == Fetching.SWITCHED) {
                restartUnlessOpened();
            }
        }
    }

    /** Called with {@link #turns} held. */
    private void restartUnlessOpened() {
        long fetch = fetches;
        CompletableFuture.delayedExecutor(TAKE_OVER_MILLIS, TimeUnit.MILLISECONDS)
                .execute(() -> {
                    synchronized (turns) {
                        if (closing || fetches != fetch || fetching != Fetching.SWITCHED) {
                            return;
                        }
                    }
                    failures.failed(Failure.STOPPED, "the leader changed before its snapshot was opened", null);
                });
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
        synchronized (turns) {
            fetching = Fetching.UNDER_WAY;
            fetchedFrom = RaftPeerId.valueOf(leader.getId());
            leaderChanged = false;
            fetches++;
        }
        return CompletableFuture.supplyAsync(() -> fetch(leader.getAddress(), firstInLog.getIndex() - 1), fetcher);
    }

    private TermIndex fetch(String leader, long leastIndex) {
        try {
            Future<?> own = beginFetch();
            // One that was finished later would take the place of what is fetched.
            own.get();
            AppliedState.Fetched fetched = opener.fetch(leader, leastIndex);
            TermIndex at = TermIndex.valueOf(fetched.term(), fetched.index());
            Path file = storage.getSnapshotFile(at.getTerm(), at.getIndex()).toPath();
            beginCommit();
            fetched.commit(file);
            deleteOlderThan(file);
            storage.updateLatestSnapshot(new SingleFileSnapshotInfo(new FileInfo(file, null), at));
            committed();
            return at;
        } catch (AppliedState.NotNowException e) {
            LOG.warn("not caught up yet: leader={}, reason={}", leader, e.getMessage());
            pauseBeforeRetry();
            throw new CompletionException(e);
        } catch (ClosedByInterruptException | InterruptedIOException e) {
            LOG.info("fetch broken off: leader={}", leader);
            throw new CompletionException(e);
        } catch (IOException | UncheckedIOException e) {
            if (closing) {
                // Told to end: an interrupt closes the file that is being written.
                throw new CompletionException(e);
            }
            failures.failed(Failure.DISK, "cannot take over the snapshot of " + leader, e);
            throw new CompletionException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CompletionException(e);
        } catch (ExecutionException e) {
            throw new CompletionException(e.getCause());
        } catch (RuntimeException | Error e) {
            if (!closing) {
                failures.failed(Failure.STOPPED, "cannot take over the snapshot of " + leader, e);
            }
            throw e;
        } finally {
            endFetch();
        }
    }

    /**
     * The engine may send to the next snapshot while its updater still opens the last one: opening clears away what was
     * fetched, and what is fetched depends on what is open.
     */
    private Future<?> beginFetch() throws AppliedState.NotNowException, InterruptedException {
        synchronized (turns) {
            requireLeader();
            fetchThread = Thread.currentThread();
            while (unopened) {
                turns.wait();
            }
            return writing;
        }
    }

    private void beginCommit() throws AppliedState.NotNowException {
        synchronized (turns) {
            requireLeader();
            fetching = Fetching.COMMITTING;
            unopened = true;
        }
    }

    private void requireLeader() throws AppliedState.NotNowException {
        if (leaderChanged) {
            throw new AppliedState.NotNowException("it leads no more", null);
        }
    }

    private void committed() {
        synchronized (turns) {
            fetching = Fetching.SWITCHED;
            if (leaderChanged) {
                restartUnlessOpened();
            }
        }
    }

    /** One that failed while it was committed stays so: the process ends, and must not write a snapshot over it. */
    private void endFetch() {
        synchronized (turns) {
            fetchThread = null;
            if (fetching == Fetching.UNDER_WAY) {
                fetching = Fetching.NONE;
                if (leaderChanged) {
                    // The interrupt was for this fetch.
                    Thread.interrupted();
                }
            }
        }
    }

    private static void pauseBeforeRetry() {
        try {
            Thread.sleep(RETRY_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
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
        synchronized (turns) {
            if (fetching == Fetching.SWITCHED) {
                fetching = Fetching.NONE;
            }
            unopened = false;
            turns.notifyAll();
        }
    }

    @Override
    public void close() throws IOException {
        getLifeCycle().checkStateAndClose(() -> {
            fetcher.shutdownNow();
            writer.shutdown();
            awaitLastSnapshot();
            if (state != null) {
                state.close();
            }
        });
    }

    private void awaitLastSnapshot() {
        try {
            if (!writer.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("closed while a snapshot was being written");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
