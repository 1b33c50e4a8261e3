package dev.raftsman.input;

import dev.raftsman.block.LineBlockBuilder;
import dev.raftsman.block.Lines;
import dev.raftsman.event.Loss;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

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

    private final Map<FileKey, SourceCheckpoint> known = new HashMap<>();
    private final Map<FileKey, FileTail> tails = new LinkedHashMap<>();
    private final Map<String, FileTail> newestOfStream = new HashMap<>();
    private int generation;
    private long discoverAtNanos;
    private boolean flushing;

    private record Input(FileInputSettings settings, List<PathGlob> globs) {}

    /** A file sighted for the first time. */
    private record Sighting(FileTail tail, long modifiedMillis) {
        boolean hasItsFirstName() {
            return tail.path.equals(tail.home);
        }
    }

    /**
     * @param known how far each file was read before, the newest checkpoint of each
     * @param epochNanos the time, in nanoseconds since 1970
     */
    public FileInput(
            List<FileInputSettings> inputs,
            Collection<SourceCheckpoint> known,
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
        for (SourceCheckpoint checkpoint : known) {
            this.known.put(checkpoint.key(), checkpoint);
        }
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
        tails.values().removeIf(tail -> retire(tail, nowNanos));
        // Renamed files of a stream first, then by age: their lines are older.
        List<Sighting> inOrder = new ArrayList<>(sightings.values());
        inOrder.sort(Comparator.comparing(Sighting::hasItsFirstName).thenComparingLong(Sighting::modifiedMillis));
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
            FileKey key = FileKey.of(path);
            if (key == null) {
                return;
            }
            FileTail tail = tails.get(key);
            if (tail == null) {
                if (!sightings.containsKey(key)) { // or it is one file under two names
                    open(settings, path, key, nowNanos, sightings);
                }
            } else if (tail.generation != generation) {
                tail.generation = generation;
                tail.path = path;
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
        Map<Path, Map<FileKey, SourceCheckpoint>> missing = new HashMap<>();
        for (SourceCheckpoint checkpoint : known.values()) {
            Path directory = pathOf(checkpoint, Path.of("/")).getParent();
            if (!sightings.containsKey(checkpoint.key()) && directory != null && Files.isDirectory(directory)) {
                missing.computeIfAbsent(directory, d -> new HashMap<>()).put(checkpoint.key(), checkpoint);
            }
        }
        missing.forEach((directory, files) -> {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
                for (Path entry : entries) {
                    sightMoved(entry, files, nowNanos, sightings);
                }
            } catch (IOException | DirectoryIteratorException e) {
                log.warn("moved " + directory, "cannot look for renamed files: path=" + directory + ", reason=" + e);
            }
        });
    }

    /** A name that this process's locale cannot express is no path here, though its bytes are one on the disk. */
    private static Path pathOf(SourceCheckpoint checkpoint, Path otherwise) {
        try {
            return Path.of(checkpoint.path());
        } catch (InvalidPathException e) {
            return otherwise;
        }
    }

    private void sightMoved(
            Path entry, Map<FileKey, SourceCheckpoint> files, long nowNanos, Map<FileKey, Sighting> sightings) {
        try {
            FileKey key = FileKey.of(entry);
            SourceCheckpoint before = key == null ? null : files.remove(key);
            if (before == null || Files.size(entry) <= before.offset()) {
                return;
            }
            try (FileChannel probe = FileChannel.open(entry, StandardOpenOption.READ)) {
                if (!before.fingerprint().fits(probe)) {
                    return;
                }
            }
            open(inputs.get(0).settings, entry, key, nowNanos, sightings);
        } catch (IOException e) {
            log.warn("open " + entry, "file cannot be read: path=" + entry + ", reason=" + e);
        }
    }

    private void open(
            FileInputSettings settings, Path path, FileKey key, long nowNanos, Map<FileKey, Sighting> sightings)
            throws IOException {
        long modifiedMillis = Files.getLastModifiedTime(path).toMillis();
        FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
        boolean kept = false;
        try {
            if (!key.equals(FileKey.of(path))) {
                return; // renamed between the two calls: the next look decides
            }
            SourceCheckpoint before = known.get(key);
            boolean same = before != null && before.fingerprint().fits(channel);
            long size = channel.size();
            if (same && size < before.offset()) {
                cutShort(path, before.stream(), before.offset(), size);
            }
            FileTail tail = new FileTail(
                    key,
                    settings,
                    channel,
                    same ? before.stream() : settings.naming().streamOf(path),
                    same ? pathOf(before, path) : path,
                    path,
                    same ? before.fingerprint() : Fingerprint.NONE,
                    same ? Math.min(before.offset(), size) : 0,
                    nowNanos);
            tail.generation = generation;
            sightings.put(key, new Sighting(tail, modifiedMillis));
            kept = true;
            log.info("reading file: path=" + path + ", stream=" + tail.stream + ", offset=" + tail.offset);
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
            if (hasOtherName(tail)) {
                known.put(tail.key, tail.checkpoint());
            } else {
                known.remove(tail.key); // its inode may be given again, to a file that begins alike
            }
            tail.channel.close();
        } catch (IOException e) {
            log.warn("close " + tail.path, "file could not be closed: path=" + tail.path + ", reason=" + e);
        }
        newestOfStream.remove(tail.stream, tail);
        return true;
    }

    private static boolean hasOtherName(FileTail tail) throws IOException {
        Path directory = tail.path.getParent();
        if (!Files.isDirectory(directory)) {
            return false;
        }
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                if (isBehind(entry, tail.key)) {
                    return true;
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return false;
    }

    private static boolean isBehind(Path entry, FileKey key) throws IOException {
        try {
            return key.equals(FileKey.of(entry));
        } catch (NoSuchFileException e) {
            return false; // gone between two looks, or a link to nothing
        }
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
