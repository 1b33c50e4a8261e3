package dev.raftsman.shipper;

import dev.raftsman.event.Loss;
import dev.raftsman.input.OperatorLog;
import dev.raftsman.input.SourceLag;
import dev.raftsman.wire.Frame;
import dev.raftsman.wire.RefuseReason;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.random.RandomGenerator;

/**
 * The protocol's side of the sidecar, without a socket: frames and time go in, frames come out of {@link Link}. What is sent
 * of which feed, and what answers mean for it; to whom is its {@link Connection}'s matter. Shipper's thread only.
 *
 * <p>With a collector that takes blocks, every feed is opened or resumed. A REFUSE of a block with NOT_LEADER or UNAVAILABLE,
 * or an error of the protocol, ends the connection.
 *
 * <p>Blocks stay in memory until they are acknowledged, so a new connection sends them again from the sequence that
 * RESUMED names, the same bytes. A refusal EXPECTED is answered by a RESUME and nothing else: blocks sent behind the
 * refused one are refused as well, and all these refusals come before RESUMED does, which alone says where to go on.
 */
final class Session {
    private static final long THROTTLE_LEAST_MILLIS = 20;
    private static final long THROTTLE_MOST_MILLIS = 10_000;

    private final SessionSettings settings;
    private final Connection connection;
    private final OperatorLog log;
    private final ShipperObserver observer;

    private final List<Feed> feeds = new ArrayList<>();
    private final ArrayDeque<Feed> ready = new ArrayDeque<>();
    private final Map<Integer, Feed> requests = new HashMap<>();
    private final Map<Long, Feed> byEpoch = new HashMap<>();

    private final LagReport lagReport;

    /** Of this connection, as WELCOME said. */
    private int version;

    private int nextRequest = 1;
    private long creditBytes;
    private long sentBytes;
    private long heldBytes;
    private long memoryBytes;
    private final BlockBuffers buffers = new BlockBuffers();
    private long offeredBytes;
    private int pausedFeeds;
    private long steppedNanos;
    private long acknowledgedNanos;

    Session(
            SessionSettings settings,
            Link link,
            RandomGenerator jitter,
            OperatorLog log,
            ShipperObserver observer,
            long nowNanos) {
        this.settings = settings;
        this.log = log;
        this.observer = observer;
        this.steppedNanos = nowNanos;
        this.acknowledgedNanos = nowNanos;
        this.lagReport = new LagReport(nowNanos);
        this.connection = new Connection(settings, link, jitter, log, observer, new Feeds(), nowNanos);
    }

    // ---- what the sources ask for

    /** @param epoch as the cursor remembers it, 0 if not known */
    Feed feed(String producer, UUID incarnation, String stream, long epoch, long acknowledged, FeedOwner owner) {
        Feed feed = new Feed(producer, incarnation, stream, owner);
        feed.epoch = epoch;
        feed.acknowledged = acknowledged;
        feeds.add(feed);
        if (epoch != 0) {
            byEpoch.put(epoch, feed);
        }
        enqueue(feed);
        return feed;
    }

    /** Whether the budget of blocks in memory has room for another one; it may be overdrawn by that one. */
    boolean hasRoom() {
        return memoryBytes < settings.inFlightBytes();
    }

    /** Nothing waits for an acknowledgement. */
    boolean isEmpty() {
        return heldBytes == 0;
    }

    /** When an acknowledgement came last; when this session was made, if none did. */
    long acknowledgedNanos() {
        return acknowledgedNanos;
    }

    long heldBytes() {
        return heldBytes;
    }

    /** A block in memory of its own, to be offered: that memory is used again when the block is acknowledged. */
    ByteBuffer copyOf(ByteBuffer block) {
        return buffers.copyOf(block, leftBytes());
    }

    /** A load is over: what it needed goes back to the system once the garbage is collected. */
    void release() {
        buffers.release();
    }

    private long leftBytes() {
        return settings.inFlightBytes() - memoryBytes;
    }

