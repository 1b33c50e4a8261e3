package dev.raftsman.raft;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;

/** One node's door to the log that a majority keeps. Any thread. */
public interface ReplicatedLog extends AutoCloseable {
    /**
     * Appends an entry. Entries submitted by one thread keep their order in the log.
     *
     * <p>The future never fails: what can go wrong is an {@link Outcome}. Unless it is {@link Outcome.Applied}, the
     * entry may or may not be committed later, so that a submitter must ask the state before it sends again.
     *
     * @param entry from position to limit; given away: its bytes must not change afterwards
     */
    CompletableFuture<Outcome> submit(ByteBuffer entry);

    /**
     * Completes with {@link Outcome.Applied} once this node has applied everything that was acknowledged by anyone
     * before the call: what is read from the state after that is linearizable. On any node, as long as a leader is
     * known; a follower asks it. Never fails, as above.
     */
    CompletableFuture<Outcome> readBarrier();

    /** Who leads, as far as this node knows. Cheap. */
    Leadership leadership();

    /** Runs whenever {@link #leadership} may have changed, on a thread of the engine: it must be short. */
    void onLeadershipChange(Runnable listener);

    LogFacts facts();

    /** Asks for a snapshot of what this node has applied, so that its state may let go of what it kept until then. */
    void requestSnapshot();

    /** Hands leadership over if it is this node's, takes a snapshot, stops. May be called twice. */
    @Override
    void close();
}
