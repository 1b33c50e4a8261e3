package dev.raftsman.input;

import dev.raftsman.block.LineBlockBuilder;
import dev.raftsman.block.Lines;
import dev.raftsman.event.Loss;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * Reads files as they grow and makes blocks of whole lines, one stream a file, without an object for a line.
 *
 * <p>Nothing is buffered between two looks at a file: bytes that are too few for a block stay in the file until there
 * are more of them or they have waited for the linger. So a thousand slowly growing files share one buffer and one
 * compressor, a stop loses nothing, and the checkpoint of a block is simply where it ends.
 *
 * <pre>
 *  what is seen at a look                             what is done
 *  ------------------------------------------------   ----------------------------------------------------------
 *  the name points to another file (renamed, new)     the held one is read to its end and has been quiet for the
 *                                                     idle time; then the new one begins, in the same stream
 *  the file has another name that matches             read on where it was, in the stream of its first name
 *  the file has no name any more                      held and read; closed a minute after its last growth
 *  at the start: renamed to what no pattern matches   found by its inode beside its old name, read to its end
 *  the name points to a new file, and others had it   they are found by their age beside it and read first, in the
 *  in between: two renames between two looks          same stream; see {@link FileHistory}
 *  empty, or begins otherwise                         it was written anew: from its beginning
 *  begins as it did, shorter than what was read       its end was lost after we had it: read on at its new end
 *  ends in the middle of a line                       the rest waits for its newline; after the idle time it is
 *                                                     taken as it is, a line without newline, and what comes later
 *                                                     is the next line: joined, the bytes are those of the file
 * </pre>
 *
 * One thread. Draws at most one block of direct memory to read into, and the compressor's.
 */
public final class FileInput implements AutoCloseable {
    static final long NAMELESS_NANOS = 60_000_000_000L;
    private static final long PREDECESSOR_MOST_NANOS = 10_000_000_000L;
    private static final long LOOK_LEAST_NANOS = 10_000_000L;
    private static final long LOOK_MOST_NANOS = 1_000_000_000L;
    private static final int BLOCKS_PER_TURN = 4;

    private final List<Input> inputs = new ArrayList<>();
    private final BlockSink sink;
    private final OperatorLog log;
    private final LongSupplier epochNanos;
    private final LineBlockBuilder builder = new LineBlockBuilder();
    private final ByteBuffer buffer;

    private final FileHistory history;
    private final Map<FileKey, FileTail> tails = new LinkedHashMap<>();
    private final Map<String, FileTail> newestOfStream = new HashMap<>();
    private int generation;
    private long discoverAtNanos;
    private boolean flushing;

    private record Input(FileInputSettings settings, List<PathGlob> globs) {}

    /**
     * A file sighted for the first time in this run.
     *
     * @param isNew nothing of it was read before
     */
    private record Sighting(FileTail tail, FileTime modified, boolean isNew) {
        /** Renamed files of a stream first, those known before those missed, then by age: their lines are older. */
        static final Comparator<Sighting> IN_ORDER = Comparator.comparing(Sighting::hasItsFirstName)
                .thenComparing(Sighting::isNew)
                .thenComparing(Sighting::modified);

        boolean hasItsFirstName() {
            return tail.path.equals(tail.home);
        }
    }

    /**
     * @param known how far each file was read before, the newest checkpoint of each, in the order they were taken
     * @param epochNanos the time, in nanoseconds since 1970
     */
    public FileInput(
            List<FileInputSettings> inputs,
            List<KnownFile> known,
            BlockSink sink,
            OperatorLog log,
            LongSupplier epochNanos,
            long nowNanos) {
        int blockBytes = 1;
        for (FileInputSettings settings : inputs) {
            List<PathGlob> globs = new ArrayList<>();
            for (String pattern : settings.paths()) {
                globs.add(new PathGlob(pattern));
            }
            this.inputs.add(new Input(settings, globs));
            blockBytes = Math.max(blockBytes, settings.blockBytes());
        }
        this.history = new FileHistory(known, log);
        this.sink = sink;
        this.log = log;
        this.epochNanos = epochNanos;
        this.buffer = ByteBuffer.allocateDirect(blockBytes).order(ByteOrder.LITTLE_ENDIAN);
        this.discoverAtNanos = nowNanos;
    }

    /**
     * Looks for files and reads what is due, a bounded piece of each.
     *
     * @return whether anything was read; if not, there is time until the next look
     */
    public boolean step(long nowNanos) {
        if (nowNanos - discoverAtNanos >= 0) {
            discover(nowNanos);
        }
        boolean worked = false;
        for (FileTail tail : tails.values()) {
            if (nowNanos - tail.lookAtNanos >= 0) {
                worked |= look(tail, nowNanos);
            }
        }
        return worked;
    }

