package dev.raftsman.wal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * A look at every byte of a log that must have a certain value: words, frames, checksums, and the chain that each frame
 * makes with the one before it. Where {@link WalReader} finds its way past whatever it can, this one complains of each
 * thing that is not as it was written, with the place and what was expected there.
 *
 * <p>It only reads, and takes no lock, so the writer may live: then what it has not finished is no damage, and files that
 * it begins during the survey are not looked at. Not seen is what has no checksum: the queue's own index pages, which
 * nobody reads.
 *
 * <pre>
 *  found at the end of what can be read                    verdict
 *  ------------------------------------------------------  -------------------------------------------
 *  the end-of-file word                                    the end of this file
 *  nothing or an unfinished word, in the newest file       the end of the log
 *  the same, in an older file                              damage
 *  any of these, and a sound frame further on in the file  damage
 *  the end of the log, before what the writer had written  damage, the file's or that of the missing one
 *  a frame that names another one before it                damage, unless the files up to there are released
 * </pre>
 */
public final class WalSurvey {
    /** Told what the survey meets, on its thread, in order. */
    public interface Listener {
        /**
         * @param excerpt sound as far as its checksums go; valid during the call
         * @return what is wrong with its content, or null
         */
        String excerpt(Excerpt excerpt, WalFile file, long offset);

        /** @param bytes of the files looked at so far */
        void surveyed(long bytes);
    }

    /**
     * Something that is not as it was written.
     *
     * @param offset where in the file
     * @param lost which excerpts and sequences cannot be read for it, or that there are none
     */
    public record Damage(Path file, long offset, String expected, String found, String lost) {}

    /**
     * One file.
     *
     * @param usedBytes through the last excerpt
     * @param firstSequence {@link Excerpt#UNKNOWN} if it holds none, as the last
     */
    public record FileSurvey(WalFile file, long usedBytes, long excerpts, long firstSequence, long lastSequence) {}

    private static final int WORD_BYTES = FileWindow.WORD_BYTES;
    private static final int HEADER_BYTES = ExcerptFrame.HEADER_BYTES;
    private static final int ROLL_TRIES = 100;
    private static final long ROLL_NANOS = 10_000_000;

    private final WalDirectory directory;
    private final Listener listener;
    private final BooleanSupplier writerAlive;
    private final ExcerptFrame frame;
    private final FileWindow window = new FileWindow();
    private final Excerpt excerpt = new Excerpt();
    private final List<FileSurvey> files = new ArrayList<>();
    private final List<Damage> damages = new ArrayList<>();

    /** Damages whose loss shows only once the next sound excerpt is found. */
    private final List<Damage> open = new ArrayList<>();

    private WalProgress progress;
    private WalFile file;
    private long position = WalReader.BEFORE_FIRST;
    private long expectedSequence = Excerpt.UNKNOWN;
    private long surveyedBytes;
    private long usedBytes;
    private long excerpts;
    private long firstSequence;
    private long lastSequence;

    /** Of the frame looked at last. */
    private long problemOffset;

    private String expected;
    private String found;

    private WalSurvey(WalDirectory directory, BooleanSupplier writerAlive, Listener listener) {
        this.directory = directory;
        this.writerAlive = writerAlive;
        this.listener = listener;
        this.frame = new ExcerptFrame(directory.identity().incarnation());
    }

