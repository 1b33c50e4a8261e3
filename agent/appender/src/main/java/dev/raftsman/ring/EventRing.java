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
import dev.raftsman.wal.ExcerptKind;
import dev.raftsman.wal.OwnThread;
import dev.raftsman.wal.WalDirectory;
import dev.raftsman.wal.WalProgress;
import dev.raftsman.wal.WalSettings;
import dev.raftsman.wal.WalWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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
 * encoded, so what a {@code kill -9} takes out of the ring is known exactly. An event that gets no sequence is counted in
 * the same page, and the next excerpt declares it.
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

    private final RingSettings settings;
    private final WalSettings walSettings;
    private final WalDirectory directory;
    private final WalProgress progress;
    private final Consumer<Throwable> onFailure;
    private final RingBuffer<Slot> ring;
    private final WriterPool writers;
    private final Sequence flushed = new Sequence(REFUSED);
    private final Thread flusher;
    private final Thread shutdownHook;

    private volatile boolean accepting = true;
    private volatile boolean stopping;
    private volatile boolean givingUp;
    private volatile boolean outOfRoom;

    /** A caller has waited in vain; until the flusher moves again the others do not wait at all. */
    private volatile boolean stalled;

    private volatile Throwable failure;

    /** Greatest sequence that is forced; written by the flusher. */
    private volatile long forcedSequence = REFUSED;

    /** Somebody waits for the force of this sequence or one below it. Set before the sequence is published. */
    private final AtomicLong wantedForced = new AtomicLong(REFUSED);

    /** Of the flusher. */
    private final RowBatch batch;

    private WalWriter writer;
    private long unforcedPosition = WalWriter.NONE;
    private long unforcedSequence = REFUSED;

    private EventRing(
            WalDirectory directory, WalSettings walSettings, RingSettings settings, Consumer<Throwable> onFailure) {
        this.directory = directory;
        this.walSettings = walSettings;
        this.settings = settings;
        this.onFailure = onFailure;
        this.progress = WalProgress.ofWriter(directory);
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
     * Starts a ring that writes into a new directory.
     *
     * @param directory just made, its lock held by this process; the ring closes it
     * @param onFailure called once, by the flusher, when the log cannot be used any more: events are then counted as lost
     */
    public static EventRing open(
            WalDirectory directory, WalSettings walSettings, RingSettings settings, Consumer<Throwable> onFailure) {
        if (settings.maxEventBytes() > walSettings.maxExcerptBytes()) {
            throw new IllegalArgumentException("maxEventBytes " + settings.maxEventBytes() + " is more than the "
                    + walSettings.maxExcerptBytes() + " an excerpt takes");
        }
        EventRing ring = new EventRing(directory, walSettings, settings, onFailure);
        ring.flusher.start();
        try {
            Runtime.getRuntime().addShutdownHook(ring.shutdownHook);
        } catch (IllegalStateException alreadyShuttingDown) {
            // Then close() is all there is.
        }
        return ring;
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
            progress.claimed(sequence);
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
        return wait ? awaitForced(sequence) : Outcome.PUBLISHED;
    }

    /** Counts an event that was given up before it came here. Any thread. */
    public Outcome lost(LossReason reason) {
        progress.lost(reason, 1);
        return Outcome.LOST;
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
            if (failure != null || System.nanoTime() - deadline >= 0) {
                return Outcome.NOT_YET_FORCED;
            }
            LockSupport.parkNanos(this, PARK_FOR_FORCE_NANOS);
        }
        return Outcome.PUBLISHED;
    }

    private void run() {
        try {
            writer = WalWriter.open(directory, walSettings);
            flushUntilStopped();
        } catch (Throwable failed) {
            // The queue throws Errors as well; whatever it was, the application goes on.
            fail(failed);
        } finally {
            accepting = false;
            closeWriter();
        }
    }

    private void flushUntilStopped() {
        long next = 0;
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

    private boolean isWaitedFor() {
        return wantedForced.get() > forcedSequence;
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
        long last = first + batch.count() - 1;
        while (true) {
            Loss loss = progress.undeclared();
            long position =
                    writer.append(ExcerptKind.ROWS, first, batch.count(), loss, batch.definitions(), batch.rows());
            if (position != WalWriter.NO_ROOM) {
                outOfRoom = false;
                batch.clear();
                release(first, last);
                unforcedPosition = position;
                unforcedSequence = last;
                forceIfWanted();
                return true;
            }
            outOfRoom = true;
            if (givingUp) {
                return false;
            }
            LockSupport.parkNanos(this, PARK_FOR_ROOM_NANOS);
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
        if (isWaitedFor() || writer.forcedThrough() >= unforcedPosition) {
            writer.force();
            forcedSequence = unforcedSequence;
        }
    }

    /** Losses that no event came after: an excerpt of no rows for each reason. */
    private void declareRest(long next) {
        for (Loss rest = progress.undeclared(); rest.count() > 0; rest = progress.undeclared()) {
            if (writer.append(ExcerptKind.ROWS, next, 0, rest, null, NOTHING) == WalWriter.NO_ROOM) {
                return; // the progress page keeps them
            }
        }
    }

    private void fail(Throwable failed) {
        failure = failed;
        accepting = false;
        try {
            onFailure.accept(failed);
        } catch (RuntimeException notOurs) {
            // Nobody is left to tell.
        }
    }

    private void closeWriter() {
        try {
            if (writer != null) {
                writer.close();
            } else {
                directory.releaseLock();
            }
        } catch (Throwable failed) {
            if (failure == null) {
                fail(failed);
            }
        }
    }

    /** At the end of the JVM: waits until what is in the ring now is written and forced. The ring goes on. */
    private void drain() {
        long last = ring.getCursor();
        wantedForced.accumulateAndGet(last, Math::max);
        LockSupport.unpark(flusher);
        long deadline = System.nanoTime() + settings.maxDrain().toNanos();
        while (forcedSequence < last && failure == null && flusher.isAlive() && System.nanoTime() - deadline < 0) {
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

    private boolean join(long millis) {
        try {
            flusher.join(Math.max(1, millis));
            return true;
        } catch (InterruptedException e) {
            return false;
        }
    }

    public WalDirectory directory() {
        return directory;
    }

    /** Events given a sequence so far. Any thread. */
    public long claimedCount() {
        return ring.getCursor() + 1;
    }

    /** Events in the log so far. Any thread. */
    public long writtenCount() {
        return flushed.get() + 1;
    }

    /** Events given up for this reason so far. Any thread. */
    public long lostCount(LossReason reason) {
        return progress.lost(reason);
    }

    /** Why the log cannot be used any more, or null. Any thread. */
    public Throwable failure() {
        return failure;
    }
}