    /**
     * Makes blocks of all whole lines that are there, without waiting for more: a stop is near.
     *
     * @param lastLines also of last lines without newline, since nobody will read on here
     */
    public void flush(boolean lastLines, long nowNanos, long deadlineNanos, LongSupplier nanoTime) {
        flushing = true;
        boolean worked = true;
        while (worked && nanoTime.getAsLong() - deadlineNanos < 0) {
            worked = false;
            for (FileTail tail : tails.values()) {
                if (lastLines) {
                    tail.grewNanos = nowNanos - tail.settings.idle().toNanos();
                }
                worked |= look(tail, nowNanos);
            }
        }
        flushing = false;
    }

    /** Bytes that are there and not read, as of the last look at each file. */
    public long lagBytes() {
        long lag = 0;
        for (FileTail tail : tails.values()) {
            lag += Math.max(0, tail.size - tail.offset);
        }
        return lag;
    }

    // ---- which files

    private void discover(long nowNanos) {
        generation++;
        Map<FileKey, Sighting> sightings = new LinkedHashMap<>();
        long nextNanos = Long.MAX_VALUE;
        for (Input input : inputs) {
            nextNanos = Math.min(nextNanos, input.settings.discovery().toNanos());
            for (PathGlob glob : input.globs) {
                glob.forEach(path -> sight(input.settings, path, nowNanos, sightings));
            }
        }
        discoverAtNanos = nowNanos + nextNanos;
        if (generation == 1) {
            findMoved(nowNanos, sightings);
        }
        findMissed(nowNanos, sightings);
        tails.values().removeIf(tail -> retire(tail, nowNanos));
        List<Sighting> inOrder = new ArrayList<>(sightings.values());
        inOrder.sort(Sighting.IN_ORDER);
        for (Sighting sighting : inOrder) {
            FileTail tail = sighting.tail;
            tail.retired = !sighting.hasItsFirstName();
            FileTail before = newestOfStream.put(tail.stream, tail);
            if (before != null && before != tail && before.retired) {
                tail.predecessor = before;
            } else if (before != null && before != tail && before.channel.isOpen()) {
                log.warn(
                        "shared " + tail.stream,
                        "two files feed one stream, their lines are mixed there: stream=" + tail.stream + ", path="
                                + tail.path + ", other=" + before.path);
            }
            tails.put(tail.key, tail);
        }
    }

    private void sight(FileInputSettings settings, Path path, long nowNanos, Map<FileKey, Sighting> sightings) {
        try {
            NamedFile file = NamedFile.at(path);
            if (file == null) {
                return;
            }
            FileTail tail = tails.get(file.key());
            if (tail == null) {
                if (!sightings.containsKey(file.key())) { // or it is one file under two names
                    open(settings, file, path, nowNanos, sightings);
                }
                return;
            }
            if (tail.generation != generation) {
                tail.generation = generation;
                tail.path = path;
            }
            if (path.equals(tail.home)) {
                history.seen(path, file.key(), file.modified());
            }
        } catch (NoSuchFileException e) {
            return; // renamed or deleted between two looks
        } catch (IOException e) {
            log.warn("open " + path, "file cannot be read, trying on: path=" + path + ", reason=" + e);
        }
    }

    /**
     * A file that was renamed to what no pattern matches, while nobody held it: it is looked for by its inode where it
     * was, once at the start, since what is unread in it would be lost without a word.
     */
    private void findMoved(long nowNanos, Map<FileKey, Sighting> sightings) {
        for (NamedFile file : history.moved(sightings::containsKey)) {
            try {
                open(inputs.get(0).settings, file, file.path(), nowNanos, sightings);
            } catch (IOException e) {
                log.warn("open " + file.path(), "file cannot be read: path=" + file.path() + ", reason=" + e);
            }
        }
    }

    /** Files that were never seen under the name they had: it was given on twice since it was looked at. */
    private void findMissed(long nowNanos, Map<FileKey, Sighting> sightings) {
        for (Sighting sighting : List.copyOf(sightings.values())) {
            if (sighting.hasItsFirstName()) {
                if (sighting.isNew && !openMissed(sighting.tail, nowNanos, sightings)) {
                    continue;
                }
                history.seen(sighting.tail.home, sighting.tail.key, sighting.modified);
            }
        }
    }

