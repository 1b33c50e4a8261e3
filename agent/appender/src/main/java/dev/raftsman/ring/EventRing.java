package dev.raftsman.ring;

import com.lmax.disruptor.InsufficientCapacityException;
import com.lmax.disruptor.RingBuffer;
import com.lmax.disruptor.SleepingWaitStrategy;
import dev.raftsman.event.Level;
import dev.raftsman.event.LossReason;
import dev.raftsman.event.NameTable;
import dev.raftsman.event.RowWriter;
import dev.raftsman.wal.OwnThread;
import dev.raftsman.wal.WalDirectory;
import dev.raftsman.wal.WalIdentity;
import dev.raftsman.wal.WalSettings;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Between the threads that log and the one that writes: a Disruptor whose slot sequence <em>is</em> the event's sequence.
 *
 * <p>{@link #publish} claims a slot, encodes the event into it and is done (A0). The {@link Flusher} writes it into the log.
 *
 * <p>Every call is either stored or counted. A claimed sequence is mirrored in the log's progress page before the event is
 * encoded, so what a {@code kill -9} takes out of the ring is known exactly. An event that gets no sequence is counted,
 * there too, and the next excerpt declares it.
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

    static final long REFUSED = -1;

    private static final long PARK_FOR_SLOT_NANOS = 50_000;
    private static final long PARK_FOR_FORCE_NANOS = 100_000;
    private static final long FIRST_PLACE_NANOS = 1_000_000_000;

    private final RingSettings settings;
    private final Losses losses = new Losses();
    private final RingBuffer<Slot> ring;
    private final WriterPool writers;
    private final Flusher flusher;
    private final Thread shutdownHook;

    private volatile boolean accepting = true;

    private EventRing(
            Path root,
            WalIdentity identity,
            WalSettings walSettings,
            RingSettings settings,
            Consumer<Status> listener) {
        this.settings = settings;
        NameTable names = new NameTable();
        this.writers = new WriterPool(names);
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
        this.flusher = new Flusher(
                root, identity, walSettings, settings, ring, names, losses, listener, () -> accepting = false);
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
            flusher.awaitPlace(FIRST_PLACE_NANOS);
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
            return lost(flusher.isOutOfRoom() ? LossReason.QUOTA : LossReason.RING_FULL);
        }
        boolean wait = force || settings.sync() == SyncPolicy.ALWAYS;
        try {
            flusher.claimed(sequence);
            Slot slot = ring.get(sequence);
            try {
                RowWriter row = writers.take();
                slot.encode(row, encoder, event, prepared, settings.maxEventBytes());
                writers.giveBack(row);
            } catch (Throwable broken) {
                slot.encodeFailure(encoder, event, broken.getClass().getName());
            }
            if (wait) {
                flusher.wantForced(sequence);
            }
        } finally {
            ring.publish(sequence);
        }
        if (wait) {
            flusher.wake();
            return awaitForced(sequence);
        }
        if (flusher.hurries()) {
            awaitWritten(sequence);
        }
        return Outcome.PUBLISHED;
    }

    /** Counts an event that was given up before it came here. Any thread. */
    public Outcome lost(LossReason reason) {
        flusher.lost(reason, losses.count(reason));
        return Outcome.LOST;
    }

    /** Whether the current thread works for this ring. */
    public boolean isOwnThread() {
        return flusher.isCurrentThread();
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
        while (accepting && !flusher.isStalled()) {
            if (System.nanoTime() - deadline >= 0) {
                flusher.stalled();
                break;
            }
            flusher.wake();
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
        while (flusher.forced() < sequence) {
            if (sequence <= flusher.doubtful() || !flusher.isRecording() || System.nanoTime() - deadline >= 0) {
                return Outcome.NOT_YET_FORCED;
            }
            LockSupport.parkNanos(this, PARK_FOR_FORCE_NANOS);
        }
        return sequence <= flusher.doubtful() ? Outcome.NOT_YET_FORCED : Outcome.PUBLISHED;
    }

    private void awaitWritten(long sequence) {
        flusher.wake();
        long deadline = System.nanoTime() + settings.maxBlock().toNanos();
        while (flusher.flushed() < sequence && flusher.isRecording() && System.nanoTime() - deadline < 0) {
            LockSupport.parkNanos(this, PARK_FOR_FORCE_NANOS);
        }
    }

    /**
     * At the end of the JVM: waits until what is in the ring now is written and forced. The ring goes on, for other hooks
     * may log after this one; from now on each event is waited for until it is written.
     */
    private void drain() {
        flusher.hurry();
        long last = ring.getCursor();
        flusher.wantForced(last);
        flusher.wake();
        long deadline = System.nanoTime() + settings.maxDrain().toNanos();
        while (flusher.forced() < last && flusher.isRecording() && System.nanoTime() - deadline < 0) {
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
        flusher.stop();
        boolean interrupted = !join(settings.maxDrain().toMillis());
        if (flusher.isAlive()) {
            flusher.giveUp();
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
        return flusher.directory();
    }

    /** Any thread. */
    public State state() {
        return flusher.state();
    }

    /** Events given a sequence so far. Any thread. */
    public long claimedCount() {
        return ring.getCursor() + 1;
    }

    /** Events in the log so far. Any thread. */
    public long writtenCount() {
        return flusher.flushed() + 1;
    }

    /** Events forced to the disk so far, as far as the flusher has seen. Any thread. */
    public long forcedCount() {
        return flusher.forced() + 1;
    }

    /** Events given up for this reason so far. Any thread. */
    public long lostCount(LossReason reason) {
        return losses.counted(reason);
    }

    /** Why a log could not be used, the last time that happened; or null. Any thread. */
    public Throwable failure() {
        return flusher.failure();
    }
}
