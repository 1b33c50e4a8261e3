package dev.raftsman.shipper;

import dev.raftsman.event.Loss;
import dev.raftsman.input.OperatorLog;
import dev.raftsman.input.SourceLag;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

/** An epoch whose WAL is gone already and that the cluster has still to be told of: a crash came in between. */
final class Farewell implements Source, FeedOwner {
    private final Feed feed;
    private final Retirement retirement;

    Farewell(
            Cursor.EpochKey key,
            Cursor.Epoch epoch,
            Session session,
            CursorFile cursorFile,
            OperatorLog log,
            ShipperObserver observer) {
        this.feed = session.feed(
                key.producer(), key.incarnation(), key.stream(), epoch.epoch(), epoch.acknowledged(), this);
        feed.closeExpected = true;
        feed.closed = epoch.state() == Cursor.State.CLOSED;
        this.retirement =
                new Retirement(key.incarnation(), List.of(feed), Loss.NONE, null, session, cursorFile, log, observer);
    }

    @Override
    public boolean step(long nowNanos) {
        return retirement.step();
    }

    @Override
    public UUID incarnation() {
        return feed.incarnation;
    }

    @Override
    public boolean isDrained() {
        return true;
    }

    @Override
    public long written() {
        return -1;
    }

    @Override
    public boolean isShippedThrough(long position) {
        return true;
    }

    @Override
    public boolean isLeaving() {
        return !isDone();
    }

    @Override
    public void lags(long nowNanos, Consumer<SourceLag> lag) {
        // Nothing is left to be shipped.
    }

    @Override
    public boolean isDone() {
        return retirement.isDone();
    }

    @Override
    public void release() {
        // Nothing is left on the disk.
    }

    @Override
    public void close() {
        // Nothing is open.
    }

    @Override
    public void acknowledged(Feed acknowledged, long through) {
        // Only what was never in this process's memory.
    }

    @Override
    public void rewind(Feed rewound, long next) {
        retirement.rewind(rewound, next);
    }

    @Override
    public void reopened(Feed reopened) {
        retirement.reopened(reopened);
    }

    @Override
    public void closed(Feed closed) {
        retirement.closed(closed);
    }

    @Override
    public void forgotten(Feed forgotten) {
        retirement.forgotten(forgotten);
    }

    @Override
    public void failed(Feed failed, String reason) {
        // Said by the session; the cursor keeps the epoch.
    }
}