    /** @return false if files are being renamed at this moment: the name is looked at again as if it was not now */
    private boolean openMissed(FileTail newest, long nowNanos, Map<FileKey, Sighting> sightings) {
        List<FileKey> opened = new ArrayList<>(List.of(newest.key));
        boolean stayed = true;
        Predicate<FileKey> isHeld = key -> tails.containsKey(key) || sightings.containsKey(key);
        for (NamedFile file : history.missed(newest.home, isHeld)) {
            try {
                stayed &= open(newest.settings, file, newest.home, nowNanos, sightings);
                opened.add(file.key());
            } catch (NoSuchFileException e) {
                stayed = false;
            } catch (IOException e) {
                log.error(
                        "open " + file.path(),
                        "rotated file cannot be read, its lines will be missing: path=" + file.path() + ", reason="
                                + e);
            }
        }
        if (!stayed) {
            for (FileKey key : opened) {
                Sighting sighting = sightings.remove(key);
                if (sighting != null) {
                    closeChannel(sighting.tail);
                }
            }
        }
        return stayed;
    }

    /**
     * @param home the name under which it was written, if nothing is known of it
     * @return whether it is still behind its name
     */
    private boolean open(
            FileInputSettings settings, NamedFile file, Path home, long nowNanos, Map<FileKey, Sighting> sightings)
            throws IOException {
        Path path = file.path();
        FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
        boolean kept = false;
        try {
            NamedFile behind = NamedFile.at(path);
            if (behind == null || !behind.key().equals(file.key())) {
                return false; // renamed between the two calls: the next look decides
            }
            SourceCheckpoint before = history.readOf(file.key(), channel);
            long size = channel.size();
            if (before != null && size < before.offset()) {
                cutShort(path, before.stream(), before.offset(), size);
            }
            FileTail tail = new FileTail(
                    file.key(),
                    settings,
                    channel,
                    before != null ? before.stream() : settings.naming().streamOf(home),
                    before != null ? FileHistory.home(before, path) : home,
                    path,
                    before != null ? before.fingerprint() : Fingerprint.NONE,
                    before != null ? Math.min(before.offset(), size) : 0,
                    nowNanos);
            tail.generation = generation;
            sightings.put(file.key(), new Sighting(tail, file.modified(), before == null));
            kept = true;
            log.info("reading file: path=" + path + ", stream=" + tail.stream + ", offset=" + tail.offset);
            return true;
        } finally {
            if (!kept) {
                channel.close();
            }
        }
    }

    /** @return whether the file is done with and closed */
    private boolean retire(FileTail tail, long nowNanos) {
        boolean nameless = tail.generation != generation;
        tail.retired = nameless || !tail.path.equals(tail.home);
        if (!nameless || tail.offset != tail.size || nowNanos - tail.grewNanos < NAMELESS_NANOS) {
            return false;
        }
        try {
            if (tail.channel.size() != tail.size) {
                return false;
            }
            if (tail.offset > 0 && hasOtherName(tail)) {
                history.remember(tail.checkpoint());
            } else {
                history.forget(tail.key); // its inode may be given again, to a file that begins alike
            }
        } catch (IOException e) {
            log.warn("close " + tail.path, "file could not be closed: path=" + tail.path + ", reason=" + e);
        }
        closeChannel(tail);
        newestOfStream.remove(tail.stream, tail);
        return true;
    }

    private void closeChannel(FileTail tail) {
        try {
            tail.channel.close();
        } catch (IOException e) {
            log.warn("close " + tail.path, "file could not be closed: path=" + tail.path + ", reason=" + e);
        }
    }

    private static boolean hasOtherName(FileTail tail) throws IOException {
        Path directory = tail.path.getParent();
        return Files.isDirectory(directory)
                && NamedFile.in(directory).stream().anyMatch(file -> file.key().equals(tail.key));
    }

    // ---- what is in them

    private boolean look(FileTail tail, long nowNanos) {
        if (tail.predecessor != null && !takesOver(tail, nowNanos)) {
            return false;
        }
        try {
            tail.failing = false;
            long size = tail.channel.size();
            if (size != tail.size) {
                tail.size = size;
                tail.grewNanos = nowNanos;
            }
            if (size < tail.offset) {
                shrunk(tail, size, nowNanos);
            }
            long available = tail.size - tail.offset;
            if (available == 0) {
                tail.unread = false;
                lookLater(tail, nowNanos);
                return false;
            }
            if (!tail.unread) {
                tail.unread = true;
                tail.unreadSinceNanos = nowNanos;
                if (!tail.fingerprint.fits(tail.channel)) {
                    writtenAnew(tail, nowNanos);
                }
            }
            if (isDue(tail, available, nowNanos)) {
                return read(tail, nowNanos);
            }
            tail.lookAtNanos = nowNanos + LOOK_LEAST_NANOS;
            return false;
        } catch (IOException e) {
            tail.failing = true;
            tail.lookAtNanos = nowNanos + LOOK_MOST_NANOS;
            log.error("read " + tail.path, "file cannot be read, trying on: path=" + tail.path + ", reason=" + e);
            return false;
        }
    }

    private boolean isDue(FileTail tail, long available, long nowNanos) {
        if (tail.partialUntil == tail.size) {
            return isIdle(tail, nowNanos);
        }
        return available >= tail.settings.blockBytes()
                || flushing
                || nowNanos - tail.unreadSinceNanos >= tail.settings.linger().toNanos();
    }

