package dev.raftsman.wal;

import dev.raftsman.event.Loss;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.bytes.SyncMode;
import net.openhft.chronicle.core.Jvm;
import net.openhft.chronicle.core.onoes.ExceptionHandler;
import net.openhft.chronicle.queue.ExcerptAppender;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueue;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import net.openhft.chronicle.wire.DocumentContext;
import org.slf4j.LoggerFactory;
import org.slf4j.helpers.SubstituteLoggerFactory;

/**
 * The one writer of a directory, for the whole life of the directory.
 *
 * <p>{@link #append} belongs to one thread. On its return the excerpt is in the page cache (A1: survives the death of the
 * process); a thread of its own, a daemon, forces the files every {@link WalSettings#forceInterval}, and after a longer rest at
 * once, and moves {@link #forcedThrough} (A2: survives a power cut).
 *
 * <p>The queue maps its files, and a mapped write on a full disk fails late, silently or with the death of the JVM. So what
 * is mapped is only what the queue itself writes: lengths, and index pages. A frame goes through a channel of our own, which
 * allocates its space and says so when there is none, after quota and reserve were checked; zeros go the same way before
 * it, over as much of the file as the queue may touch behind it ({@value #MARGIN_BYTES} bytes, and more behind small
 * excerpts). The first of them go before the queue sees the file, which it takes for one that nobody has begun. It is
 * cheaper, too: a fault for each page of a mapping costs more than the copy.
 */
public final class WalWriter implements AutoCloseable {
    /** What {@link #append} returns when quota or reserve leave no room: nothing was written, try again later. */
    public static final long NO_ROOM = -2;

    /** Before the first excerpt. */
    public static final long NONE = WalProgress.NONE;

    private static final String QUEUE_TABLE = "metadata.cq4t";
    private static final int STEP_BYTES = 256 << 10;
    private static final int FILES_ON_A_SMALL_DISK = 8;

    /** Ahead of an excerpt: what the queue itself may add behind it, an index page or two and its headers. */
    private static final int MARGIN_BYTES = 64 << 10;