    /** Bytes of all blocks that were ever offered. */
    long offeredBytes() {
        return offeredBytes;
    }

    boolean isReady() {
        return connection.isReady();
    }

    /**
     * Hands over a finished block: from here on its bytes must not change.
     *
     * @param end the block's last sequence; {@code first} must follow the block offered before
     */
    void offer(Feed feed, ByteBuffer block, long first, long end) {
        if (feed.failed || feed.closeWanted) {
            throw new IllegalStateException("block offered to a feed that takes none: " + feed);
        }
        if (feed.nextOffered >= 0 && first != feed.nextOffered || end < first) {
            throw new IllegalStateException("block of sequences " + first + " to " + end + " offered; expected "
                    + feed.nextOffered + ": " + feed);
        }
        feed.nextOffered = end + 1;
        Outgoing outgoing = new Outgoing(block, first, end);
        feed.blocks.add(outgoing);
        feed.unsent.add(outgoing);
        heldBytes += outgoing.bytes;
        memoryBytes += outgoing.memoryBytes;
        offeredBytes += outgoing.bytes;
        observer.inFlight(heldBytes);
        observer.offered(feed.producer, feed.incarnation, feed.stream, block.duplicate());
        enqueue(feed);
    }

    /** Asks the cluster to take nothing more for this epoch, once all its blocks are acknowledged. */
    void close(Feed feed, long last, Loss loss) {
        feed.closeWanted = true;
        feed.closeLast = last;
        feed.closeLoss = loss;
        enqueue(feed);
    }

    /** Asks the cluster to keep of this epoch only that it was; its WAL must be durably gone. */
    void forget(Feed feed) {
        feed.forgetWanted = true;
        enqueue(feed);
    }

    /** Gives a feed up for good, as its owner found that it cannot be continued. */
    void stop(Feed feed, String reason) {
        fail(feed, reason);
    }

    /** How far behind everything is now: a collector is told, if one listens that understands it, and it is time. */
    void behind(List<SourceLag> lags, long nowNanos) {
        if (!connection.isReady() || version < Frame.LAG_VERSION) {
            return;
        }
        List<Frame.Lag> due = lagReport.next(lags, nowNanos);
        if (!due.isEmpty()) {
            due.forEach(connection::send);
            connection.flush();
        }
    }

    // ---- what the network tells

    void connected(int id, long nowNanos) {
        connection.connected(id, nowNanos);
    }

    void disconnected(int id, String reason, long nowNanos) {
        connection.disconnected(id, reason, nowNanos);
    }

    void received(int id, Frame.FromCollector frame, long nowNanos) {
        if (connection.received(id, frame, nowNanos)) {
            answered(frame, nowNanos);
        }
    }

    /** Time passes: connects, pings, sends what may be sent. @return whether there was anything to do */
    boolean step(long nowNanos) {
        if (pausedFeeds > 0 && connection.isReady()) {
            observer.throttled(nowNanos - steppedNanos);
        }
        steppedNanos = nowNanos;
        boolean begun = connection.step(sentBytes > 0 || !requests.isEmpty(), nowNanos);
        return connection.isReady() ? pump(nowNanos) : begun;
    }

    private final class Feeds implements Connection.Owner {
        @Override
        public void ready(Frame.Welcome welcome, long nowNanos) {
            version = welcome.version();
            creditBytes = welcome.creditBytes();
            lagReport.begin(nowNanos);
            feeds.forEach(Session.this::enqueue);
        }

        @Override
        public void ended() {
            requests.clear();
            for (Feed feed : feeds) {
                feed.request = 0;
                feed.confirmed = false;
                resend(feed);
            }
        }
    }

    // ---- answers

