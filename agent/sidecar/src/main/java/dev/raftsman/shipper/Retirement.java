package dev.raftsman.shipper;

import dev.raftsman.event.Loss;
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
 *  CLOSE       every CLOSED, durable in the cursor           the directory is durably deleted
 *  FORGET      every FORGOTTEN                               the cursor drops the epochs: DONE
 * </pre>
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
    private Stage stage = Stage.REMEMBER;
    private long awaitedVersion;

    /** @param directory null if it is gone already */
    Retirement(
            UUID incarnation,
            Collection<Feed> feeds,
            Loss trailingLoss,
            WalDirectory directory,
            Session session,
            CursorFile cursorFile) {
        this.incarnation = incarnation;
        this.feeds = List.copyOf(feeds);
        this.trailingLoss = trailingLoss;
        this.directory = directory;
        this.session = session;
        this.cursorFile = cursorFile;
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
                if (!feeds.stream().allMatch(feed -> feed.closed) || !cursorFile.isDurable(awaitedVersion)) {
                    return false;
                }
                if (directory != null) {
                    directory.delete();
                }
                cursorFile.cursor().released(incarnation);
                feeds.forEach(session::forget);
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
