package dev.raftsman.wal;

import dev.raftsman.disk.Durable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * Reads the excerpts of one directory in order, in the writer's process or another, while it writes or after it died.
 *
 * <p>It walks the queue's files itself instead of using a tailer. A tailer stops silently and for ever at a damaged
 * header, hands out flipped bits as good, dies on a file that was cut, needs the module doors and up to seconds to open.
 * This one needs nothing but reads, finds the next sound excerpt after any damage, and can tell a hole from the end:
 * every frame names the one before it. That the queue's own tailer sees the same excerpts is a test.
 *
 * <p>Not thread-safe: one thread. An idle {@link #next} costs one read of mapped memory, and a look at the file every
 * {@value #LOOK_MILLIS} ms, so it may be polled every millisecond.
 */
public final class WalReader implements AutoCloseable {
    /** The position before the first excerpt. */
    public static final long BEFORE_FIRST = -1;

    private static final long NEVER = Long.MIN_VALUE;
    private static final int LOOK_MILLIS = 100;
    private static final int WINDOW_BYTES = 256 << 10;

    /** Much larger than any setting allows; a length beyond it is damage. */
    private static final int MAX_DOCUMENT_BYTES = 64 << 20;

    private static final int WORD_BYTES = 4;
    private static final int NOT_COMPLETE = 0x8000_0000;
    private static final int META_DATA = 0x4000_0000;
    private static final int END_OF_FILE = NOT_COMPLETE | META_DATA;
    private static final int LENGTH_MASK = 0x3FFF_FFFF;

    private final WalDirectory directory;
    private final ExcerptFrame frame;
    private WalProgress progress;

    private FileChannel channel;
    private int cycle = -1;

    /** Where the next document's header is expected in the file. */
    private long offset;

    /** Of the last excerpt returned or passed over. */
    private long position = BEFORE_FIRST;

    private long expectedSequence = Excerpt.UNKNOWN;

    private ByteBuffer window = ByteBuffer.allocateDirect(WINDOW_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private long windowOffset;
    private int windowBytes;
    private final ByteBuffer probe = ByteBuffer.allocateDirect(WORD_BYTES).order(ByteOrder.LITTLE_ENDIAN);

    /** A sound frame that lies beyond a hole, found while the hole is declared; -1 if there is none. */
    private long foundOffset = -1;

    private long lookedNanos = System.nanoTime() - LOOK_MILLIS * 1_000_000L;

    /** What the writer had written when a search behind damage found nothing: no second one until that changes. */
    private long searchedFor = NEVER;

    private boolean tailDeclared;

    /** The last look found nothing, and saw these. */
    private boolean exhausted;

    private int exhaustedWord;
    private long exhaustedWritten;
    private boolean closed;

    private WalReader(WalDirectory directory) {
        this.directory = directory;
        this.frame = new ExcerptFrame(directory.identity().incarnation());
        this.progress = WalProgress.forReader(directory.path());
    }

    /** Stands before the first excerpt that is still there. */
    public static WalReader open(WalDirectory directory) {
        return new WalReader(directory);
    }

    public WalDirectory directory() {
        return directory;
    }

    /** Of the last excerpt that {@link #next} gave, or what was sought; {@link #BEFORE_FIRST} at the beginning. */
    public long position() {
        return position;
    }

    /**
     * Goes on behind an excerpt: the next one read is the first whose position is greater. Its file may have been
     * released.
     */
    public void seekAfter(long position) {
        closeFile();
        this.position = Math.max(position, BEFORE_FIRST);
        this.expectedSequence = Excerpt.UNKNOWN;
        this.tailDeclared = false;
        this.searchedFor = NEVER;
        this.exhausted = false;
        if (position < 0 || !openFile(SizeRoll.cycleOf(position))) {
            return;
        }
        try {
            walkOverRead();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + directory + ": " + e, e);
        }
    }

    /** Hops from header to header; bodies were checked when they were read. At anything odd, next() finds the way. */
    private void walkOverRead() throws IOException {
        while (true) {
            int word = wordAt(offset, false);
            if (word == 0 || (word & NOT_COMPLETE) != 0) {
                return;
            }
            long next = after(offset, word & LENGTH_MASK);
            if ((word & META_DATA) == 0) {
                int available = load(offset, WORD_BYTES + ExcerptFrame.HEADER_BYTES);
                int start = (int) (offset - windowOffset) + WORD_BYTES;
                if (available < WORD_BYTES + ExcerptFrame.HEADER_BYTES
                        || window.getInt(start + ExcerptFrame.MAGIC_OFFSET) != ExcerptFrame.MAGIC) {
                    return;
                }
                long found = window.getLong(start + ExcerptFrame.POSITION_OFFSET);
                if (found > position) {
                    return;
                }
                if (found == position) {
                    expectedSequence = window.getLong(start + ExcerptFrame.FIRST_SEQUENCE_OFFSET)
                            + window.getInt(start + ExcerptFrame.COUNT_OFFSET);
                }
            }
            offset = next;
        }
    }

    /**
     * Reads the next excerpt, or says that there is nothing now. Damage is never passed over silently: it comes out as
     * an excerpt of kind {@link ExcerptKind#DAMAGED}, once, and reading goes on behind it.
     *
     * @param out filled on true, untouched on false
     * @throws UncheckedIOException if a file cannot be read; the call may be repeated
     */
    public boolean next(Excerpt out) {
        if (closed) {
            throw new IllegalStateException("closed: " + directory);
        }
        if (idle()) {
            return false;
        }
        try {
            exhausted = !look(out);
            if (exhausted) {
                lookedNanos = System.nanoTime();
                exhaustedWord = channel == null ? 0 : wordAt(offset, true);
                exhaustedWritten = written();
            }
            return !exhausted;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + directory + ": " + e, e);
        }
    }

    /** Nothing was appended since, as far as the writer says; its word is checked against the files now and then. */
    private boolean idle() {
        return exhausted
                && progress != null
                && progress.written() <= position
                && System.nanoTime() - lookedNanos < LOOK_MILLIS * 1_000_000L;
    }

    /**
     * Whether the last {@link #next} found nothing and nothing has come since: a look at the files, for two system calls. A caller that
     * wants to close the producer asks {@link WalDirectory#writerAlive} first, then {@link #next}, then this.
     */
    public boolean atEnd() {
        try {
            return exhausted
                    && (written() <= position || tailDeclared)
                    && written() == exhaustedWritten
                    && (channel == null ? 0 : wordAt(offset, true)) == exhaustedWord
                    && !Files.exists(directory.fileOf(successor()));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + directory + ": " + e, e);
        }
    }

    private boolean look(Excerpt out) throws IOException {
        while (true) {
            if (channel == null) {
                int next = nextCycle();
                if (next < 0 || !openFile(next)) {
                    return declareLostTail(out);
                }
            }
            if (foundOffset >= 0) {
                offset = foundOffset;
                foundOffset = -1;
            } else {
                int word = wordAt(offset, false);
                if (isOpen(word)) {
                    word = wordAt(offset, true); // what is in the window may be old
                }
                long shouldBe = BEFORE_FIRST;
                int newer = -1;
                if (isOpen(word)) {
                    // First ask what there should be, then look again: else an append in between looks like a hole.
                    shouldBe = written();
                    newer = nextCycle();
                    word = wordAt(offset, true);
                }
                if (word == END_OF_FILE) {
                    if (newer < 0) {
                        return declareLostTail(out);
                    }
                    closeFile();
                    openFile(newer);
                    continue;
                }
                if (isOpen(word)) {
                    if ((newer >= 0 || shouldBe > position) && search(shouldBe, newer)) {
                        continue;
                    }
                    return declareLostTail(out);
                }
                if ((word & META_DATA) != 0 && !isMagicAt(offset + WORD_BYTES)) {
                    int length = word & LENGTH_MASK;
                    if (length <= MAX_DOCUMENT_BYTES && after(offset, length) <= channel.size()) {
                        offset = after(offset, length);
                        continue;
                    }
                }
            }
            Frame what = frameAt(offset);
            if (what != Frame.FOREIGN) {
                return give(out, what);
            }
            if (!search(written(), nextCycle())) {
                return declareLostTail(out);
            }
        }
    }

    /** The queue's own data never begins like a frame of ours. */
    private boolean isMagicAt(long at) throws IOException {
        return load(at, WORD_BYTES) >= WORD_BYTES && window.getInt((int) (at - windowOffset)) == ExcerptFrame.MAGIC;
    }

    /** Nothing here yet, or not finished, or the end of the file. */
    private static boolean isOpen(int word) {
        return word == 0 || (word & NOT_COMPLETE) != 0;
    }

    /** What lies behind a document's header. */
    private enum Frame {
        SOUND,
        /** Header and extra part are sound, the body is not. */
        BODY_DAMAGED,
        /** Nothing that can be taken for one of this directory's frames. */
        FOREIGN
    }

    private Frame frameAt(long at) throws IOException {
        Frame seen = inspect(at);
        if (seen != Frame.SOUND) {
            windowBytes = 0; // read once more before it is called damage: the window may be older than the header
            seen = inspect(at);
        }
        return seen;
    }

    /** Goes by the lengths in our own frame, which have a checksum; the queue's word before it has none. */
    private Frame inspect(long at) throws IOException {
        int available = load(at, WORD_BYTES + ExcerptFrame.HEADER_BYTES) - WORD_BYTES;
        int start = (int) (at - windowOffset) + WORD_BYTES;
        if (available < ExcerptFrame.HEADER_BYTES
                || window.getInt(start + ExcerptFrame.MAGIC_OFFSET) != ExcerptFrame.MAGIC) {
            return Frame.FOREIGN;
        }
        int length = window.getInt(start + ExcerptFrame.LENGTH_OFFSET);
        if (length < ExcerptFrame.HEADER_BYTES || length > MAX_DOCUMENT_BYTES) {
            return Frame.FOREIGN;
        }
        available = load(at, WORD_BYTES + length) - WORD_BYTES;
        start = (int) (at - windowOffset) + WORD_BYTES;
        if (!frame.soundHeader(window, start, Math.min(available, length))
                || SizeRoll.cycleOf(window.getLong(start + ExcerptFrame.POSITION_OFFSET)) != cycle) {
            return Frame.FOREIGN;
        }
        int extraLength = window.getInt(start + ExcerptFrame.EXTRA_LENGTH_OFFSET);
        int bodyStart = start + ExcerptFrame.HEADER_BYTES + extraLength;
        int bodyLength = length - ExcerptFrame.HEADER_BYTES - extraLength;
        return length <= available
                        && frame.crcOf(window, bodyStart, bodyLength)
                                == window.getInt(start + ExcerptFrame.BODY_CRC_OFFSET)
                        && ExcerptKind.ofStoredCode(window.get(start + ExcerptFrame.KIND_OFFSET)) != null
                        && window.get(start + ExcerptFrame.VERSION_OFFSET) == ExcerptFrame.VERSION
                ? Frame.SOUND
                : Frame.BODY_DAMAGED;
    }

    private boolean give(Excerpt out, Frame what) {
        int start = (int) (offset - windowOffset) + WORD_BYTES;
        long framePosition = window.getLong(start + ExcerptFrame.POSITION_OFFSET);
        long previous = window.getLong(start + ExcerptFrame.PREVIOUS_OFFSET);
        long firstSequence = window.getLong(start + ExcerptFrame.FIRST_SEQUENCE_OFFSET);
        int count = window.getInt(start + ExcerptFrame.COUNT_OFFSET);
        ExcerptKind kind = ExcerptKind.ofStoredCode(window.get(start + ExcerptFrame.KIND_OFFSET));
        if (position >= 0 && previous > position) {
            boolean counted = kind == ExcerptKind.ROWS && expectedSequence >= 0 && firstSequence >= expectedSequence;
            out.damaged(
                    previous,
                    counted ? expectedSequence : Excerpt.UNKNOWN,
                    counted ? firstSequence - expectedSequence : Excerpt.UNKNOWN,
                    counted ? ExcerptKind.ROWS : null,
                    "excerpts after position " + Long.toHexString(position) + " through "
                            + Long.toHexString(previous) + " are gone; the next sound one is in "
                            + directory.fileOf(cycle) + " at offset " + offset);
            position = previous;
            foundOffset = offset;
            return true;
        }
        int extraLength = window.getInt(start + ExcerptFrame.EXTRA_LENGTH_OFFSET);
        int length = window.getInt(start + ExcerptFrame.LENGTH_OFFSET);
        int bodyStart = start + ExcerptFrame.HEADER_BYTES + extraLength;
        if (what == Frame.SOUND) {
            out.kind = kind;
            out.writtenKind = kind;
            out.position = framePosition;
            out.firstSequence = firstSequence;
            out.count = count;
            out.body = view(bodyStart, length - ExcerptFrame.HEADER_BYTES - extraLength);
            out.damage = "";
        } else {
            out.damaged(
                    framePosition,
                    firstSequence,
                    count,
                    kind,
                    "the body of the excerpt in " + directory.fileOf(cycle) + " at offset " + offset
                            + " does not match its checksum");
        }
        out.lossBefore = ExcerptFrame.loss(window, start);
        out.extra = view(start + ExcerptFrame.HEADER_BYTES, extraLength);
        position = framePosition;
        expectedSequence = firstSequence + count;
        tailDeclared = false;
        offset = after(offset, length);
        return true;
    }

    private ByteBuffer view(int start, int length) {
        return window.duplicate()
                .limit(start + length)
                .position(start)
                .slice()
                .asReadOnlyBuffer()
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Something is wrong at {@link #offset}: goes to the next sound frame in this file, or to the next file if there is
     * none. What was missed is then seen from that frame's word on the one before it.
     *
     * @param shouldBe what the writer said it had written when the damage was seen
     * @param newer the next file, or -1
     * @return false if there is none yet
     */
    private boolean search(long shouldBe, int newer) throws IOException {
        if (newer < 0 && shouldBe == searchedFor) {
            return false;
        }
        long size = channel.size();
        long at = offset;
        windowBytes = 0;
        while (at + WORD_BYTES + ExcerptFrame.HEADER_BYTES <= size) {
            int available = load(at, (int) Math.min(WINDOW_BYTES, size - at));
            int from = (int) (at - windowOffset);
            int last = available - WORD_BYTES - ExcerptFrame.HEADER_BYTES;
            int hop = 0;
            while (hop <= last && window.getInt(from + hop + WORD_BYTES) != ExcerptFrame.MAGIC) {
                hop += WORD_BYTES;
            }
            at += hop;
            if (hop <= last) {
                if (isFurtherFrame(at, shouldBe, newer)) {
                    foundOffset = at;
                    return true;
                }
                at += WORD_BYTES;
            } else if (hop == 0) {
                break; // the file was cut meanwhile
            }
        }
        if (newer >= 0) {
            closeFile();
            return openFile(newer);
        }
        searchedFor = shouldBe;
        return false;
    }

    private boolean isFurtherFrame(long at, long shouldBe, int newer) throws IOException {
        if (inspect(at) == Frame.FOREIGN) {
            return false;
        }
        int start = (int) (at - windowOffset) + WORD_BYTES;
        long found = window.getLong(start + ExcerptFrame.POSITION_OFFSET);
        boolean finished = newer >= 0 || found <= shouldBe || !isOpen(wordAt(at, false));
        return found > position && finished;
    }

    /** What the writer says it appended and no file holds: lost with the power, or damaged; said once. */
    private boolean declareLostTail(Excerpt out) {
        long shouldBe = written();
        if (shouldBe <= position || tailDeclared || directory.writerAlive()) {
            return false;
        }
        tailDeclared = true;
        out.damaged(
                shouldBe,
                expectedSequence,
                Excerpt.UNKNOWN,
                null,
                "excerpts after position " + Long.toHexString(position) + " through " + Long.toHexString(shouldBe)
                        + " were appended and are in no file");
        position = shouldBe;
        return true;
    }

    private long written() {
        if (progress == null) {
            progress = WalProgress.forReader(directory.path());
        }
        return progress == null ? BEFORE_FIRST : progress.written();
    }

    private static long after(long offset, int length) {
        long end = offset + WORD_BYTES + length;
        return (end + WORD_BYTES - 1) / WORD_BYTES * WORD_BYTES;
    }

    /** @return the header word at an offset, 0 beyond the end of the file */
    private int wordAt(long at, boolean fresh) throws IOException {
        if (!fresh) {
            return load(at, WORD_BYTES) < WORD_BYTES ? 0 : window.getInt((int) (at - windowOffset));
        }
        windowBytes = 0;
        probe.clear();
        while (probe.hasRemaining()) {
            if (channel.read(probe, at + probe.position()) < 0) {
                return 0;
            }
        }
        return probe.getInt(0);
    }

    /** Has the window hold the bytes from {@code at} on. @return how many of them there are, fewer only at the end */
    private int load(long at, int bytes) throws IOException {
        long have = windowOffset + windowBytes - at;
        if (at >= windowOffset && have >= bytes) {
            return (int) have;
        }
        if (window.capacity() < bytes) {
            window = ByteBuffer.allocateDirect(Math.max(bytes, Math.min(2 * window.capacity(), MAX_DOCUMENT_BYTES)))
                    .order(ByteOrder.LITTLE_ENDIAN);
        }
        windowOffset = at;
        windowBytes = 0;
        window.clear();
        while (windowBytes < bytes) {
            int read = channel.read(window, at + windowBytes);
            if (read < 0) {
                break;
            }
            windowBytes += read;
        }
        return windowBytes;
    }

    /** The file a writer makes next. */
    private int successor() {
        return cycle >= 0 ? cycle + 1 : position < 0 ? 0 : SizeRoll.cycleOf(position) + 1;
    }

    /** @return the first cycle behind the one we are in that has a file, or -1 */
    private int nextCycle() {
        int after = cycle >= 0 ? cycle : position < 0 ? -1 : SizeRoll.cycleOf(position);
        for (int candidate : directory.cycles()) {
            if (candidate > after) {
                return candidate;
            }
        }
        return -1;
    }

    private boolean openFile(int which) {
        try {
            channel = FileChannel.open(directory.fileOf(which), StandardOpenOption.READ);
        } catch (NoSuchFileException released) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        cycle = which;
        offset = 0;
        windowOffset = 0;
        windowBytes = 0;
        foundOffset = -1;
        return true;
    }

    private void closeFile() {
        WalDirectory.closeQuietly(channel);
        channel = null;
        cycle = -1;
        windowBytes = 0;
        foundOffset = -1;
    }

    /**
     * Deletes the files that hold nothing behind this position, the oldest first, and makes that durable. The file that
     * holds the position itself stays, until {@link WalDirectory#delete}.
     *
     * @param position everything through it is acknowledged
     * @return how many files were deleted
     */
    public int releaseBelow(long position) {
        if (position < 0) {
            return 0;
        }
        List<Integer> cycles = directory.cycles();
        int deleted = 0;
        try {
            for (int candidate : cycles) {
                if (candidate >= SizeRoll.cycleOf(position)) {
                    break;
                }
                Path file = directory.fileOf(candidate);
                if (Files.deleteIfExists(file)) {
                    deleted++;
                }
            }
            if (deleted > 0) {
                Durable.forceDirectory(directory.path());
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot release files of " + directory + ": " + e, e);
        }
        return deleted;
    }

    @Override
    public void close() {
        closed = true;
        closeFile();
    }
}
