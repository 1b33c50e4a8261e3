package dev.raftsman.ring;

import com.lmax.disruptor.InsufficientCapacityException;
import com.lmax.disruptor.RingBuffer;
import com.lmax.disruptor.Sequence;
import com.lmax.disruptor.SleepingWaitStrategy;
import dev.raftsman.event.Level;
import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import dev.raftsman.event.NameTable;
import dev.raftsman.event.RowBatch;
import dev.raftsman.event.RowWriter;
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
 * Between the threads that log and the one that writes: a Disruptor whose slot sequence <em>is</em> the event's sequence.
 *
 * <p>{@link #publish} claims a slot, encodes the event into it and is done (A0). One daemon thread, the flusher, opens the
 * write-ahead log (that takes up to seconds, and is nothing for an application's start-up), copies rows out of the slots
 * into one excerpt after the other (A1), and lets the slots go once the excerpt is in the log. It sleeps when there is
 * nothing to do, for a millisecond at a time or, after a second of silence, four: the cores belong to the application.
 *
 * <p>Every call is either stored or counted. A claimed sequence is mirrored in the log's progress page before the event is
 * encoded, so what a {@code kill -9} takes out of the ring is known exactly. An event that gets no sequence is counted,
 * there too, and the next excerpt declares it.
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
 * <p>Nothing here throws into the caller, except for what {@link #open} refuses.
 */
public final class EventRing implements AutoCloseable {
    /** What became of an event. */
    public enum Outcome {
        /** In the ring, and through to where the ring's {@link SyncPolicy} or the caller wanted it. */
        PUBLISHED,
        /** In the ring, but the force that was waited for did not come within {@link RingSettings#maxBlock}. */
        NOT_YET_FORCED,
        /** Given up, counted, to be declared. */
        LOST
    }

    /** How it is with the log. */
    public enum State {
        OPENING,
        /** Events are written. */
        RECORDING,
        /** Quota or reserve have left no room for a while. */
        NO_ROOM,
        /** There is none that could be written. */
        NO_LOG,
        CLOSED
    }

    /**
     * A change of {@link State}, for a person.
     *
     * @param cause may be null
     */
    public record Status(State state, String text, Throwable cause) {}

    private static final long REFUSED = -1;
    private static final int BATCH_BYTES = 256 << 10;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0).order(ByteOrder.LITTLE_ENDIAN);
    private static final long LINGER_NANOS = 1_000_000;
    private static final long IDLE_NANOS = 4_000_000;
    private static final int LOOKS_BEFORE_IDLE = 1000;
    private static final long PARK_FOR_ROW_NANOS = 20_000;
    private static final long PARK_FOR_SLOT_NANOS = 50_000;
    private static final long PARK_FOR_FORCE_NANOS = 100_000;
    private static final long PARK_FOR_ROOM_NANOS = 10_000_000;
    private static final long NO_ROOM_FOR_A_WHILE_NANOS = 1_000_000_000;
    private static final long LEAST_PAUSE_NANOS = 100_000_000;
    private static final long MOST_PAUSE_NANOS = 5_000_000_000L;
    private static final long FIRST_PLACE_NANOS = 1_000_000_000;
    private static final LossReason[] REASONS = LossReason.values();

    private final RingSettings settings;
    private final WalSettings walSettings;
    private final Path root;
    private final Consumer<Status> listener;
    private final Losses losses = new Losses();
    private final RingBuffer<Slot> ring;
    private final WriterPool writers;
    private final Sequence flushed = new Sequence(REFUSED);
    private final Thread flusher;
    private final Thread shutdownHook;

    private volatile boolean accepting = true;
    private volatile boolean stopping;
    private volatile boolean givingUp;
    private volatile boolean outOfRoom;

    /** The log that accounts for what is claimed now, or null while there was none yet. */
    private volatile Incarnation current;

    private volatile State state = State.OPENING;
    private final CountDownLatch placedOrNot = new CountDownLatch(1);

    /** The JVM is going down: events are waited for until they are in the log, since it may end with the call. */
    private volatile boolean draining;

    /** A page that cannot be written any more; found by any thread, and the flusher's to act on. */
    private volatile Throwable pageFailure;

    /** A caller has waited in vain; until the flusher moves again the others do not wait at all. */
    private volatile boolean stalled;

    private volatile Throwable failure;

    /** Greatest sequence that is forced; written by the flusher. */
    private volatile long forcedSequence = REFUSED;

    /** Up to here some were in a log that failed before they were forced; set before {@link #forcedSequence} passes them. */
    private volatile long doubtfulSequence = REFUSED;

    /** Somebody waits for the force of this sequence or one below it. Set before the sequence is published. */
    private final AtomicLong wantedForced = new AtomicLong(REFUSED);

    /** Of the flusher. */
    private final RowBatch batch;

    private WalIdentity nextIdentity;
    private long unforcedSequence = REFUSED;
    private long appendingFirst = REFUSED;
    private Loss appendingLoss = Loss.NONE;
    private long noRoomSinceNanos;

    private EventRing(
            Path root,
            WalIdentity identity,
            WalSettings walSettings,
            RingSettings settings,
            Consumer<Status> listener) {
        this.root = root;
        this.nextIdentity = identity;
        this.walSettings = walSettings;
        this.settings = settings;
        this.listener = listener;
        NameTable names = new NameTable();
        this.writers = new WriterPool(names);
        this.batch = new RowBatch(names, BATCH_BYTES, walSettings.maxExcerptBytes());
        byte[] memory = new byte[settings.slots() * settings.slotBytes()];
        int[] offset = {0};
        this.ring = RingBuffer.createMultiProducer(
                () -> {
                    Slot slot = new Slot(memory, offset[0], settings.slotBytes());
                    offset[0] += settings.slotBytes();
                    return slot;
                },
                settings.slots(),
                new SleepingWaitStrategy()); // its signal costs nothing, and nobody waits by it
        this.ring.addGatingSequences(flushed);
        this.flusher = OwnThread.of("raftsman-flush", this::run);
        this.shutdownHook = OwnThread.of("raftsman-drain", this::drain);
    }

    /**
     * Starts a ring that writes into a new log under {@code root}, as soon and as long as there can be one. Returns when
     * there is a place for it, whose page would survive a death from now on, or has turned out to be none yet; waits a
     * second for that at most.
     *
     * @param identity of the first log; a later one is its {@link WalIdentity#next}
     * @param listener told of changes by the flusher, not too often: when a log can be written, when there can be none, when
     *     it has no room, and when these are over
     */
    public static EventRing open(
            Path root,
            WalIdentity identity,
            WalSettings walSettings,
            RingSettings settings,
            Consumer<Status> listener) {
        if (settings.maxEventBytes() > walSettings.maxExcerptBytes()) {
            throw new IllegalArgumentException("maxEventBytes " + settings.maxEventBytes() + " is more than the "
                    + walSettings.maxExcerptBytes() + " an excerpt takes");
        }
        EventRing ring = new EventRing(root, identity, walSettings, settings, listener);
        ring.flusher.start();
        try {
            Runtime.getRuntime().addShutdownHook(ring.shutdownHook);
        } catch (IllegalStateException alreadyShuttingDown) {
            // Then close() is all there is.
        }
        ring.awaitPlace();
        return ring;
    }

    private void awaitPlace() {
        try {
            placedOrNot.await(FIRST_PLACE_NANOS, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Takes an event. Any thread; waits only for a slot or a force, as the policies say. Calls from the ring's own
     * threads are ignored: what the log itself logs must not come back to it.
     *
     * @param prepared handed to the encoder; may be null
     * @param force whether to wait until the event is forced to the disk, whatever the ring's policy
     */
    public <E, P> Outcome publish(EventEncoder<E, P> encoder, E event, P prepared, boolean force) {
        if (isOwnThread()) {
            return Outcome.LOST;
        }
        if (!accepting) {
            return lost(LossReason.RING_FULL);
        }
        long sequence = settings.whenFull() == FullPolicy.DROP ? claimOrDrop(encoder.level(event)) : claimOrWait();
        if (sequence == REFUSED) {
            return lost(outOfRoom ? LossReason.QUOTA : LossReason.RING_FULL);
        }
        boolean wait = force || settings.sync() == SyncPolicy.ALWAYS;
        try {
            mirror(sequence);
            Slot slot = ring.get(sequence);
            try {
                RowWriter row = writers.take();
                slot.encode(row, encoder, event, prepared, settings.maxEventBytes());
                writers.giveBack(row);
            } catch (Throwable broken) {
                slot.encodeFailure(encoder, event, broken.getClass().getName());
            }
            if (wait) {
                wantedForced.accumulateAndGet(sequence, Math::max);
            }
        } finally {
            ring.publish(sequence);
        }
        if (wait) {
            LockSupport.unpark(flusher);
        }
        if (wait) {
            return awaitForced(sequence);
        }
        if (draining) {
            awaitWritten(sequence);
        }
        return Outcome.PUBLISHED;
    }

    /** The page has it before the slot is encoded: whoever counts what died in the ring counts this one. */
    private void mirror(long sequence) {
        Incarnation log = current;
        if (log != null) {
            try {
                log.claimed(sequence);
            } catch (Throwable gone) {
                pageFailure = gone;
            }
        }
    }

    /** Counts an event that was given up before it came here. Any thread. */
    public Outcome lost(LossReason reason) {
        mirror(reason, losses.count(reason));
        return Outcome.LOST;
    }

    private void mirror(LossReason reason, long inAll) {
        Incarnation log = current;
        if (log != null) {
            try {
                log.lost(reason, inAll);
            } catch (Throwable gone) {
                pageFailure = gone;
            }
        }
    }

    /** Whether the current thread works for this ring. */
    public boolean isOwnThread() {
        return Thread.currentThread() == flusher;
    }

    /** Chatter goes first, while there still is room for the rest. */
    private long claimOrDrop(Level level) {
        boolean chatter = level.code() <= Level.DEBUG.code();
        return chatter && ring.remainingCapacity() < settings.slots() / 4 ? REFUSED : tryClaim();
    }

    private long claimOrWait() {
        long sequence = tryClaim();
        return sequence == REFUSED ? claimWaiting() : sequence;
    }

    private long tryClaim() {
        if (!ring.hasAvailableCapacity(1)) {
            return REFUSED; // far cheaper than the exception
        }
        try {
            return ring.tryNext();
        } catch (InsufficientCapacityException full) {
            return REFUSED;
        }
    }

    private long claimWaiting() {
        long deadline = System.nanoTime() + settings.maxBlock().toNanos();
        while (accepting && !stalled) {
            if (System.nanoTime() - deadline >= 0) {
                stalled = true;
                break;
            }
            LockSupport.unpark(flusher);
            LockSupport.parkNanos(this, PARK_FOR_SLOT_NANOS);
            long sequence = tryClaim();
            if (sequence != REFUSED) {
                return sequence;
            }
        }
        return REFUSED;
    }

    private Outcome awaitForced(long sequence) {
        long deadline = System.nanoTime() + settings.maxBlock().toNanos();
        while (forcedSequence < sequence) {
            if (sequence <= doubtfulSequence || !isRecording() || System.nanoTime() - deadline >= 0) {
                return Outcome.NOT_YET_FORCED;
            }
            LockSupport.parkNanos(this, PARK_FOR_FORCE_NANOS);
        }
        return sequence <= doubtfulSequence ? Outcome.NOT_YET_FORCED : Outcome.PUBLISHED;
    }

    private void awaitWritten(long sequence) {
        LockSupport.unpark(flusher);
        long deadline = System.nanoTime() + settings.maxBlock().toNanos();
        while (flushed.get() < sequence && isRecording() && System.nanoTime() - deadline < 0) {
            LockSupport.parkNanos(this, PARK_FOR_FORCE_NANOS);
        }
    }

    private boolean isRecording() {
        return state == State.RECORDING || state == State.OPENING;
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
        accepting = false;
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
        mirror(ring.getCursor());
        for (LossReason reason : REASONS) {
            mirror(reason, losses.counted(reason));
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

    /**
     * At the end of the JVM: waits until what is in the ring now is written and forced. The ring goes on, for other hooks
     * may log after this one; from now on each event is waited for until it is written.
     */
    private void drain() {
        draining = true;
        long last = ring.getCursor();
        wantedForced.accumulateAndGet(last, Math::max);
        LockSupport.unpark(flusher);
        long deadline = System.nanoTime() + settings.maxDrain().toNanos();
        while (forcedSequence < last && isRecording() && System.nanoTime() - deadline < 0) {
            LockSupport.parkNanos(this, PARK_FOR_FORCE_NANOS);
        }
    }

    /**
     * Takes no more events, writes those in the ring within {@link RingSettings#maxDrain}, declares what was lost and
     * closes the log. Any thread but the flusher; may be called twice.
     */
    @Override
    public void close() {
        accepting = false;
        try {
            Runtime.getRuntime().removeShutdownHook(shutdownHook);
        } catch (IllegalStateException shuttingDown) {
            // It runs beside this, and does no harm.
        }
        stopping = true;
        LockSupport.unpark(flusher);
        boolean interrupted = !join(settings.maxDrain().toMillis());
        if (flusher.isAlive()) {
            givingUp = true;
            LockSupport.unpark(flusher);
            interrupted |= !join(1000);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * An interrupt does not shorten it: frameworks interrupt the threads that stop their appenders, and the events in the
     * ring would pay for that.
     *
     * @return false if there was one
     */
    private boolean join(long millis) {
        boolean uninterrupted = true;
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        while (flusher.isAlive() && System.nanoTime() - deadline < 0) {
            try {
                flusher.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime())));
            } catch (InterruptedException e) {
                uninterrupted = false;
            }
        }
        return uninterrupted;
    }

    /** Where events are recorded now, or were last; null while there was no place yet. Any thread. */
    public WalDirectory directory() {
        Incarnation log = current;
        return log == null ? null : log.directory();
    }

    /** Any thread. */
    public State state() {
        return state;
    }

    /** Events given a sequence so far. Any thread. */
    public long claimedCount() {
        return ring.getCursor() + 1;
    }

    /** Events in the log so far. Any thread. */
    public long writtenCount() {
        return flushed.get() + 1;
    }

    /** Events forced to the disk so far, as far as the flusher has seen. Any thread. */
    public long forcedCount() {
        return forcedSequence + 1;
    }

    /** Events given up for this reason so far. Any thread. */
    public long lostCount(LossReason reason) {
        return losses.counted(reason);
    }

    /** Why a log could not be used, the last time that happened; or null. Any thread. */
    public Throwable failure() {
        return failure;
    }
}