    private void answered(Frame.FromCollector frame, long nowNanos) {
        if (frame instanceof Frame.Ack ack) {
            connection.proven();
            Feed feed = byEpoch.get(ack.epoch());
            if (feed != null) {
                acknowledge(feed, ack.through(), nowNanos);
            }
        } else if (frame instanceof Frame.Opened opened) {
            Feed feed = take(opened.request());
            if (feed != null) {
                opened(feed, opened, nowNanos);
            }
        } else if (frame instanceof Frame.Resumed resumed) {
            Feed feed = take(resumed.request());
            if (feed != null) {
                reconcile(feed, resumed.last(), nowNanos);
            }
        } else if (frame instanceof Frame.Refuse refuse) {
            refused(refuse, nowNanos);
        } else if (frame instanceof Frame.Closed closed) {
            Feed feed = take(closed.request());
            if (feed != null) {
                closed(feed);
            }
        } else if (frame instanceof Frame.Forgotten forgotten) {
            Feed feed = take(forgotten.request());
            if (feed != null) {
                forgotten(feed);
            }
        } else if (frame instanceof Frame.Credit credit) {
            creditBytes = credit.bytes();
        } else if (frame instanceof Frame.Pong) {
            connection.proven();
        } else {
            connection.lost(ConnectionEnd.PROTOCOL, "protocol error: a second WELCOME", nowNanos);
        }
    }

    private Feed take(int request) {
        connection.proven();
        Feed feed = requests.remove(request);
        if (feed != null) {
            feed.request = 0;
            enqueue(feed);
        }
        return feed;
    }

    private void opened(Feed feed, Frame.Opened opened, long nowNanos) {
        Feed other = byEpoch.put(opened.epoch(), feed);
        if (other != null && other != feed) {
            byEpoch.put(opened.epoch(), other);
            fail(feed, "the collector gave epoch " + opened.epoch() + " to two feeds");
            return;
        }
        feed.epoch = opened.epoch();
        reconcile(feed, opened.last(), nowNanos);
    }

    /** The collector's last decides: what it has is acknowledged, what follows is sent. */
    private void reconcile(Feed feed, long last, long nowNanos) {
        feed.confirmed = true;
        long remembered = feed.acknowledged;
        if (last > remembered) {
            acknowledge(feed, last, nowNanos);
        }
        feed.acknowledged = last;
        feed.owner.opened(feed, last);
        boolean wentBack = last < remembered;
        if (feed.failed || feed.closed && !wentBack) {
            return;
        }
        Outgoing head = feed.blocks.peek();
        boolean elsewhere =
                head == null ? feed.nextOffered >= 0 && feed.nextOffered != last + 1 : head.first != last + 1;
        if (wentBack || elsewhere) {
            log.warn(
                    "rewind " + feed,
                    "collector goes on from another sequence than expected: next=" + (last + 1) + ", acknowledged="
                            + remembered + ", inMemory=" + (head == null ? -1 : head.first) + ", " + feed);
            discard(feed);
            feed.nextOffered = last + 1;
            takeBack(feed);
            feed.owner.rewind(feed, last + 1);
        } else {
            resend(feed);
        }
    }

    /** Whatever was asked for, and answered, in the belief that all was there. */
    private static void takeBack(Feed feed) {
        feed.closeWanted = false;
        feed.closeExpected = false;
        feed.closed = false;
        feed.forgetWanted = false;
    }

    private void resend(Feed feed) {
        for (Outgoing block : feed.blocks) {
            unsend(block);
        }
        feed.unsent.clear();
        feed.unsent.addAll(feed.blocks);
        enqueue(feed);
    }

    private void unsend(Outgoing block) {
        if (block.sent) {
            block.sent = false;
            sentBytes -= block.bytes;
        }
    }

    private void acknowledge(Feed feed, long through, long nowNanos) {
        if (through <= feed.acknowledged) {
            return;
        }
        feed.acknowledged = through;
        acknowledgedNanos = nowNanos;
        Outgoing block;
        while ((block = feed.blocks.peek()) != null && block.end <= through) {
            feed.blocks.remove();
            if (feed.unsent.peek() == block) {
                feed.unsent.remove();
            }
            heldBytes -= block.bytes;
            memoryBytes -= block.memoryBytes;
            unsend(block);
            long nanos = block.firstSentNanos == 0 ? 0 : nowNanos - block.firstSentNanos;
            observer.acknowledged(feed.stream, block.end - block.first + 1, nanos);
            buffers.give(block.block, leftBytes());
        }
        observer.inFlight(heldBytes);
        feed.owner.acknowledged(feed, through);
        enqueue(feed);
    }