    private static final long LOOK_NANOS = 100_000_000L;
    private static final long LOGGING_NANOS = 10_000_000_000L;
    private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(1 << 20).asReadOnlyBuffer();
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0).order(ByteOrder.LITTLE_ENDIAN);
    private static final ExceptionHandler SILENT = (owner, message, thrown) -> {};

    private final WalDirectory directory;
    private final WalSettings settings;
    private final WalProgress progress;
    private final ExcerptFrame frame;
    private final SizeRoll roll = new SizeRoll();
    private final SingleChronicleQueue queue;
    private final ExcerptAppender appender;
    private final FileStore store;
    private final ByteBuffer header =
            ByteBuffer.allocateDirect(ExcerptFrame.HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final Poison poison;
    private final WalForcer forcer;

    /** Of the owner: the file in use, -1 before the first append. */
    private int cycle = -1;

    private FileChannel allocator;
    private FileChannel rolledAllocator;
    private long rolledAllocatedThrough;
    private long allocatedThrough;
    private long fileOffset;
    private long rollBytes;
    private long previous = NONE;
    private final ArrayDeque<long[]> filesBefore = new ArrayDeque<>(); // {cycle, allocated bytes}
    private long predecessorBytes;
    private long predecessorsLookedNanos;

    private volatile long bytesWritten;
    private volatile boolean closed;

    private WalWriter(WalDirectory directory, WalSettings settings) throws IOException {
        this.directory = directory;
        this.settings = settings;
        this.progress = WalProgress.forWriter(directory.path());
        progress.limits(settings.quotaBytes(), settings.reserveBytes());
        this.frame = new ExcerptFrame(directory.identity().incarnation());
        this.store = Files.getFileStore(directory.path());
        this.rollBytes = fittingRollBytes();
        silenceTheQueue();
        SingleChronicleQueue opened = SingleChronicleQueueBuilder.binary(directory.path())
                .rollCycle(roll)
                .timeProvider(roll)
                .blockSize(settings.blockBytes())
                .syncMode(SyncMode.NONE)
                .build();
        try {
            this.appender = opened.createAppender();
            this.predecessorBytes = countPredecessors();
        } catch (Throwable failed) {
            WalDirectory.closeQuietly(opened);
            throw failed;
        }
        this.queue = opened;
        this.poison = new Poison(directory);
        this.forcer = new WalForcer(directory, progress, settings.forceInterval(), poison);
        forcer.start();
    }

    /** The queue reports through SLF4J, which may be us: its lines on the calling thread go nowhere. */
    static void silenceTheQueue() {
        Jvm.setThreadLocalExceptionHandlers(SILENT, SILENT, SILENT, SILENT);
    }

    /**
     * Opens the directory for its only writer. The first call in a JVM takes up to seconds, while the queue's classes
     * load: not for an application's start-up thread. If it fails, it may be tried again; a lock that was held before the
     * call is held then, too.
     *
     * @throws IllegalStateException if it was written before: an incarnation writes once
     * @throws WalException if the queue cannot be opened
     */
    public static WalWriter open(WalDirectory directory, WalSettings settings) {
        if (!directory.cycles().isEmpty()) {
            throw new IllegalStateException("written before, never opened for append again: " + directory);
        }
        ModuleDoors.open();
        awaitLogging();
        boolean locked = directory.isLockedHere();
        try {
            directory.takeLock();
            Files.deleteIfExists(directory.path().resolve(QUEUE_TABLE)); // of a try that failed
            return new WalWriter(directory, settings);
        } catch (Throwable failed) {
            // The queue fails with Errors too.
            if (!locked) {
                directory.releaseLock();
            }
            throw new WalException("cannot open " + directory + ": " + failed, failed);
        }
    }

    /**
     * The queue gets its loggers from SLF4J. An appender starts, and with it our thread, while SLF4J is still being set
     * up; a logger asked for by then makes it complain on stderr.
     *
     * <p>In the jar for applications, SLF4J is a stand-in here that is ready at once.
     */
    private static void awaitLogging() {
        long deadline = System.nanoTime() + LOGGING_NANOS;
        try {
            while (LoggerFactory.getILoggerFactory() instanceof SubstituteLoggerFactory
                    && System.nanoTime() - deadline < 0) {
                LockSupport.parkNanos(1_000_000);
            }
        } catch (IllegalStateException broken) {
            // It could not be set up, and has said so.
        }
    }

    public WalDirectory directory() {
        return directory;
    }

    /**
     * Writes one excerpt. Owner thread only.
     *
     * @param lossBefore events never given a sequence since the excerpt before
     * @param extra copied, from position to limit; may be null
     * @param body copied, from position to limit; neither buffer's position moves
     * @return its position, which rises from call to call, or {@link #NO_ROOM}
     * @throws IllegalArgumentException if it is longer than {@link WalSettings#maxExcerptBytes}
     * @throws WalException if this or an earlier write or force failed
     */
    public long append(
            ExcerptKind kind, long firstSequence, int count, Loss lossBefore, ByteBuffer extra, ByteBuffer body) {
        checkUsable();
        ByteBuffer extraPart = extra == null ? NOTHING : extra;
        int extraLength = extraPart.remaining();
        int bodyLength = body.remaining();
        if ((long) extraLength + bodyLength > settings.maxExcerptBytes()) {
            throw new IllegalArgumentException("excerpt of " + ((long) extraLength + bodyLength)
                    + " bytes; expected at most " + settings.maxExcerptBytes());
        }
        int length = ExcerptFrame.HEADER_BYTES + extraLength + bodyLength;
        if (cycle == roll.cycle() && fileOffset + length > rollBytes) {
            rollFile();
        }
        if (!allocated(length) && !permitted(stepFor(length)) || cycle != roll.cycle() && !beginFile(length)) {
            return NO_ROOM;
        }
        int bodyCrc = frame.crcOf(body, body.position(), bodyLength);
        try {
            return write(kind, firstSequence, count, lossBefore, extraPart, extraLength, body, bodyLength, bodyCrc);
        } catch (WalException poisoned) {
            throw poisoned;
        } catch (Throwable failed) {
            throw poison.of("cannot append to " + directory, failed);
        }
    }

    private long write(
            ExcerptKind kind,
            long firstSequence,
            int count,
            Loss lossBefore,
            ByteBuffer extra,
            int extraLength,
            ByteBuffer body,
            int bodyLength,
            int bodyCrc)
            throws IOException {
        int length = ExcerptFrame.HEADER_BYTES + extraLength + bodyLength;
        long position;
        try (DocumentContext document = appender.writingDocument()) {
            try {
                Bytes<?> bytes = document.wire().bytes();
                long at = bytes.writePosition();
                if (cycle != roll.cycle()) {
                    begunFile();
                }
                fileOffset = at;
                position = document.index();
                ExcerptFrame.encode(
                        header,
                        kind,
                        position,
                        previous,
                        firstSequence,
                        count,
                        lossBefore,
                        extraLength,
                        bodyLength,
                        bodyCrc);
                header.putInt(
                        ExcerptFrame.HEADER_CRC_OFFSET,
                        frame.headerCrc(header, 0, extra, extra.position(), extraLength));
                if (!put(at, length, extra, body)) {
                    document.rollbackOnClose();
                    return NO_ROOM;
                }
                at += length;
                bytes.writePosition(at);
                fileOffset = at;
                if (lossBefore.count() > 0) {
                    progress.declaring(position, lossBefore);
                }
            } catch (Throwable failed) {
                document.rollbackOnClose();
                throw failed;
            }
        }
        previous = position;
        bytesWritten += length;
        progress.written(position);
        forcer.appended();
        return position;
    }

    private void rollFile() {
        filesBefore.add(new long[] {cycle, allocatedThrough});
        rolledAllocator = allocator;
        rolledAllocatedThrough = allocatedThrough;
        allocator = null;
        roll.roll();
        fileOffset = 0;
        allocatedThrough = 0;
        rollBytes = fittingRollBytes();
    }

    /**
     * On a small disk, or one that others have filled, files are smaller: an eighth of what we may take there. Only a whole
     * file can be released, so one that fills the disk would be the last.
     */
    private long fittingRollBytes() {
        try {
            long ours = bytesAllocated() + store.getUsableSpace() - settings.reserveBytes();
            return Math.min(settings.rollBytes(), Math.max(WalSettings.LEAST_ROLL_BYTES, ours / FILES_ON_A_SMALL_DISK));
        } catch (IOException e) {
            return settings.rollBytes(); // whoever allocates finds out what is wrong
        }
    }

    /** Makes the file of the roll's cycle, and allocates its first part. @return false if the disk is full after all */
    private boolean beginFile(long length) {
        try {
            if (allocator == null) {
                allocator = openAllocator(StandardOpenOption.CREATE);
            }
            return allocated(length) || allocate(length);
        } catch (IOException failed) {
            if (isFull(failed)) {
                return false;
            }
            throw poison.of("cannot begin " + directory.fileOf(roll.cycle()), failed);
        }
    }

    private FileChannel openAllocator(StandardOpenOption... more) throws IOException {
        Set<StandardOpenOption> options = EnumSet.of(StandardOpenOption.WRITE, more);
        return FileChannel.open(directory.fileOf(roll.cycle()), options);
    }

    /**
     * The queue has begun the file of the roll's cycle, on this append, and has written its last word into the one before:
     * what is mapped of that beyond the allocated part will not be touched any more.
     */
    private void begunFile() throws IOException {
        cycle = roll.cycle();
        if (rolledAllocator != null) {
            rolledAllocator.truncate(rolledAllocatedThrough);
            rolledAllocator.close();
            rolledAllocator = null;
        }
    }

    /**
     * Whether an excerpt with this many bytes of body and extra would be taken now, quota and reserve allowing. Owner
     * thread only.
     */
    public boolean hasRoom(long bytes) {
        long length = bytes + ExcerptFrame.HEADER_BYTES;
        return !poison.isThere()
                && !closed
                && bytes <= settings.maxExcerptBytes()
                && (allocated(length) && fileOffset + length <= rollBytes || permitted(stepFor(length)));
    }

    private boolean allocated(long length) {
        return fileOffset + length + MARGIN_BYTES <= allocatedThrough;
    }

    /** How much further a file must be allocated for an excerpt: small ones leave room for more of their kind. */
    private long stepFor(long length) {
        return Math.max(0, fileOffset + length + MARGIN_BYTES + Math.max(0, STEP_BYTES - length) - allocatedThrough);
    }

    private boolean permitted(long more) {
        try {
            return withinQuota(bytesAllocated() + more) && store.getUsableSpace() - more >= settings.reserveBytes();
        } catch (IOException e) {
            throw poison.of("cannot ask for the free space of " + directory, e);
        }
    }

    /** The quota is the producer's: what its earlier incarnations have left, and no reader has taken yet, counts too. */
    private boolean withinQuota(long own) {
        if (own + predecessorBytes <= settings.quotaBytes()) {
            return true;
        }
        if (predecessorBytes > 0 && System.nanoTime() - predecessorsLookedNanos >= LOOK_NANOS) {
            predecessorBytes = countPredecessors();
        }
        return own + predecessorBytes <= settings.quotaBytes();
    }

    private long countPredecessors() {
        predecessorsLookedNanos = System.nanoTime();
        return directory.bytesOfPredecessors(settings.rollBytes() + MARGIN_BYTES);
    }

    /** What the files that are still there take; a reader releases the older ones. */
    private long bytesAllocated() {
        while (!filesBefore.isEmpty()
                && !Files.exists(directory.fileOf((int) filesBefore.peekFirst()[0]))) {
            filesBefore.removeFirst(); // released in order, so the first one that is there ends the search
        }
        long bytes = allocatedThrough;
        for (long[] file : filesBefore) {
            bytes += file[1];
        }
        return bytes;
    }

    /**
     * Writes the frame that stands in {@link #header} and its parts, and zeros for what the queue may add behind it.
     *
     * @return false if the disk is full after all: then there are zeros again
     * @throws IOException for any other reason
     */
    private boolean put(long at, int length, ByteBuffer extra, ByteBuffer body) throws IOException {
        boolean grows = !allocated(length);
        long through = grows ? allocatedThrough + stepFor(length) : allocatedThrough;
        ByteBuffer head = header.duplicate().clear();
        ByteBuffer middle = extra.duplicate();
        ByteBuffer tail = body.duplicate();
        try {
            if (grows) {
                zero(Math.max(at + length, allocatedThrough), through);
            }
            write(at, head);
            write(at + ExcerptFrame.HEADER_BYTES, middle);
            write(at + length - tail.remaining(), tail);
        } catch (IOException failed) {
            if (isFull(failed) || store.getUsableSpace() < length) {
                zero(at, at + length - head.remaining() - middle.remaining() - tail.remaining());
                return false;
            }
            throw failed;
        }
        allocatedThrough = through;
        return true;
    }

    /** @return false if the disk is full */
    private boolean allocate(long length) throws IOException {
        long through = allocatedThrough + stepFor(length);
        try {
            zero(allocatedThrough, through);
        } catch (IOException failed) {
            if (isFull(failed) || store.getUsableSpace() < through - allocatedThrough) {
                return false;
            }
            throw failed;
        }
        allocatedThrough = through;
        return true;
    }

    private void zero(long from, long through) throws IOException {
        for (long at = from; at < through; ) {
            ByteBuffer zeros = ZEROS.duplicate();
            zeros.limit((int) Math.min(zeros.capacity(), through - at));
            at += zeros.limit();
            write(at - zeros.limit(), zeros);
        }
    }

    /** All of it; an interrupt closes the channel, not the file, and is kept for whoever it is meant for. */
    private void write(long from, ByteBuffer bytes) throws IOException {
        boolean interrupted = false;
        try {
            for (long at = from; bytes.hasRemaining(); ) {
                try {
                    at += allocator.write(bytes, at);
                } catch (ClosedByInterruptException closedByIt) {
                    interrupted = Thread.interrupted();
                    allocator = openAllocator();
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** The platform has no code for it. */
    private static boolean isFull(IOException failed) {
        String message = String.valueOf(failed.getMessage());
        return message.contains("No space left") || message.contains("quota exceeded");
    }

    /** Greatest position that is forced to the disk with its file's name, or {@link #NONE}. Any thread. */
    public long forcedThrough() {
        return progress.forced();
    }

    /** Greatest position that was appended, or {@link #NONE}. Any thread. */
    public long writtenThrough() {
        return progress.written();
    }

    /** Bytes of frames appended since the start. Any thread. */
    public long bytesWritten() {
        return bytesWritten;
    }

    /** What poisoned this writer, or null. Any thread. */
    public Throwable failure() {
        return poison.cause();
    }

    /**
     * Forces everything appended before the call, and returns when that is done. Any thread.
     *
     * @return the new {@link #forcedThrough}
     * @throws WalException if it fails; there is no second try
     */
    public long force() {
        return forcer.force();
    }

    /**
     * Tells somebody whenever {@link #forcedThrough} has risen, so that nobody has to look again and again.
     *
     * @param listener called by whoever forces; must not block
     */
    public void onForced(Runnable listener) {
        forcer.onForced(listener);
    }

    /**
     * Whether the log is still where it was made. If somebody has removed it, what is appended goes nowhere; a force
     * finds that out too. Owner thread only.
     */
    public boolean isInPlace() {
        return Files.exists(directory.path().resolve(WalProgress.FILE_NAME))
                && (cycle < 0 || Files.exists(directory.fileOf(cycle)));
    }

    /**
     * After an append that has failed: whether its excerpt is in the log all the same, as a reader would find it. The
     * queue writes its index last, and may fail there. Owner thread only.
     */
    public boolean holdsAfterFailure(long firstSequence) {
        return holds(directory, previous, firstSequence);
    }

    static boolean holds(WalDirectory directory, long behind, long firstSequence) {
        Excerpt found = new Excerpt();
        try (WalReader reader = WalReader.open(directory)) {
            reader.seekAfter(behind);
            return reader.next(found)
                    && found.kind() != ExcerptKind.DAMAGED
                    && found.position() > behind
                    && found.firstSequence() == firstSequence;
        } catch (RuntimeException unreadable) {
            return false;
        }
    }

    private void checkUsable() {
        if (closed) {
            throw new IllegalStateException("closed: " + directory);
        }
        poison.check();
    }

    /** Forces what was appended, then lets go of the lock. Owner thread; may be called twice. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        forcer.close();
        try {
            if (!poison.isThere()) {
                force();
            }
        } finally {
            WalDirectory.closeQuietly(allocator);
            WalDirectory.closeQuietly(rolledAllocator);
            WalDirectory.closeQuietly(appender);
            WalDirectory.closeQuietly(queue);
            directory.releaseLock();
        }
    }
}
