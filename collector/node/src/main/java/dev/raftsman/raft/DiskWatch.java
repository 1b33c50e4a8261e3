package dev.raftsman.raft;

import dev.raftsman.raft.DiskMarks.Room;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does what is to be done when a mark of the disk is passed: says so, gives leadership to a node that may have room, and
 * lets held entries in when there is room again. One thread of its own.
 */
final class DiskWatch implements AutoCloseable {
    /** What it drives. Its thread alone calls this. */
    interface Node {
        boolean leads();

        int followers();

        /** Offers leadership to one of the followers; one whose disk has no room refuses. Does not wait. */
        void offerLeadership(int attempt);

        void releaseEntries();

        /** Has a snapshot taken, with which the log before it goes: once the disk is full, its thread cannot do that. */
        void shortenLog();

        /** Looks whether this node stands for election with a term that it could not write. Called at each step. */
        void lookAtCandidacy(long now, boolean full);
    }

    private static final Logger LOG = LoggerFactory.getLogger(DiskWatch.class);
    private static final long STEP_MILLIS = 50;

    /** Longer than an offer may take. Meanwhile commands are refused, so that they are rare once all have refused. */
    private static final long OFFER_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final long LATER_OFFER_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final DiskMarks marks;
    private final Node node;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread watch = new Thread(task, "disk-watch");
        watch.setDaemon(true);
        return watch;
    });

    private Room room = Room.ENOUGH;
    private int offers;
    private long offeredNanos;

    DiskWatch(DiskMarks marks, Node node) {
        this.marks = marks;
        this.node = node;
    }

    void start() {
        ScheduledFuture<?> unused = thread.scheduleWithFixedDelay(
                () -> {
                    try {
                        step(System.nanoTime());
                    } catch (RuntimeException e) {
                        LOG.error("watch of the disk failed", e);
                    }
                },
                0,
                STEP_MILLIS,
                TimeUnit.MILLISECONDS);
    }

    void step(long now) {
        Room found = marks.room();
        if (found != room) {
            say(found);
            if (found == Room.RESERVE && room == Room.ENOUGH) {
                node.shortenLog();
            }
            room = found;
        }
        if (room != Room.FULL) {
            node.releaseEntries();
        }
        node.lookAtCandidacy(now, room == Room.FULL);
        if (room == Room.ENOUGH || !node.leads()) {
            offers = 0;
        } else if (offers == 0 || now - offeredNanos >= (offers < node.followers() ? OFFER_NANOS : LATER_OFFER_NANOS)) {
            offeredNanos = now;
            node.offerLeadership(offers++);
        }
    }

    private void say(Room found) {
        if (found == Room.FULL) {
            LOG.error("disk full: {}, before={}; nothing is taken into the log until there is room", marks, room);
        } else if (found == Room.RESERVE) {
            LOG.warn(
                    "disk reserve reached: {}, before={}; no more blocks are taken while this node leads", marks, room);
        } else {
            LOG.info("disk has room: {}, before={}", marks, room);
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