    private boolean isIdle(FileTail tail, long nowNanos) {
        return nowNanos - tail.grewNanos >= tail.settings.idle().toNanos();
    }

    /** The longer a file has not grown, the more rarely it is looked at: idle files cost little. */
    private void lookLater(FileTail tail, long nowNanos) {
        long quietNanos = nowNanos - tail.grewNanos;
        tail.lookAtNanos = nowNanos + Math.max(LOOK_LEAST_NANOS, Math.min(LOOK_MOST_NANOS, quietNanos >> 4));
    }

    private boolean takesOver(FileTail tail, long nowNanos) {
        FileTail before = tail.predecessor;
        boolean over = !before.channel.isOpen() || before.quietSince(tail.openedNanos, nowNanos);
        // Somebody goes on writing to the renamed file: the two are read side by side. It must have a checkpoint by
        // then, since after a crash nobody looks for what came before a file that is known.
        boolean both = nowNanos - tail.openedNanos > PREDECESSOR_MOST_NANOS
                && before.predecessor == null
                && (before.offset > 0 || before.failing)
                && before.size - before.offset < before.settings.blockBytes();
        if (over || both) {
            tail.predecessor = null;
            tail.unreadSinceNanos = nowNanos;
            return true;
        }
        return false;
    }

    private void shrunk(FileTail tail, long size, long nowNanos) throws IOException {
        if (size == 0 || !tail.fingerprint.fits(tail.channel)) {
            writtenAnew(tail, nowNanos);
            return;
        }
        cutShort(tail.path, tail.stream, tail.offset, size);
        tail.offset = size;
        tail.partialUntil = -1;
    }

    /** What is gone was read and is shipped; what is left must not be read twice. */
    private void cutShort(Path path, String stream, long read, long size) {
        log.warn(
                "cut " + path,
                "file lost its end after it was read (a power cut?), reading on at its new end: path=" + path
                        + ", stream=" + stream + ", read=" + read + ", size=" + size);
    }

    private void writtenAnew(FileTail tail, long nowNanos) {
        log.info("file was written anew, reading from its beginning: path=" + tail.path + ", stream=" + tail.stream
                + ", read=" + tail.offset + ", size=" + tail.size);
        tail.offset = 0;
        tail.fingerprint = Fingerprint.NONE;
        tail.partialUntil = -1;
        tail.grewNanos = nowNanos;
    }

    private boolean read(FileTail tail, long nowNanos) throws IOException {
        boolean worked = false;
        int blockBytes = tail.settings.blockBytes();
        for (int i = 0; i < BLOCKS_PER_TURN; i++) {
            if (!sink.hasRoom()) {
                tail.lookAtNanos = nowNanos + LOOK_LEAST_NANOS;
                return worked;
            }
            long readFromNanos = epochNanos.getAsLong();
            int got = fill(tail, blockBytes);
            int end = Lines.endOfLast(buffer, 0, got);
            if (end == 0 && got > 0 && (got == blockBytes || isIdle(tail, nowNanos))) {
                end = got; // a piece of a line, joined with the next one by having no newline
            }
            if (end > 0) {
                if (!emit(tail, end, readFromNanos)) {
                    tail.lookAtNanos = nowNanos + LOOK_LEAST_NANOS;
                    return worked;
                }
                worked = true;
            }
            if (got < blockBytes) {
                tail.partialUntil = end < got ? tail.offset + (got - end) : -1;
                break;
            }
        }
        tail.unread = tail.offset < tail.size;
        tail.unreadSinceNanos = nowNanos;
        tail.lookAtNanos = nowNanos;
        return worked;
    }

    private int fill(FileTail tail, int blockBytes) throws IOException {
        buffer.clear().limit(blockBytes);
        while (buffer.hasRemaining() && tail.channel.read(buffer, tail.offset + buffer.position()) > 0) {
            continue;
        }
        return buffer.position();
    }

    private boolean emit(FileTail tail, int end, long readFromNanos) throws IOException {
        int count = Lines.count(buffer, 0, end) + (buffer.get(end - 1) == '\n' ? 0 : 1);
        long first = sink.nextSequence(tail.stream);
        buffer.position(0).limit(end);
        ByteBuffer block = builder.build(buffer, first, count, Loss.NONE, readFromNanos, epochNanos.getAsLong());
        buffer.clear();
        tail.offset += end;
        if (!sink.accept(block, first, count, end, tail.checkpoint())) {
            tail.offset -= end;
            return false;
        }
        return true;
    }

    @Override
    public void close() {
        for (FileTail tail : tails.values()) {
            try {
                tail.channel.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        tails.clear();
        builder.close();
    }
}