    private void discard(Feed feed) {
        for (Outgoing block : feed.blocks) {
            heldBytes -= block.bytes;
            memoryBytes -= block.memoryBytes;
            unsend(block);
        }
        feed.blocks.clear();
        feed.unsent.clear();
        observer.inFlight(heldBytes);
    }

    private void refused(Frame.Refuse refuse, long nowNanos) {
        observer.refused(refuse.reason());
        Feed feed = refuse.request() != 0 ? take(refuse.request()) : byEpoch.get(refuse.epoch());
        if (refuse.reason() == RefuseReason.NOT_LEADER) {
            connection.redirected(refuse.leader(), nowNanos);
            return;
        }
        if (feed == null) {
            if (refuse.request() == 0 && refuse.epoch() == 0) {
                connection.refused(refuse, nowNanos);
            }
            return;
        }
        if (feed.failed || feed.forgotten) {
            return;
        }
        switch (refuse.reason()) {
            case EXPECTED -> feed.confirmed = false;
            case THROTTLED -> pause(feed, refuse.retryAfterMillis(), nowNanos);
            case CLOSED_EPOCH -> {
                if (feed.closeWanted || feed.closeExpected) {
                    named(feed, refuse.epoch());
                    closed(feed);
                } else {
                    fail(feed, "the epoch was closed: " + refuse.detail());
                }
            }
            case FORGOTTEN_EPOCH -> {
                if (feed.forgetWanted) {
                    forgotten(feed);
                } else if (feed.closeWanted || feed.closeExpected) {
                    named(feed, refuse.epoch());
                    closed(feed);
                } else {
                    fail(feed, "the epoch was forgotten: " + refuse.detail());
                }
            }
            case UNKNOWN_EPOCH -> unknown(feed);
            case UNAVAILABLE, BAD_FRAME, UNSUPPORTED_VERSION, NOT_LEADER -> connection.refused(refuse, nowNanos);
            case CONFLICT -> {
                if (feed.forgetWanted) {
                    reopened(feed, refuse.detail());
                } else {
                    fail(feed, refuse.reason() + " " + refuse.detail());
                }
            }
            case TOO_LARGE -> fail(feed, refuse.reason() + " " + refuse.detail());
        }
        enqueue(feed);
    }

    /** The cluster lost the epoch (restored from an older state): it is opened again and filled as far as possible. */
    private void unknown(Feed feed) {
        log.error("unknown " + feed.stream, "the cluster does not know this epoch, opening it again: " + feed);
        byEpoch.remove(feed.epoch, feed);
        feed.epoch = 0;
        feed.confirmed = false;
        if (feed.closed) {
            takeBack(feed);
            feed.owner.reopened(feed);
        }
    }

    /** FORGET finds the epoch open: the cluster was restored from what it was before the epoch's end. */
    private void reopened(Feed feed, String detail) {
        log.warn(
                "reopened " + feed.stream,
                "an epoch that was closed is open again, closing it once more: reason=" + detail + ", " + feed);
        feed.confirmed = false;
        takeBack(feed);
        feed.owner.reopened(feed);
    }

    /** A restored cluster may know under another number what this one asked to open. */
    private void named(Feed feed, long epoch) {
        if (feed.epoch == 0 && epoch != 0) {
            feed.epoch = epoch;
            byEpoch.putIfAbsent(epoch, feed);
        }
    }

    private void pause(Feed feed, long millis, long nowNanos) {
        long bounded = Math.max(THROTTLE_LEAST_MILLIS, Math.min(THROTTLE_MOST_MILLIS, millis));
        feed.confirmed = false;
        feed.pausedUntilNanos = nowNanos + bounded * 1_000_000;
        if (!feed.paused) {
            feed.paused = true;
            pausedFeeds++;
        }
    }

