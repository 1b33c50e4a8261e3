package dev.raftsman.raft;

import dev.raftsman.raft.FailureListener.Failure;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.statemachine.impl.SimpleStateMachineStorage;
import org.apache.ratis.statemachine.impl.SingleFileSnapshotInfo;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches the snapshot of a leader whose log no longer has what this node needs, by a thread of its own. No snapshot of our own
 * is begun meanwhile: one that was finished later would take the place of what is fetched.
 *
 * <p>The engine asks for the result of a fetch only when a leader notifies it again, and takes no entries before. A new leader
 * whose log has all that this node needs never does. So a fetch is broken off when the leader changes; once it has replaced the
 * state on disk, a restart is the way out.
 */
final class LeadersSnapshot {
    private static final Logger LOG = LoggerFactory.getLogger(LeadersSnapshot.class);

    /** Before a failed fetch is reported, after which the leader asks for the next at once. */
    private static final long RETRY_MILLIS = 1_000;

    /** How long a snapshot that was fetched may wait for the engine once its leader leads no more. */
    private static final long TAKE_OVER_MILLIS = 5_000;

    private enum Phase {
        NONE,
        /** May be broken off. */
        UNDER_WAY,
        /** Becomes this node's own: not to be broken off. */
        COMMITTING,
        /** On the disk; the engine opens it at the next notification of a leader. */
        SWITCHED
    }

    private final AppliedState.Opener opener;
    private final SimpleStateMachineStorage storage;
    private final OwnSnapshots own;
    private final FailureListener failures;
    private final BooleanSupplier closing;
    private final ExecutorService fetcher = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "catch-up");
        thread.setDaemon(true);
        return thread;
    });

    /** Held to begin a snapshot of our own or to fetch one: one of both at a time. */
    private final Object turns = new Object();

    /** With the next five, guarded by {@link #turns}. */
    private Phase phase = Phase.NONE;

    private RaftPeerId from;

    /** Another one leads than the one that is, or was, fetched from. */
    private boolean leaderChanged;

    /** While a fetch may be broken off. */
    private Thread fetchThread;

    /** What was fetched is on the disk, or about to be, and the state that shows it is not open yet. */
    private boolean unopened;

    private long fetches;

    /** @param closing whether what fails now is of no matter */
    LeadersSnapshot(
            AppliedState.Opener opener,
            SimpleStateMachineStorage storage,
            OwnSnapshots own,
            FailureListener failures,
            BooleanSupplier closing) {
        this.opener = opener;
        this.storage = storage;
        this.own = own;
        this.failures = failures;
        this.closing = closing;
    }

    /** Begins a snapshot of our own, unless one is fetched. @return whether it did */
    boolean beginOwn(TermIndex applied, OwnSnapshots.Capture capture) throws IOException {
        synchronized (turns) {
            return phase == Phase.NONE && own.begin(applied, capture);
        }
    }

    /**
     * Fetches it.
     *
     * @param address of the leader's log
     * @param leastIndex what it must show at least
     * @return what it shows, durable here; the state is to be opened anew then
     */
    CompletableFuture<TermIndex> fetch(RaftPeerId leader, String address, long leastIndex) {
        synchronized (turns) {
            phase = Phase.UNDER_WAY;
            from = leader;
            leaderChanged = false;
            fetches++;
        }
        return CompletableFuture.supplyAsync(() -> fetch(address, leastIndex), fetcher);
    }

    /** Breaks off what is fetched from another one. */
    void ledBy(RaftPeerId newLeader) {
        synchronized (turns) {
            if (phase == Phase.NONE || newLeader.equals(from)) {
                return;
            }
            leaderChanged = true;
            if (phase == Phase.UNDER_WAY && fetchThread != null) {
                fetchThread.interrupt();
            } else if (phase == Phase.SWITCHED) {
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
                        if (closing.getAsBoolean() || fetches != fetch || phase != Phase.SWITCHED) {
                            return;
                        }
                    }
                    failures.failed(Failure.STOPPED, "the leader changed before its snapshot was opened", null);
                });
    }

    private TermIndex fetch(String leader, long leastIndex) {
        try {
            Future<?> ownUnderWay = beginFetch();
            ownUnderWay.get();
            AppliedState.Fetched fetched = opener.fetch(leader, leastIndex);
            TermIndex at = TermIndex.valueOf(fetched.term(), fetched.index());
            Path file = storage.getSnapshotFile(at.getTerm(), at.getIndex()).toPath();
            beginCommit();
            fetched.commit(file);
            OwnSnapshots.deleteOlderThan(file);
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
            if (closing.getAsBoolean()) {
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
            if (!closing.getAsBoolean()) {
                failures.failed(Failure.STOPPED, "cannot take over the snapshot of " + leader, e);
            }
            throw e;
        } finally {
            end();
        }
    }

    /**
     * The engine may send to the next snapshot while its updater still opens the last one: opening clears away what was
     * fetched, and what is fetched depends on what is open.
     *
     * @return the own snapshot under way, to be waited for
     */
    private Future<?> beginFetch() throws AppliedState.NotNowException, InterruptedException {
        synchronized (turns) {
            requireLeader();
            fetchThread = Thread.currentThread();
            while (unopened) {
                turns.wait();
            }
            return own.writing();
        }
    }

    private void beginCommit() throws AppliedState.NotNowException {
        synchronized (turns) {
            requireLeader();
            phase = Phase.COMMITTING;
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
            phase = Phase.SWITCHED;
            if (leaderChanged) {
                restartUnlessOpened();
            }
        }
    }

    /** One that failed while it was committed stays so: the process ends, and must not write a snapshot over it. */
    private void end() {
        synchronized (turns) {
            fetchThread = null;
            if (phase == Phase.UNDER_WAY) {
                phase = Phase.NONE;
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

    /** The engine has opened what was fetched. */
    void opened() {
        synchronized (turns) {
            if (phase == Phase.SWITCHED) {
                phase = Phase.NONE;
            }
            unopened = false;
            turns.notifyAll();
        }
    }

    void close() {
        fetcher.shutdownNow();
    }
}
