package dev.raftsman.shipper;

import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import dev.raftsman.input.OperatorLog;
import dev.raftsman.wal.WalDirectory;
import java.util.Collection;
import java.util.List;
import java.util.UUID;

/**
 * The farewell to a WAL whose writer is gone and whose events are all acknowledged. Each step is durable in the cursor
 * before the next one is taken, so that a crash in between neither closes an epoch for ever unasked nor forgets one
 * whose WAL is still there.
 *
 * <pre>
 *  stage       waits for                                     then
 *  REMEMBER    CLOSING durable in the cursor                 CLOSE of each epoch
 *  CLOSE       every CLOSED, durable in the cursor, and      the directory is durably deleted
 *              confirmed on the connection there is
 *  FORGET      every FORGOTTEN                               the cursor drops the epochs: DONE
 * </pre>
 *
 * <p>A cluster that was restored from its archive may lack the end of what it had closed. While the WAL is there, its owner
 * ships that again. Afterwards the cursor alone knows how far the epoch went: what the cluster lacks is declared as lost with
 * it, the epoch closed and forgotten once more.
 */
final class Retirement {
    private enum Stage {
        REMEMBER,
        CLOSE,
        FORGET,
        DONE
    }

    private final UUID incarnation;
    private final List<Feed> feeds;
    private final Loss trailingLoss;
    private final WalDirectory directory;
    private final Session session;
    private final CursorFile cursorFile;
    private final OperatorLog log;
    private final ShipperObserver observer;
    private Stage stage = Stage.REMEMBER;
    private boolean walIsGone;
    private long awaitedVersion;

    /** @param directory null if it is gone already */
    Retirement(
            UUID incarnation,
            Collection<Feed> feeds,
            Loss trailingLoss,
            WalDirectory directory,
            Session session,
            CursorFile cursorFile,
            OperatorLog log,
            ShipperObserver observer) {
        this.incarnation = incarnation;
        this.feeds = List.copyOf(feeds);
        this.trailingLoss = trailingLoss;
        this.directory = directory;
        this.session = session;
        this.cursorFile = cursorFile;
        this.log = log;
        this.observer = observer;
        this.walIsGone = directory == null;
        for (Feed feed : feeds) {
            if (!feed.closed) {
                remember(feed, Cursor.State.CLOSING);
            }
        }
        awaitedVersion = cursorFile.cursor().version();
    }

    /** @return whether there was something to do */
    boolean step() {
        switch (stage) {
            case REMEMBER -> {
                if (!cursorFile.isDurable(awaitedVersion)) {
                    return false;
                }
                for (Feed feed : feeds) {
                    if (!feed.closed) {
                        session.close(feed, feed.acknowledged(), trailingLoss);
                    }
                }
                stage = Stage.CLOSE;
            }
            case CLOSE -> {
                if (!feeds.stream().allMatch(Retirement::isOver) || !cursorFile.isDurable(awaitedVersion)) {
                    return false;
                }
                if (!walIsGone) {
                    directory.delete();
                    walIsGone = true;
                }
                cursorFile.cursor().released(incarnation);
                feeds.stream().filter(feed -> !feed.forgotten).forEach(session::forget);
                stage = Stage.FORGET;
            }
            case FORGET -> {
                if (!feeds.stream().allMatch(feed -> feed.forgotten)) {
                    return false;
                }
                stage = Stage.DONE;
            }
            case DONE -> {
                return false;
            }
        }
        return true;
    }

    private static boolean isOver(Feed feed) {
        return feed.forgotten || feed.closed && feed.confirmed;
    }

    /** Whether nothing is left that could be shipped again: {@link #rewind} is this one's then. */
    boolean walIsGone() {
        return walIsGone;
    }

    /** The cluster goes on from {@code next}, and nobody has what comes there. */
    void rewind(Feed feed, long next) {
        long last = last(feed);
        if (next <= last) {
            Gaps.declare(session, feed, next, last, LossReason.CLUSTER_LOSS, System.currentTimeMillis(), log, observer);
        }
        session.close(feed, Math.max(last, next - 1), trailingLoss);
        stage = Stage.CLOSE;
    }

    /** The cluster has the epoch open. */
    void reopened(Feed feed) {
        session.close(feed, last(feed), trailingLoss);
        stage = Stage.CLOSE;
    }

    /** The last sequence that was ever acknowledged, whatever the cluster of now says. */
    private long last(Feed feed) {
        Cursor.Epoch known = cursorFile.cursor().epochs().get(key(feed));
        return known == null ? feed.acknowledged() : Math.max(known.acknowledged(), feed.acknowledged());
    }

    void closed(Feed feed) {
        remember(feed, Cursor.State.CLOSED);
        awaitedVersion = cursorFile.cursor().version();
    }

    void forgotten(Feed feed) {
        cursorFile.cursor().forgotten(key(feed));
    }

    boolean isDone() {
        return stage == Stage.DONE;
    }

    private void remember(Feed feed, Cursor.State state) {
        cursorFile.cursor().epoch(key(feed), new Cursor.Epoch(feed.epoch(), feed.acknowledged(), state));
    }

    static Cursor.EpochKey key(Feed feed) {
        return new Cursor.EpochKey(feed.incarnation, feed.producer, feed.stream);
    }
}