    private void closed(Feed feed) {
        feed.confirmed = true;
        if (!feed.closed) {
            feed.closed = true;
            feed.owner.closed(feed);
        }
    }

    private void forgotten(Feed feed) {
        feed.forgotten = true;
        drop(feed);
        feed.owner.forgotten(feed);
    }

    private void fail(Feed feed, String reason) {
        feed.failed = true;
        discard(feed);
        log.error("failed " + feed.stream, "source stopped, its data stays in the WAL: reason=" + reason + ", " + feed);
        observer.failed(feed.stream);
        feed.owner.failed(feed, reason);
    }

    private void drop(Feed feed) {
        feeds.remove(feed);
        if (feed.paused) {
            feed.paused = false;
            pausedFeeds--;
        }
        byEpoch.remove(feed.epoch, feed);
        discard(feed);
    }

    // ---- sending

    private void enqueue(Feed feed) {
        if (!feed.queued && !feed.failed && !feed.forgotten) {
            feed.queued = true;
            ready.add(feed);
        }
    }

    /** Each feed has its turn, one step at a time, so that a long queue of one does not hold up another. */
    private boolean pump(long nowNanos) {
        if (pausedFeeds > 0) {
            endPauses(nowNanos);
        }
        boolean sent = false;
        int blocked = 0;
        while (blocked < ready.size() && connection.isReady()) {
            Feed feed = ready.remove();
            feed.queued = false;
            if (next(feed, nowNanos)) {
                sent = true;
                blocked = 0;
                enqueue(feed);
            } else if (!feed.unsent.isEmpty() && feed.request == 0 && feed.confirmed) {
                enqueue(feed); // no credit now: an acknowledgement will bring some
                blocked++;
            }
        }
        if (sent) {
            connection.flush();
        }
        return sent;
    }

    private void endPauses(long nowNanos) {
        for (Feed feed : feeds) {
            if (feed.paused && nowNanos - feed.pausedUntilNanos >= 0) {
                feed.paused = false;
                pausedFeeds--;
                enqueue(feed);
            }
        }
    }

    /** The table in {@link Feed}. @return whether something was sent */
    private boolean next(Feed feed, long nowNanos) {
        if (feed.failed || feed.forgotten || feed.request != 0 || feed.paused) {
            return false;
        }
        if (feed.epoch == 0) {
            return ask(feed, new Frame.Open(nextRequest, feed.producer, feed.incarnation, feed.stream));
        }
        if (!feed.confirmed) {
            return ask(feed, new Frame.Resume(nextRequest, feed.epoch));
        }
        if (feed.forgetWanted) {
            return ask(feed, new Frame.Forget(nextRequest, feed.epoch));
        }
        if (feed.closed) {
            return false;
        }
        Outgoing block = feed.unsent.peek();
        if (block != null) {
            return append(feed, block, nowNanos);
        }
        if (feed.closeWanted && feed.blocks.isEmpty()) {
            return ask(feed, new Frame.Close(nextRequest, feed.epoch, feed.closeLast, feed.closeLoss));
        }
        return false;
    }

    private boolean ask(Feed feed, Frame.FromSidecar question) {
        feed.request = nextRequest;
        requests.put(nextRequest, feed);
        nextRequest = nextRequest == Integer.MAX_VALUE ? 1 : nextRequest + 1;
        connection.send(question);
        return true;
    }

    private boolean append(Feed feed, Outgoing block, long nowNanos) {
        // A block larger than the whole credit goes when nothing else is on its way, or it would never go.
        if (sentBytes > 0 && sentBytes + block.bytes > creditBytes) {
            return false;
        }
        feed.unsent.remove();
        block.sent = true;
        if (block.firstSentNanos == 0) {
            block.firstSentNanos = nowNanos;
        } else {
            observer.resent();
        }
        sentBytes += block.bytes;
        connection.send(new Frame.Append(feed.epoch, block.block.duplicate()));
        return true;
    }
}
