package dev.raftsman.shipper;

import dev.raftsman.event.Loss;
import java.util.ArrayDeque;
import java.util.UUID;

/**
 * One epoch as the session sees it: the blocks of one incarnation of one producer for one stream, in order and without
 * holes. Shipper's thread only.
 *
 * <pre>
 *  what is known                        what the session asks for next
 *  ---------------------------------    ----------------------------------------------
 *  failed, or forgotten                 nothing
 *  no epoch                             OPEN
 *  epoch, not confirmed since the       RESUME (after a pause, if the collector asked for one)
 *   connection began or a refusal
 *  forget wanted                        FORGET
 *  closed                               nothing
 *  blocks not sent                      APPEND, as far as the credit goes
 *  close wanted and no block left       CLOSE
 * </pre>
 *
 * <p>A closed epoch is confirmed like any other: the cluster that a connection reaches may have been restored since, and
 * lack what it closed.
 */
final class Feed {
    final String producer;
    final UUID incarnation;
    final String stream;
    final FeedOwner owner;

    /** Blocks offered and not acknowledged, the first {@code sent} of them sent on this connection. */
    final ArrayDeque<Outgoing> blocks = new ArrayDeque<>();

    final ArrayDeque<Outgoing> unsent = new ArrayDeque<>();

    long epoch;
    long acknowledged = -1;
    long nextOffered = -1;
    boolean confirmed;
    int request;
    long pausedUntilNanos;
    boolean paused;
    boolean closeWanted;
    long closeLast;
    Loss closeLoss = Loss.NONE;
    boolean closed;

    /** It was asked for before a restart: finding the epoch closed is the answer, not a failure. */
    boolean closeExpected;

    boolean forgetWanted;
    boolean forgotten;
    boolean failed;
    boolean queued;

    Feed(String producer, UUID incarnation, String stream, FeedOwner owner) {
        this.producer = producer;
        this.incarnation = incarnation;
        this.stream = stream;
        this.owner = owner;
    }

    /** 0 until the collector has named it. */
    long epoch() {
        return epoch;
    }

    /** Greatest sequence known to be on the disks of a majority, -1 if none. */
    long acknowledged() {
        return acknowledged;
    }

    boolean isOpen() {
        return epoch != 0 && confirmed && !closed && !failed;
    }

    boolean isEmpty() {
        return blocks.isEmpty();
    }

    @Override
    public String toString() {
        return "producer=" + producer + ", stream=" + stream + ", incarnation=" + incarnation + ", epoch=" + epoch;
    }
}
