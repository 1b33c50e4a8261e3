package dev.raftsman.wal;

import dev.raftsman.disk.Durable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
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
    private static final int WORD_BYTES = FileWindow.WORD_BYTES;
    private static final int HEADER_BYTES = ExcerptFrame.HEADER_BYTES;

    private final WalDirectory directory;
    private final ExcerptFrame frame;
    private WalProgress progress;

    private final FileWindow window = new FileWindow();
    private int cycle = -1;

    /** Where the next document's header is expected in the file. */
    private long offset;

    /** Of the last excerpt returned or passed over. */
    private long position = BEFORE_FIRST;

    private long expectedSequence = Excerpt.UNKNOWN;

    /** A sound frame that lies beyond a hole, found while the hole is declared; -1 if there is none. */
    private long foundOffset = -1;

    /** {@link #offset} is inside an excerpt: nothing that lies there is to be taken for a word of the queue. */
    private boolean astray;

    /** Length of the frame that was inspected last, -1 if its body is damaged. */
    private int frameBytes;

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
            int word = window.wordAt(offset);
            if (FileWindow.isOpenWord(word)) {
                return;
            }
            long next = FileWindow.after(offset, word & FileWindow.LENGTH_MASK);
            if ((word & FileWindow.META_DATA) == 0) {
                int available = window.load(offset, WORD_BYTES + HEADER_BYTES);
                int start = window.indexOf(offset) + WORD_BYTES;
                ByteBuffer bytes = window.bytes();
                if (available < WORD_BYTES + HEADER_BYTES
                        || bytes.getInt(start + ExcerptFrame.MAGIC_OFFSET) != ExcerptFrame.MAGIC) {
                    return;
                }
                long found = bytes.getLong(start + ExcerptFrame.POSITION_OFFSET);
                if (found > position) {
                    return;
                }
                if (found == position) {
                    expectedSequence = bytes.getLong(start + ExcerptFrame.FIRST_SEQUENCE_OFFSET)
                            + bytes.getInt(start + ExcerptFrame.COUNT_OFFSET);
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
                exhaustedWord = window.isOpen() ? window.freshWordAt(offset) : 0;
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
                    && (window.isOpen() ? window.freshWordAt(offset) : 0) == exhaustedWord
                    && !Files.exists(directory.fileOf(successor()));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + directory + ": " + e, e);
        }
    }

    private boolean look(Excerpt out) throws IOException {
        while (true) {
            if (!window.isOpen()) {
                int next = nextCycle();
                if (next < 0 || !openFile(next)) {
                    return declareLostTail(out);
                }
            }
            if (foundOffset >= 0) {
                offset = foundOffset;
                foundOffset = -1;
                astray = false;
            } else if (astray) {
                if (!search(written(), nextCycle())) {
                    return declareLostTail(out);
                }
                continue;
            } else {
                int word = window.wordAt(offset);
                if (FileWindow.isOpenWord(word)) {
                    word = window.freshWordAt(offset); // what is in the window may be old
                }
                long shouldBe = BEFORE_FIRST;
                int newer = -1;
                if (FileWindow.isOpenWord(word)) {
                    // First ask what there should be, then look again: else an append in between looks like a hole.
                    shouldBe = written();
                    newer = nextCycle();
                    word = window.freshWordAt(offset);
                }
                if (word == FileWindow.END_OF_FILE) {
                    if (newer < 0) {
                        return declareLostTail(out);
                    }
                    closeFile();
                    openFile(newer);
                    continue;
                }
                if (FileWindow.isOpenWord(word)) {
                    if ((newer >= 0 || shouldBe > position) && search(shouldBe, newer)) {
                        continue;
                    }
                    return declareLostTail(out);
                }
                if ((word & FileWindow.META_DATA) != 0 && !isMagicAt(offset + WORD_BYTES)) {
                    int length = word & FileWindow.LENGTH_MASK;
                    if (length <= FileWindow.MAX_DOCUMENT_BYTES && FileWindow.after(offset, length) <= window.size()) {
                        offset = FileWindow.after(offset, length);
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
        return window.wordAt(at) == ExcerptFrame.MAGIC;
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
            window.forget(); // read once more before it is called damage: the window may be older than the header
            seen = inspect(at);
        }
        return seen;
    }

    /** Goes by what has a checksum in our own frame; the queue's word before it has none. */
    private Frame inspect(long at) throws IOException {
        int available = ExcerptFrame.loadHeader(window, at);
        int start = window.indexOf(at) + WORD_BYTES;
        if (!frame.soundHeader(window.bytes(), start, available)) {
            return Frame.FOREIGN;
        }
        long found = window.bytes().getLong(start + ExcerptFrame.POSITION_OFFSET);
        if (SizeRoll.cycleOf(found) != cycle || found <= position) {
            return Frame.FOREIGN; // a stale copy: a sector that was written to the wrong place
        }
        frameBytes = frame.soundLength(window, at);
        window.load(at, WORD_BYTES + HEADER_BYTES);
        start = window.indexOf(at) + WORD_BYTES;
        return frameBytes > 0
                        && ExcerptKind.ofStoredCode(window.bytes().get(start + ExcerptFrame.KIND_OFFSET)) != null
                        && window.bytes().get(start + ExcerptFrame.VERSION_OFFSET) == ExcerptFrame.VERSION
                ? Frame.SOUND
                : Frame.BODY_DAMAGED;
    }

    private boolean give(Excerpt out, Frame what) {
        int start = window.indexOf(offset) + WORD_BYTES;
        ByteBuffer bytes = window.bytes();
        long framePosition = bytes.getLong(start + ExcerptFrame.POSITION_OFFSET);
        long previous = bytes.getLong(start + ExcerptFrame.PREVIOUS_OFFSET);
        long firstSequence = bytes.getLong(start + ExcerptFrame.FIRST_SEQUENCE_OFFSET);
        int count = bytes.getInt(start + ExcerptFrame.COUNT_OFFSET);
        ExcerptKind kind = ExcerptKind.ofStoredCode(bytes.get(start + ExcerptFrame.KIND_OFFSET));
        // At the beginning, older files may have been released, but not the part of a file.
        if (previous > position && (position >= 0 || SizeRoll.cycleOf(previous) == cycle)) {
            long next = position < 0 && cycle == 0 ? 0 : expectedSequence;
            boolean counted = kind == ExcerptKind.ROWS && next >= 0 && firstSequence >= next;
            out.damaged(
                    previous,
                    counted ? next : Excerpt.UNKNOWN,
                    counted ? firstSequence - next : Excerpt.UNKNOWN,
                    counted ? ExcerptKind.ROWS : null,
                    "excerpts after position " + Long.toHexString(position) + " through "
                            + Long.toHexString(previous) + " are gone; the next sound one is in "
                            + directory.fileOf(cycle) + " at offset " + offset);
            out.released = position >= 0 && !Files.exists(directory.fileOf(SizeRoll.cycleOf(position)));
            position = previous;
            foundOffset = offset;
            return true;
        }
        int extraLength = bytes.getInt(start + ExcerptFrame.EXTRA_LENGTH_OFFSET);
        int bodyStart = start + HEADER_BYTES + extraLength;
        if (what == Frame.SOUND) {
            out.kind = kind;
            out.writtenKind = kind;
            out.position = framePosition;
            out.firstSequence = firstSequence;
            out.count = count;
            out.body = window.view(bodyStart, frameBytes - HEADER_BYTES - extraLength);
            out.damage = "";
            out.released = false;
        } else {
            out.damaged(
                    framePosition,
                    firstSequence,
                    count,
                    kind,
                    "the body of the excerpt in " + directory.fileOf(cycle) + " at offset " + offset
                            + " does not match its checksum");
        }
        out.lossBefore = ExcerptFrame.loss(bytes, start);
        out.extra = window.view(start + HEADER_BYTES, extraLength);
        position = framePosition;
        expectedSequence = firstSequence + count;
        tailDeclared = false;
        int length = bytes.getInt(start + ExcerptFrame.LENGTH_OFFSET);
        if (frameBytes > 0) {
            offset = FileWindow.after(offset, frameBytes);
        } else if (length == bytes.getInt(start - WORD_BYTES) && length >= HEADER_BYTES + extraLength) {
            offset = FileWindow.after(offset, length);
        } else {
            // One of the two is damaged, and nobody knows which.
            offset = FileWindow.after(offset, HEADER_BYTES + extraLength);
            astray = true;
        }
        return true;
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
        window.forget();
        for (long at = window.nextMagic(offset); at >= 0; at = window.nextMagic(at + WORD_BYTES)) {
            if (isFurtherFrame(at, shouldBe, newer)) {
                foundOffset = at;
                return true;
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
        long found = window.bytes().getLong(window.indexOf(at) + WORD_BYTES + ExcerptFrame.POSITION_OFFSET);
        boolean finished = newer >= 0 || found <= shouldBe || !FileWindow.isOpenWord(window.wordAt(at));
        return finished;
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
            window.open(directory.fileOf(which));
        } catch (NoSuchFileException released) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        cycle = which;
        offset = 0;
        astray = false;
        foundOffset = -1;
        return true;
    }

    private void closeFile() {
        window.close();
        cycle = -1;
        astray = false;
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
