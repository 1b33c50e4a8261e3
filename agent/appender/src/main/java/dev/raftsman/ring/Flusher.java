package dev.raftsman.ring;

import com.lmax.disruptor.RingBuffer;
import com.lmax.disruptor.Sequence;
import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import dev.raftsman.event.NameTable;
import dev.raftsman.event.RowBatch;
import dev.raftsman.ring.EventRing.State;
import dev.raftsman.ring.EventRing.Status;
import dev.raftsman.wal.OwnThread;
import dev.raftsman.wal.WalDirectory;
import dev.raftsman.wal.WalException;
import dev.raftsman.wal.WalIdentity;
import dev.raftsman.wal.WalSettings;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Writes what is in the ring into the log: one daemon thread, and what it tells those who log.
 *
 * <p>It opens the write-ahead log (that takes up to seconds, and is nothing for an application's start-up), copies rows out of
 * the slots into one excerpt after the other (A1), and lets the slots go once the excerpt is in the log. It sleeps when
 * there is nothing to do, for a millisecond at a time or, after a second of silence, four: the cores belong to the
 * application.
 *
 * <p>Where there can be no log, or no more of it, the ring holds what it can, counts the rest, and the flusher tries on:
 *
 * <pre>
 *  what happens                                  what the flusher does
 *  --------------------------------------------  ----------------------------------------------------------
 *  the place cannot be made, or is not trusted   tries again, after a pause that doubles up to five seconds
 *  the writer cannot be opened                   the same, in the same place
 *  quota or reserve leave no room                looks every ten milliseconds
 *  a write or force fails, the log is removed    ends that {@link Incarnation} at its last row and goes on with the
 *                                                ring's next in another one
 * </pre>
 *
 * From one incarnation to the next, a claim must be in the page of one of them at any moment. A producer claims, then looks
 * which one is current; the flusher makes the next one current, then looks what is claimed, then ends the one before. So a
 * claim that was mirrored in the old one only is seen by the flusher, and the old one does not count it any more.
 *
 * <p>Package-private methods are for any thread; what is private is the flusher's own.
 */
final class Flusher {
    private static final int BATCH_BYTES = 256 << 10;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0).order(ByteOrder.LITTLE_ENDIAN);
    private static final long LINGER_NANOS = 1_000_000;
    private static final long IDLE_NANOS = 4_000_000;
    private static final int LOOKS_BEFORE_IDLE = 1000;
    private static final long PARK_FOR_ROW_NANOS = 20_000;
    private static final long PARK_FOR_ROOM_NANOS = 10_000_000;
    private static final long NO_ROOM_FOR_A_WHILE_NANOS = 1_000_000_000;
    private static final long LEAST_PAUSE_NANOS = 100_000_000;
    private static final long MOST_PAUSE_NANOS = 5_000_000_000L;
    private static final long REFUSED = EventRing.REFUSED;
    private static final LossReason[] REASONS = LossReason.values();

    private final RingSettings settings;
    private final WalSettings walSettings;
    private final Path root;
    private final Consumer<Status> listener;
    private final Runnable ended;
    private final Losses losses;
    private final RingBuffer<Slot> ring;
    private final RowBatch batch;
    private final Sequence flushed = new Sequence(REFUSED);
    private final Thread thread;
    private final CountDownLatch placedOrNot = new CountDownLatch(1);

    private volatile boolean stopping;
    private volatile boolean givingUp;
    private volatile boolean draining;
    private volatile boolean outOfRoom;
    private volatile boolean stalled;

    /** The log that accounts for what is claimed now, or null while there was none yet. */
    private volatile Incarnation current;

    private volatile State state = State.OPENING;

    /** A page that cannot be written any more; found by any thread, and the flusher's to act on. */
    private volatile Throwable pageFailure;

    private volatile Throwable failure;

    /** Greatest sequence that is forced; written by the flusher. */
    private volatile long forcedSequence = REFUSED;

    /** Up to here some were in a log that failed before they were forced; set before {@link #forcedSequence} passes them. */
    private volatile long doubtfulSequence = REFUSED;

    /** Somebody waits for the force of this sequence or one below it. */
    private final AtomicLong wantedForced = new AtomicLong(REFUSED);

    private WalIdentity nextIdentity;
    private long unforcedSequence = REFUSED;
    private long appendingFirst = REFUSED;
    private Loss appendingLoss = Loss.NONE;
    private long noRoomSinceNanos;

    /** @param ended run by the flusher when it takes no more events, before it closes the log */
    Flusher(
            Path root,
            WalIdentity identity,
            WalSettings walSettings,
            RingSettings settings,
            RingBuffer<Slot> ring,
            NameTable names,
            Losses losses,
            Consumer<Status> listener,
            Runnable ended) {
        this.root = root;
        this.nextIdentity = identity;
        this.walSettings = walSettings;
        this.settings = settings;
        this.ring = ring;
        this.losses = losses;
        this.listener = listener;
        this.ended = ended;
        this.batch = new RowBatch(names, BATCH_BYTES, walSettings.maxExcerptBytes());
        this.thread = OwnThread.of("raftsman-flush", this::run);
        ring.addGatingSequences(flushed);
    }

    void start() {
        thread.start();
    }

    boolean isCurrentThread() {
        return Thread.currentThread() == thread;
    }

    boolean isAlive() {
        return thread.isAlive();
    }

    void join(long millis) throws InterruptedException {
        thread.join(millis);
    }

    /** Lets it look now. */
    void wake() {
        LockSupport.unpark(thread);
    }

    /** What is in the ring is still written, then the log closed. */
    void stop() {
        stopping = true;
        wake();
    }

    /** No more is waited for, whatever is in the ring still. */
    void giveUp() {
        givingUp = true;
        wake();
    }

    /** Waits until there is a place for the log, whose page would survive a death from then on, or has turned out to be none. */
    void awaitPlace(long nanos) throws InterruptedException {
        placedOrNot.await(nanos, TimeUnit.NANOSECONDS);
    }

    /** The page has a claim before its slot is encoded: whoever counts what died in the ring counts this one. */
    void claimed(long sequence) {
        Incarnation log = current;
        if (log != null) {
            try {
                log.claimed(sequence);
            } catch (Throwable gone) {
                pageFailure = gone;
            }
        }
    }

    /** @param inAll events given up for this reason */
    void lost(LossReason reason, long inAll) {
        Incarnation log = current;
        if (log != null) {
            try {
                log.lost(reason, inAll);
            } catch (Throwable gone) {
                pageFailure = gone;
            }
        }
    }

    /** Asks for the force of a sequence; called before it is published. */
    void wantForced(long sequence) {
        wantedForced.accumulateAndGet(sequence, Math::max);
    }

    /** From now on there is no waiting for company: the JVM ends. */
    void hurry() {
        draining = true;
    }

    boolean hurries() {
        return draining;
    }

    /** A caller has waited in vain; until the flusher moves again the others do not wait at all. */
    void stalled() {
        stalled = true;
    }

    boolean isStalled() {
        return stalled;
    }

    boolean isOutOfRoom() {
        return outOfRoom;
    }

    boolean isRecording() {
        return state == State.RECORDING || state == State.OPENING;
    }

    State state() {
        return state;
    }

    /** Greatest sequence that is in the log. */
    long flushed() {
        return flushed.get();
    }

    long forced() {
        return forcedSequence;
    }

    /** Up to here some may be lost though {@link #forced} has passed them; to be read after that. */
    long doubtful() {
        return doubtfulSequence;
    }

    /** Why a log could not be used, the last time that happened; or null. */
    Throwable failure() {
        return failure;
    }

    /** Null while there was no place yet. */
    WalDirectory directory() {
        Incarnation log = current;
        return log == null ? null : log.directory();
    }

    private void run() {
        long pauseNanos = LEAST_PAUSE_NANOS;
        boolean lastTry = false;
        long beganNanos = System.nanoTime();
        while (!record() && !lastTry && !(stopping && isEmpty())) {
            if (System.nanoTime() - beganNanos > MOST_PAUSE_NANOS) {
                pauseNanos = LEAST_PAUSE_NANOS; // it went well for a while
            }
            pause(pauseNanos);
            pauseNanos = Math.min(MOST_PAUSE_NANOS, 2 * pauseNanos);
            lastTry = stopping;
            beganNanos = System.nanoTime();
        }
        ended.run();
        closeQuietly(current);
        state = State.CLOSED;
    }

    private boolean isEmpty() {
        return flushed.get() == ring.getCursor() && losses.undeclared().count() == 0;
    }

    /** @return whether the ring is stopped and everything done; if not, this log is, or there is none */
    private boolean record() {
        try {
            placeIfNeeded();
            placedOrNot.countDown();
            current.open(walSettings);
            say(State.RECORDING, "events are recorded in " + current.directory(), null);
            flushUntilStopped();
            current.close();
            return true;
        } catch (Throwable failed) {
            // The queue throws Errors as well; whatever it was, the application goes on.
            giveUpLog(failed);
            return false;
        }
    }

    /** A place for the ring's next sequence, if the current one cannot take it. */
    private void placeIfNeeded() {
        Incarnation before = current;
        if (before != null && before.isUnwritten()) {
            return;
        }
        Incarnation next = Incarnation.place(root, nextIdentity, flushed.get() + 1, losses);
        nextIdentity = nextIdentity.next();
        pageFailure = null;
        current = next;
        claimed(ring.getCursor());
        for (LossReason reason : REASONS) {
            lost(reason, losses.counted(reason));
        }
        if (before != null) {
            end(before);
        }
    }

    private static void end(Incarnation before) {
        try {
            before.end();
        } catch (Throwable unusable) {
            // It has failed before; the agent makes of it what it can.
        }
    }

    private void giveUpLog(Throwable failed) {
        failure = failed;
        Incarnation log = current;
        if (log != null) {
            try {
                if (appendingFirst != REFUSED && log.holds(appendingFirst, batch.count())) {
                    appended(appendingFirst, appendingLoss);
                }
            } catch (Throwable unreadable) {
                // Then it is written once more elsewhere: better twice than never.
            }
            doubtfulSequence = flushed.get();
        }
        appendingFirst = REFUSED;
        batch.clear();
        unforcedSequence = forcedSequence;
        outOfRoom = false;
        say(
                State.NO_LOG,
                "events cannot be recorded, the ring holds " + settings.slots()
                        + " and what finds no place there is counted; trying on: " + words(failed),
                failed);
        placedOrNot.countDown(); // whoever waits for the place has been told why there is none
    }

    private static void closeQuietly(Incarnation log) {
        try {
            if (log != null) {
                log.close();
            }
        } catch (Throwable alreadySaid) {
            // What is claimed and not written stays so in its page.
        }
    }

    private static String words(Throwable failed) {
        return failed.getMessage() == null ? failed.toString() : failed.getMessage();
    }

    private void pause(long nanos) {
        long deadline = System.nanoTime() + nanos;
        for (long left = nanos; !stopping && left > 0; left = deadline - System.nanoTime()) {
            LockSupport.parkNanos(this, left);
            Thread.interrupted(); // by mistake only, and it would keep the thread from parking
        }
    }

    private void say(State now, String text, Throwable cause) {
        boolean first = state != now;
        state = now;
        if (first) {
            try {
                listener.accept(new Status(now, text, cause));
            } catch (Throwable notOurs) {
                // Nobody is left to tell.
            }
        }
    }

    private void flushUntilStopped() {
        long next = flushed.get() + 1;
        while (true) {
            long available = await(next);
            if (available < next) {
                break;
            }
            next = flush(next, available) + 1;
            if (givingUp) {
                break;
            }
        }
        declareRest(next);
    }

    /**
     * Waits for events, and once there are some for more: a batch costs about the same whether it holds one or a thousand,
     * and a flusher that looks all the time takes cache lines and a core from those who log.
     *
     * @return the greatest published sequence, at least {@code next}; less if the ring is stopped and empty
     */
    private long await(long next) {
        boolean lingered = false;
        for (int looks = 0; !givingUp; looks++) {
            long claimed = ring.getCursor();
            if (claimed >= next) {
                if (lingered || stopping || claimed - next >= settings.slots() / 4 || isWaitedFor()) {
                    long available = published(next, claimed);
                    if (available >= next) {
                        return available;
                    }
                    // Claimed and being encoded, by a thread that perhaps waits for this very core.
                    LockSupport.parkNanos(this, PARK_FOR_ROW_NANOS);
                    continue;
                }
                lingered = true;
            } else if (stopping) {
                return REFUSED;
            }
            forceIfWanted();
            current.checkPlace();
            checkPage();
            LockSupport.parkNanos(this, looks < LOOKS_BEFORE_IDLE ? LINGER_NANOS : IDLE_NANOS);
            Thread.interrupted(); // by mistake only, and it would keep the thread from parking
        }
        return REFUSED;
    }

    private long published(long from, long through) {
        for (long sequence = from; sequence <= through; sequence++) {
            if (!ring.isAvailable(sequence)) {
                return sequence - 1;
            }
        }
        return through;
    }

    private void checkPage() {
        Throwable gone = pageFailure;
        if (gone != null) {
            throw new WalException("the progress page cannot be written: " + gone, gone);
        }
    }

    private boolean isWaitedFor() {
        return draining || wantedForced.get() > forcedSequence;
    }

    /** @return the last sequence that is in the log now */
    private long flush(long from, long through) {
        long first = from;
        for (long sequence = from; sequence <= through; sequence++) {
            if (!add(ring.get(sequence))) {
                if (!append(first)) {
                    return first - 1;
                }
                first = sequence;
                if (!add(ring.get(sequence))) {
                    ring.get(sequence).refuse("an excerpt does not take it, with the names it uses");
                    add(ring.get(sequence));
                }
            }
        }
        return append(first) ? through : first - 1;
    }

    private boolean add(Slot slot) {
        int length = slot.encodedLength();
        return batch.add(slot.row(), slot.offset(), length);
    }

    /** Appends the batch and begins the next; false if the ring gave up before there was room. */
    private boolean append(long first) {
        while (true) {
            Loss loss = losses.undeclared();
            appendingFirst = first;
            appendingLoss = loss;
            if (current.append(first, batch.count(), loss, batch.definitions(), batch.rows())) {
                appended(first, loss);
                forceIfWanted();
                return true;
            }
            appendingFirst = REFUSED;
            noRoom();
            if (givingUp) {
                return false;
            }
            LockSupport.parkNanos(this, PARK_FOR_ROOM_NANOS);
        }
    }

    private void appended(long first, Loss loss) {
        long last = first + batch.count() - 1;
        appendingFirst = REFUSED;
        batch.clear();
        losses.declare(loss);
        release(first, last);
        unforcedSequence = last;
        if (outOfRoom) {
            outOfRoom = false;
            say(State.RECORDING, "there is room again, events are recorded in " + current.directory(), null);
        }
    }

    private void noRoom() {
        long nowNanos = System.nanoTime();
        if (!outOfRoom) {
            outOfRoom = true;
            noRoomSinceNanos = nowNanos;
        } else if (nowNanos - noRoomSinceNanos >= NO_ROOM_FOR_A_WHILE_NANOS) {
            say(
                    State.NO_ROOM,
                    "no room for events in " + current.directory() + ": the quota of " + walSettings.quotaBytes()
                            + " bytes or the disk's reserve of " + walSettings.reserveBytes()
                            + " is reached; the ring holds " + settings.slots()
                            + " and what finds no place there is counted",
                    null);
        }
    }

    private void release(long first, long last) {
        for (long sequence = first; sequence <= last; sequence++) {
            ring.get(sequence).release();
        }
        flushed.set(last);
        if (stalled) {
            stalled = false;
        }
    }

    /** One force for all that wait; else takes note of what the regular one has done. */
    private void forceIfWanted() {
        if (unforcedSequence == forcedSequence) {
            return;
        }
        if (wantedForced.get() > forcedSequence || current.isForced()) {
            current.force();
            forcedSequence = unforcedSequence;
        }
    }

    /**
     * Losses that no event came after: an excerpt of no rows for each reason. Not if there are events that could not be
     * written: then the page keeps the losses, since an excerpt of none says that there is nothing behind it.
     */
    private void declareRest(long next) {
        if (ring.getCursor() >= next) {
            return;
        }
        for (Loss rest = losses.undeclared(); rest.count() > 0; rest = losses.undeclared()) {
            appendingFirst = next;
            appendingLoss = rest;
            boolean room = current.append(next, 0, rest, null, NOTHING);
            appendingFirst = REFUSED;
            if (!room) {
                return; // the page keeps them
            }
            losses.declare(rest);
        }
    }
}