    /**
     * Surveys all files that are there now.
     *
     * @throws UncheckedIOException if one of them cannot be read
     */
    public static WalSurvey of(WalDirectory directory, Listener listener) {
        WalSurvey survey = new WalSurvey(directory, directory::writerAlive, listener);
        try (survey.window) {
            survey.look();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + directory + ": " + e, e);
        }
        return survey;
    }

    /** In the order of their numbers. */
    public List<FileSurvey> files() {
        return List.copyOf(files);
    }

    /** In the order they were met. */
    public List<Damage> damages() {
        return List.copyOf(damages);
    }

    public long excerpts() {
        return files.stream().mapToLong(FileSurvey::excerpts).sum();
    }

    private void look() throws IOException {
        lookAtPages();
        long due = progress == null ? WalReader.BEFORE_FIRST : progress.written();
        List<WalFile> all = directory.walFiles();
        for (WalFile next : all) {
            file = next;
            usedBytes = 0;
            excerpts = 0;
            firstSequence = Excerpt.UNKNOWN;
            lastSequence = Excerpt.UNKNOWN;
            try {
                window.open(file.path());
            } catch (NoSuchFileException released) {
                continue;
            }
            walk();
            files.add(new FileSurvey(file, usedBytes, excerpts, firstSequence, lastSequence));
            surveyedBytes += file.bytes();
            listener.surveyed(surveyedBytes);
        }
        if (position < due && !all.isEmpty()) {
            endedTooSoon(due);
        }
        settle("no excerpt");
    }

    private void lookAtPages() throws IOException {
        try {
            WalDirectory.readIdentity(directory.path());
        } catch (IOException e) {
            damages.add(new Damage(
                    directory.path().resolve(WalDirectory.IDENTITY_FILE),
                    0,
                    "the identity of the log, from " + WalDirectory.FORMAT + " to end",
                    reason(e),
                    "tenant and stream are not known"));
        }
        try {
            progress = WalProgress.read(directory.path());
        } catch (IOException e) {
            damages.add(new Damage(
                    directory.path().resolve(WalProgress.FILE_NAME),
                    0,
                    "the page with the writer's progress",
                    reason(e),
                    "how far was claimed, written and forced is not known"));
        }
    }

    private static String reason(IOException e) {
        return e instanceof NoSuchFileException ? "no such file" : String.valueOf(e.getMessage());
    }

    private void walk() throws IOException {
        long at = 0;
        while (at >= 0) {
            int word = window.wordAt(at);
            long due = WalReader.BEFORE_FIRST;
            boolean newest = false;
            if (FileWindow.isOpenWord(word)) {
                // First ask what there should be, then look again: else an append in between looks like damage.
                due = progress == null ? WalReader.BEFORE_FIRST : progress.written();
                newest = !isFollowed();
                word = newest ? window.freshWordAt(at) : closedWordAt(at);
            }
            if (isFrame(at)) {
                if (newest && FileWindow.isOpenWord(word) && positionAt(at) > due) {
                    return;
                }
                at = take(at, word, due, newest);
            } else {
                at = withoutFrame(at, word, due, newest);
            }
        }
    }

    /** @return where to look next, or -1 if that was all of this file */
    private long withoutFrame(long at, int word, long due, boolean newest) throws IOException {
        if (!FileWindow.isOpenWord(word) && (word & FileWindow.META_DATA) != 0) {
            int length = word & FileWindow.LENGTH_MASK;
            boolean ours = window.wordAt(at + WORD_BYTES) == ExcerptFrame.MAGIC;
            if (!ours && FileWindow.after(at, length) <= window.size()) {
                return FileWindow.after(at, length);
            }
        }
        long problem = problemOffset;
        String wanted = expected;
        String instead = found;
        if (FileWindow.isOpenWord(word)) {
            problem = at;
            wanted = "an excerpt, or the end-of-file word " + hex(FileWindow.END_OF_FILE);
            instead = at + WORD_BYTES > window.size() ? "the end of the file" : hex(word);
        }
        long next = furtherFrame(at + WORD_BYTES, due, newest);
        boolean ends = word == FileWindow.END_OF_FILE || FileWindow.isOpenWord(word) && newest;
        if (next >= 0 && window.freshWordAt(at) != word) {
            return at; // the writer was faster than this search
        }
        if (next >= 0 || !ends) {
            open.add(new Damage(file.path(), problem, wanted, instead, ""));
        }
        return next;
    }

    private boolean isFollowed() {
        List<Integer> cycles = directory.cycles();
        return !cycles.isEmpty() && cycles.get(cycles.size() - 1) > file.number();
    }

    /** The queue may make the next file a moment before it writes the last word of this one. */
    private int closedWordAt(long at) throws IOException {
        int word = window.freshWordAt(at);
        for (int i = 0; i < ROLL_TRIES && FileWindow.isOpenWord(word) && word != FileWindow.END_OF_FILE; i++) {
            if (!writerAlive.getAsBoolean()) {
                break;
            }
            LockSupport.parkNanos(ROLL_NANOS);
            word = window.freshWordAt(at);
        }
        return word;
    }

    private long furtherFrame(long from, long due, boolean newest) throws IOException {
        window.forget();
        for (long at = window.nextMagic(from); at >= 0; at = window.nextMagic(at + WORD_BYTES)) {
            if (isFrame(at) && (!newest || positionAt(at) <= due || !FileWindow.isOpenWord(window.wordAt(at)))) {
                return at;
            }
        }
        return -1;
    }

    private long positionAt(long at) throws IOException {
        window.load(at, WORD_BYTES + HEADER_BYTES);
        return window.bytes().getLong(window.indexOf(at) + WORD_BYTES + ExcerptFrame.POSITION_OFFSET);
    }

    /** Whether a frame of this log with a sound header lies here, behind those before; loaded then with all there is of it. */
    private boolean isFrame(long at) throws IOException {
        if (inspect(at)) {
            return true;
        }
        window.forget(); // what was loaded may be older than the word before it
        return inspect(at);
    }

    private boolean inspect(long at) throws IOException {
        int available = window.load(at, WORD_BYTES + HEADER_BYTES) - WORD_BYTES;
        if (available < HEADER_BYTES) {
            return problem(at, 0, "a frame of at least " + HEADER_BYTES + " bytes", Math.max(0, available) + " bytes");
        }
        int start = window.indexOf(at) + WORD_BYTES;
        int magic = window.bytes().getInt(start);
        if (magic != ExcerptFrame.MAGIC) {
            return problem(at, ExcerptFrame.MAGIC_OFFSET, "the magic number " + hex(ExcerptFrame.MAGIC), hex(magic));
        }
        int extraLength = window.bytes().getInt(start + ExcerptFrame.EXTRA_LENGTH_OFFSET);
        if (extraLength < 0 || extraLength > FileWindow.MAX_DOCUMENT_BYTES - HEADER_BYTES) {
            return problem(
                    at,
                    ExcerptFrame.EXTRA_LENGTH_OFFSET,
                    "an extra part of at most " + (FileWindow.MAX_DOCUMENT_BYTES - HEADER_BYTES) + " bytes",
                    Integer.toString(extraLength));
        }
        available = ExcerptFrame.loadHeader(window, at);
        start = window.indexOf(at) + WORD_BYTES;
        ByteBuffer bytes = window.bytes();
        if (HEADER_BYTES + extraLength > available) {
            return problem(
                    at,
                    0,
                    "a header of " + (HEADER_BYTES + extraLength) + " bytes",
                    available + " bytes, then the end of the file");
        }
        int crc = bytes.getInt(start + ExcerptFrame.HEADER_CRC_OFFSET);
        int computed = frame.headerCrc(bytes, start, bytes, start + HEADER_BYTES, extraLength);
        if (crc != computed) {
            return problem(
                    at,
                    ExcerptFrame.HEADER_CRC_OFFSET,
                    "a header with the CRC32C " + hex(crc),
                    "one with " + hex(computed));
        }
        long itsPosition = bytes.getLong(start + ExcerptFrame.POSITION_OFFSET);
        if (SizeRoll.cycleOf(itsPosition) != file.number() || itsPosition <= position) {
            return problem(
                    at,
                    ExcerptFrame.POSITION_OFFSET,
                    "a position in file " + file.number() + " behind " + text(position),
                    text(itsPosition));
        }
        return true;
    }

    private boolean problem(long at, int fieldOffset, String wanted, String instead) {
        problemOffset = at + WORD_BYTES + fieldOffset;
        expected = wanted;
        found = instead;
        return false;
    }

    /** @return where to look next, or -1 if that was all of this file */
    private long take(long at, int word, long due, boolean newest) throws IOException {
        int start = window.indexOf(at) + WORD_BYTES;
        ByteBuffer bytes = window.bytes();
        long framePosition = bytes.getLong(start + ExcerptFrame.POSITION_OFFSET);
        long previous = bytes.getLong(start + ExcerptFrame.PREVIOUS_OFFSET);
        long first = bytes.getLong(start + ExcerptFrame.FIRST_SEQUENCE_OFFSET);
        int count = bytes.getInt(start + ExcerptFrame.COUNT_OFFSET);
        int own = bytes.getInt(start + ExcerptFrame.LENGTH_OFFSET);
        int head = HEADER_BYTES + bytes.getInt(start + ExcerptFrame.EXTRA_LENGTH_OFFSET);
        ExcerptKind kind = ExcerptKind.ofStoredCode(bytes.get(start + ExcerptFrame.KIND_OFFSET));
        checkChain(at, previous, first, kind);
        position = framePosition;
        excerpts++;
        if (count > 0) {
            firstSequence = firstSequence == Excerpt.UNKNOWN ? first : Math.min(firstSequence, first);
            lastSequence = Math.max(lastSequence, first + count - 1);
        }
        expectedSequence = kind == ExcerptKind.ROWS ? first + count : Excerpt.UNKNOWN;
        int length = frame.soundLength(window, at);
        if (length > 0) {
            nothingLost(length != own, at + WORD_BYTES + ExcerptFrame.LENGTH_OFFSET, "the length " + length, "" + own);
            nothingLost(length != word, at, "the word " + hex(length), hex(word));
            checkBody(at, length, kind, first, count);
        } else {
            bodyDamaged(at, head, own, "sequences " + first + ".." + (first + count - 1));
        }
        boolean sure = length > 0 || own == word && own >= head;
        usedBytes = at + WORD_BYTES + (length > 0 ? length : sure ? own : head);
        listener.surveyed(surveyedBytes + usedBytes);
        long next = FileWindow.after(usedBytes - WORD_BYTES, 0);
        return sure ? next : furtherFrame(next, due, newest);
    }

    private void nothingLost(boolean wrong, long offset, String wanted, String instead) {
        if (wrong) {
            damages.add(new Damage(file.path(), offset, wanted, instead, "no excerpt"));
        }
    }

    private void bodyDamaged(long at, int head, int own, String lost) throws IOException {
        long there = window.size() - at - WORD_BYTES;
        if (own < head || own > FileWindow.MAX_DOCUMENT_BYTES || own > there) {
            damages.add(new Damage(
                    file.path(),
                    at + WORD_BYTES + ExcerptFrame.LENGTH_OFFSET,
                    "an excerpt of " + own + " bytes",
                    there + " bytes, then the end of the file",
                    lost));
            return;
        }
        int available = window.load(at, WORD_BYTES + own) - WORD_BYTES;
        int start = window.indexOf(at) + WORD_BYTES;
        int bodyLength = Math.min(own, available) - head;
        damages.add(new Damage(
                file.path(),
                at + WORD_BYTES + head,
                "a body with the CRC32C " + hex(window.bytes().getInt(start + ExcerptFrame.BODY_CRC_OFFSET)),
                "one with " + hex(frame.crcOf(window.bytes(), start + head, bodyLength)),
                lost));
    }

    private void checkChain(long at, long previous, long first, ExcerptKind kind) throws IOException {
        if (position < 0 && previous >= 0 && SizeRoll.cycleOf(previous) != file.number()) {
            settle("no excerpt"); // those in older files are released
            return;
        }
        if (position < 0 && file.number() == 0) {
            expectedSequence = 0;
        }
        boolean known = kind == ExcerptKind.ROWS && expectedSequence >= 0;
        if (previous == position) {
            settle("no excerpt");
            if (known && first != expectedSequence) {
                damages.add(new Damage(
                        file.path(),
                        at + WORD_BYTES + ExcerptFrame.FIRST_SEQUENCE_OFFSET,
                        "first sequence " + expectedSequence,
                        Long.toString(first),
                        "sequences " + expectedSequence + ".." + (first - 1)));
            }
            return;
        }
        if (position >= 0 && previous > position && !Files.exists(directory.fileOf(SizeRoll.cycleOf(position)))) {
            settle("no excerpt that can be told"); // released behind us
            return;
        }
        String lost = "excerpts " + (position < 0 ? "from the beginning" : "behind " + text(position)) + " through "
                + text(previous)
                + (known && first > expectedSequence ? ", sequences " + expectedSequence + ".." + (first - 1) : "");
        if (open.isEmpty()) {
            open.add(hole(at, previous));
        }
        settle(lost);
    }

    private Damage hole(long at, long previous) {
        for (int cycle = position < 0 ? file.number() : SizeRoll.cycleOf(position) + 1;
                cycle <= SizeRoll.cycleOf(previous);
                cycle++) {
            if (!Files.exists(directory.fileOf(cycle))) {
                return new Damage(directory.fileOf(cycle), 0, "the file with " + text(previous), "no such file", "");
            }
        }
        return new Damage(
                file.path(),
                at + WORD_BYTES + ExcerptFrame.PREVIOUS_OFFSET,
                position < 0 ? "the first excerpt" : "an excerpt that follows " + text(position),
                "one that follows " + text(previous),
                "");
    }

    private void checkBody(long at, int length, ExcerptKind kind, long first, int count) {
        int start = window.indexOf(at) + WORD_BYTES;
        ByteBuffer bytes = window.bytes();
        int extraLength = bytes.getInt(start + ExcerptFrame.EXTRA_LENGTH_OFFSET);
        int bodyStart = start + HEADER_BYTES + extraLength;
        int bodyLength = length - HEADER_BYTES - extraLength;
        String lost = "sequences " + first + ".." + (first + count - 1);
        int version = bytes.get(start + ExcerptFrame.VERSION_OFFSET);
        if (version != ExcerptFrame.VERSION || kind == null) {
            damages.add(new Damage(
                    file.path(),
                    at + WORD_BYTES + ExcerptFrame.VERSION_OFFSET,
                    "version " + ExcerptFrame.VERSION + ", kind 1 to 3",
                    "version " + version + ", kind " + bytes.get(start + ExcerptFrame.KIND_OFFSET),
                    lost));
            return;
        }
        excerpt.kind = kind;
        excerpt.writtenKind = kind;
        excerpt.position = position;
        excerpt.firstSequence = first;
        excerpt.count = count;
        excerpt.lossBefore = ExcerptFrame.loss(bytes, start);
        excerpt.extra = window.view(start + HEADER_BYTES, extraLength);
        excerpt.body = window.view(bodyStart, bodyLength);
        excerpt.damage = "";
        String wrong = listener.excerpt(excerpt, file, at);
        if (wrong != null) {
            damages.add(new Damage(
                    file.path(),
                    at + WORD_BYTES + HEADER_BYTES + extraLength,
                    kind == ExcerptKind.ROWS ? "rows of " + count + " events" : "a block",
                    wrong,
                    lost));
        }
    }

    /** What is open now has cost this much. */
    private void settle(String lost) {
        for (Damage damage : open) {
            damages.add(new Damage(damage.file(), damage.offset(), damage.expected(), damage.found(), lost));
        }
        open.clear();
    }

    /** The writer had appended more than any file holds. */
    private void endedTooSoon(long due) {
        if (position >= 0 && !Files.exists(directory.fileOf(SizeRoll.cycleOf(position)))) {
            return; // released behind us
        }
        String lost = "excerpts behind " + text(position) + " through " + text(due)
                + (expectedSequence >= 0 ? ", sequences from " + expectedSequence : "");
        if (open.isEmpty()) {
            Path missing = directory.fileOf(SizeRoll.cycleOf(due));
            boolean gone = !Files.exists(missing);
            open.add(new Damage(
                    gone ? missing : file.path(),
                    gone ? 0 : usedBytes,
                    "excerpts through " + text(due) + ", which the writer had appended",
                    gone ? "no such file" : "the end of the log",
                    ""));
        }
        settle(lost);
    }

    private static String text(long position) {
        return position < 0
                ? "none"
                : "excerpt " + WalFile.excerptOf(position) + " of file " + WalFile.numberOf(position);
    }

    private static String hex(int value) {
        return String.format("%08x", value);
    }
}
