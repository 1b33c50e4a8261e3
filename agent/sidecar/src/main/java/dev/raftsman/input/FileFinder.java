package dev.raftsman.input;

import dev.raftsman.process.Encoding;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Which files there are: looks the patterns up, knows files again under other names, says who comes after whom. A file is
 * known by device, inode and beginning, never by its name.
 *
 * <pre>
 *  what is seen at a look                             what is done
 *  ------------------------------------------------   ----------------------------------------------------------
 *  the name points to another file (renamed, new)     the new one waits until the other was read to its end
 *  the file has another name that matches             read on where it was, in the stream of its first name
 *  the file has no name any more                      held and read; closed a minute after its last growth
 *  it is not held, and has no name that matches       found by its inode beside its old name, held again
 *  at the start: renamed to what no pattern matches   the same
 *  the name points to a new file, and others had it   they are found by their age beside it and read first, in the
 *  in between: two renames between two looks          same stream; see {@link FileHistory}
 *  it is not held, and has grown                      held again
 *  compressed                                         left alone; what is missing may be found in it, see above
 * </pre>
 *
 * A look costs a system call for each file, so looks are the rarer the longer they take: a fiftieth of the time at most,
 * but every three seconds in any case; and half as many while nothing new turns up. One thread.
 */
final class FileFinder {
    static final long NAMELESS_NANOS = 60_000_000_000L;
    private static final long LOOK_MOST_NANOS = 3_000_000_000L;
    private static final int COST_FACTOR = 50;
    private static final int LOOKS_IN_VAIN = 60;
    private static final int SEARCH_LINE_BYTES = 1 << 20;

    private final List<FollowedInput> inputs;
    private final FileHistory history;
    private final BlockSink sink;
    private final OperatorLog log;
    private final LongSupplier epochNanos;
    private final LongSupplier nanoTime;

    /** Told of a file that is held now, for the first time or again. */
    private final Consumer<FileTail> found;

    private final Map<FileKey, FileTail> tails = new LinkedHashMap<>();

    /** The same by what the platform gives in one cheap call. */
    private final Map<Object, FileTail> byIdentity = new HashMap<>();

    /** Found while files were read: they join the others at the next look. */
    private final List<FileTail> copies = new ArrayList<>();

    private final Map<String, FileTail> newestOfStream = new HashMap<>();
    private int generation;
    private int looksInVain;

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

    FileFinder(
            List<FollowedInput> inputs,
            FileHistory history,
            BlockSink sink,
            OperatorLog log,
            LongSupplier epochNanos,
            LongSupplier nanoTime,
            Consumer<FileTail> found) {
        this.inputs = inputs;
        this.history = history;
        this.sink = sink;
        this.log = log;
        this.epochNanos = epochNanos;
        this.nanoTime = nanoTime;
        this.found = found;
    }

    Collection<FileTail> tails() {
        return tails.values();
    }

    /** Looks everything up. @return when to look again */
    long look(long nowNanos) {
        long beganNanos = nanoTime.getAsLong();
        generation++;
        Map<FileKey, Sighting> sightings = new LinkedHashMap<>();
        long leastNanos = Long.MAX_VALUE;
        for (FollowedInput input : inputs) {
            leastNanos = Math.min(leastNanos, input.settings.discovery().toNanos());
            input.forEach(path -> sight(input, path, nowNanos, sightings));
        }
        if (generation == 1) {
            findMoved(nowNanos, sightings);
        }
        findMissed(nowNanos, sightings);
        takeCopies();
        findQuietOnes(nowNanos);
        if (tails.values().removeIf(tail -> retire(tail, nowNanos))) {
            byIdentity.values().removeIf(tail -> tails.get(tail.key) != tail);
        }
        List<Sighting> inOrder = new ArrayList<>(sightings.values());
        inOrder.sort(Sighting.IN_ORDER);
        inOrder.forEach(sighting -> follow(sighting, nowNanos));
        looksInVain = sightings.isEmpty() ? looksInVain + 1 : 0;
        long costNanos = nanoTime.getAsLong() - beganNanos;
        long restNanos = looksInVain > LOOKS_IN_VAIN ? leastNanos * 2 : leastNanos;
        return nowNanos + Math.max(restNanos, Math.min(LOOK_MOST_NANOS, costNanos * COST_FACTOR));
    }

    private void takeCopies() {
        for (FileTail copy : copies) {
            tails.putIfAbsent(copy.key, copy);
        }
        copies.clear();
    }

    private void follow(Sighting sighting, long nowNanos) {
        FileTail tail = sighting.tail;
        tail.retired = !sighting.hasItsFirstName();
        FileTail before = newestOfStream.put(tail.stream, tail);
        if (before != null && before != tail && before.retired) {
            tail.waitFor(before, nowNanos);
        } else if (before != null && before != tail && before.isHeld() && isByName(tail)) {
            log.warn(
                    "shared " + tail.stream,
                    "two files feed one stream, their lines are mixed there: stream=" + tail.stream + ", path="
                            + tail.path + ", other=" + before.path);
        }
        tails.put(tail.key, tail);
        found.accept(tail);
    }

    /** Whoever names streams otherwise has several files in one on purpose: those of a directory, of a container. */
    private static boolean isByName(FileTail tail) {
        return tail.input.settings.naming().equals(StreamNaming.BY_NAME);
    }

    private void sight(FollowedInput input, Path path, long nowNanos, Map<FileKey, Sighting> sightings) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
            FileTail tail = byIdentity.get(attributes.fileKey());
            if (tail != null) {
                again(tail, path, attributes, nowNanos);
                return;
            }
            NamedFile file = attributes.isRegularFile() ? NamedFile.at(path) : null;
            if (file == null) {
                return;
            }
            if (tails.containsKey(file.key())) {
                byIdentity.put(attributes.fileKey(), tails.get(file.key()));
                again(tails.get(file.key()), path, attributes, nowNanos);
            } else if (!sightings.containsKey(file.key())
                    && isWanted(input, file)) { // or it is one file under two names
                open(input, file, path, nowNanos, sightings);
            }
        } catch (NoSuchFileException e) {
            return; // renamed or deleted between two looks
        } catch (IOException e) {
            log.warn("open " + path, "file cannot be read, trying on: path=" + path + ", reason=" + e);
        }
    }

    /** A file that is followed is there, under this name. */
    private void again(FileTail tail, Path path, BasicFileAttributes attributes, long nowNanos) throws IOException {
        boolean renamed = !path.equals(tail.path);
        if (tail.generation != generation) {
            tail.generation = generation;
            tail.path = path;
        }
        boolean written =
                attributes.size() != tail.size || !attributes.lastModifiedTime().equals(tail.restedAt);
        if (!tail.isHeld() && (renamed || written)) {
            hold(tail, path, nowNanos);
        }
        if (path.equals(tail.home)) {
            history.seen(path, tail.key, attributes.lastModifiedTime());
        }
    }

    private boolean isWanted(FollowedInput input, NamedFile file) {
        if (Compression.of(file.path()) != null) {
            return false;
        }
        if (input.settings.ignoreOlder() == null || history.knows(file.key())) {
            return true;
        }
        long ageMillis = epochNanos.getAsLong() / 1_000_000 - file.modified().toMillis();
        return ageMillis <= input.settings.ignoreOlder().toMillis();
    }

    /** A quiet file was written or renamed: it is followed closely again. */
    private void hold(FileTail tail, Path path, long nowNanos) throws IOException {
        Content content = Content.open(path);
        NamedFile behind = NamedFile.at(path);
        if (behind == null || !behind.key().equals(tail.key)) {
            content.close(); // renamed between the two calls: the next look decides
            return;
        }
        tail.content = content;
        tail.grewNanos = nowNanos;
        if (!tail.fingerprint.fits(content)) {
            tail.beginAnew();
        }
        found.accept(tail);
    }

    /** Those that are not held and have lost their name may have another one, and may grow under it. */
    private void findQuietOnes(long nowNanos) {
        Map<Path, List<FileTail>> lost = new HashMap<>();
        for (FileTail tail : tails.values()) {
            if (!tail.isHeld() && tail.generation != generation) {
                lost.computeIfAbsent(tail.path.getParent(), d -> new ArrayList<>())
                        .add(tail);
            }
        }
        lost.forEach((directory, lostHere) -> {
            Map<FileKey, NamedFile> there = new HashMap<>();
            try {
                NamedFile.in(directory).forEach(file -> there.put(file.key(), file));
            } catch (IOException e) {
                log.warn("list " + directory, "cannot look for renamed files: path=" + directory + ", reason=" + e);
                return;
            }
            for (FileTail tail : lostHere) {
                NamedFile file = there.get(tail.key);
                try {
                    if (file != null) {
                        hold(tail, file.path(), nowNanos);
                    }
                } catch (IOException e) {
                    log.warn("open " + file.path(), "file cannot be read: path=" + file.path() + ", reason=" + e);
                }
            }
        });
    }

    /**
     * A file that was renamed to what no pattern matches, while nobody held it: it is looked for by its inode where it
     * was, once at the start, since what is unread in it would be lost without a word.
     */
    private void findMoved(long nowNanos, Map<FileKey, Sighting> sightings) {
        for (NamedFile file : history.moved(sightings::containsKey)) {
            try {
                open(inputOf(history.home(file.key())), file, file.path(), nowNanos, sightings);
            } catch (IOException e) {
                log.warn("open " + file.path(), "file cannot be read: path=" + file.path() + ", reason=" + e);
            }
        }
    }

    /** The input that would read a file of this name. */
    private FollowedInput inputOf(Path home) {
        return inputs.stream().filter(input -> input.names(home)).findFirst().orElse(inputs.get(0));
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
        for (NamedFile file : history.missed(newest.home, followed(newest, sightings))) {
            try {
                stayed &= open(newest.input, file, newest.home, nowNanos, sightings);
                opened.add(file.key());
            } catch (NoSuchFileException e) {
                stayed = false;
            } catch (IOException e) {
                log.error(
                        "missing " + file.path(),
                        "rotated file cannot be read, its lines will be missing: path=" + file.path() + ", reason="
                                + e);
            }
        }
        if (!stayed) {
            for (FileKey key : opened) {
                Sighting sighting = sightings.remove(key);
                if (sighting != null) {
                    letGo(sighting.tail);
                }
            }
        }
        return stayed;
    }

    /**
     * A file was emptied, or begins otherwise: what was not read of it may be in a copy beside it.
     *
     * @param tail as it was before
     * @return the copy, to be read before the file itself; null if there is none
     */
    FileTail copyOf(FileTail tail, long nowNanos) {
        NamedFile file = history.copyOf(tail.lastCheckpoint(), followed(tail, Map.of()));
        if (file == null) {
            return null;
        }
        Map<FileKey, Sighting> opened = new HashMap<>();
        try {
            open(tail.input, file, tail.home, nowNanos, opened);
        } catch (IOException e) {
            log.error(
                    "missing " + file.path(),
                    "copy of a file that was emptied cannot be read, lines will be missing: path=" + file.path()
                            + ", reason=" + e);
        }
        Sighting sighting = opened.get(file.key());
        if (sighting == null) {
            return null;
        }
        FileTail copy = sighting.tail;
        copy.retired = true;
        copies.add(copy);
        found.accept(copy);
        return copy;
    }

    private FileHistory.Followed followed(FileTail newest, Map<FileKey, Sighting> sightings) {
        return new FileHistory.Followed() {
            @Override
            public long bytes(FileKey key) {
                Sighting sighting = sightings.get(key);
                FileTail tail = sighting == null ? tails.get(key) : sighting.tail;
                try {
                    return tail == null || !tail.isHeld() ? -1 : tail.content.size();
                } catch (IOException e) {
                    return tail.size;
                }
            }

            @Override
            public List<SourceCheckpoint> under(Path home) {
                List<SourceCheckpoint> under = new ArrayList<>();
                for (FileTail tail : tails.values()) {
                    if (tail != newest && tail.home.equals(home)) {
                        under.add(checkpoint(tail));
                    }
                }
                return under;
            }
        };
    }

    private SourceCheckpoint checkpoint(FileTail tail) {
        try {
            return tail.isHeld() ? tail.checkpoint() : tail.lastCheckpoint();
        } catch (IOException e) {
            log.warn("read " + tail.path, "file cannot be read: path=" + tail.path + ", reason=" + e);
            return tail.lastCheckpoint();
        }
    }

    /**
     * @param home the name under which it was written, if nothing is known of it
     * @return whether it is still behind its name
     */
    private boolean open(
            FollowedInput input, NamedFile file, Path home, long nowNanos, Map<FileKey, Sighting> sightings)
            throws IOException {
        Path path = file.path();
        Content content = Content.open(path);
        boolean kept = false;
        try {
            NamedFile behind = NamedFile.at(path);
            if (behind == null || !behind.key().equals(file.key())) {
                return false; // renamed between the two calls: the next look decides
            }
            SourceCheckpoint before = history.readOf(file.key(), content);
            long size = content.size();
            if (before != null && size < before.offset()) {
                warnCutShort(log, path, before.stream(), before.offset(), size);
            }
            Path name = before != null ? FileHistory.home(before, path) : home;
            SourcePath source = SourcePath.of(name);
            FileTail tail = new FileTail(
                    file.key(),
                    input,
                    content,
                    before != null ? before.stream() : input.settings.naming().streamOf(source),
                    input.settings.text().labels().with(source.labels()),
                    name,
                    path,
                    before != null
                            ? before.fingerprint()
                            : Fingerprint.of(content), // it may be emptied before it is read
                    before != null ? Math.min(before.offset(), size) : 0,
                    nowNanos);
            tail.encoding = encoding(input, content);
            tail.generation = generation;
            if (before == null && input.settings.fromEnd() && generation == 1 && !beginAtEnd(tail, size)) {
                return false; // no room to say so now: the next look decides
            }
            sightings.put(file.key(), new Sighting(tail, file.modified(), before == null));
            kept = true;
            log.info("reading file: path=" + path + ", stream=" + tail.stream + ", offset=" + tail.offset);
            return true;
        } finally {
            if (!kept) {
                content.close();
            }
        }
    }

    private static Encoding encoding(FollowedInput input, Content content) throws IOException {
        Encoding declared = input.settings.text().encoding();
        if (!declared.bomDecides()) {
            return declared;
        }
        ByteBuffer begin = ByteBuffer.allocate(2);
        return content.read(begin, 0) == 2 ? declared.ofFile(begin.array()) : declared.ofFile(new byte[0]);
    }

    /** What was there before counts as read; that is noted at once, or a restart would skip what is written until then. */
    private boolean beginAtEnd(FileTail tail, long size) throws IOException {
        if (size == 0) {
            return true;
        }
        long from = Math.max(0, size - SEARCH_LINE_BYTES) & ~1;
        ByteBuffer end = ByteBuffer.allocate((int) (size - from));
        while (end.hasRemaining() && tail.content.read(end, from + end.position()) > 0) {
            continue;
        }
        int newline = tail.encoding.endOfLastLine(end, 0, end.position());
        tail.offset = newline > 0 ? from + newline : size;
        tail.size = tail.offset;
        return sink.mark(tail.checkpoint());
    }

    /** @return whether the file is done with and closed */
    private boolean retire(FileTail tail, long nowNanos) {
        boolean nameless = tail.generation != generation;
        tail.retired = nameless || !tail.path.equals(tail.home);
        if (!nameless || !tail.isRead() || tail.isHeld() && nowNanos - tail.grewNanos < NAMELESS_NANOS) {
            return false;
        }
        try {
            if (tail.isHeld() && tail.content.size() != tail.size) {
                return false;
            }
            if (tail.offset > 0 && hasOtherName(tail)) {
                history.remember(tail.lastCheckpoint());
            } else {
                history.forget(tail.lastCheckpoint());
            }
        } catch (IOException e) {
            log.warn("close " + tail.path, "file could not be closed: path=" + tail.path + ", reason=" + e);
        }
        letGo(tail);
        newestOfStream.remove(tail.stream, tail);
        return true;
    }

    private static boolean hasOtherName(FileTail tail) throws IOException {
        Path directory = tail.path.getParent();
        return Files.isDirectory(directory)
                && NamedFile.in(directory).stream().anyMatch(file -> file.key().equals(tail.key));
    }

    /** The file is quiet and was read to its end: its descriptor is given back, what is known of it stays. */
    void rest(FileTail tail) {
        try {
            NamedFile file = NamedFile.at(tail.path);
            tail.restedAt = file == null ? null : file.modified();
        } catch (IOException e) {
            tail.restedAt = null; // gone or renamed just now: the next look finds out
        }
        if (tail.offset > 0) {
            history.remember(tail.lastCheckpoint());
        }
        letGo(tail);
    }

    private void letGo(FileTail tail) {
        try {
            if (tail.isHeld()) {
                tail.content.close();
            }
        } catch (IOException e) {
            log.warn("close " + tail.path, "file could not be closed: path=" + tail.path + ", reason=" + e);
        }
        tail.content = null;
    }

    void close() {
        takeCopies();
        tails.values().forEach(this::letGo);
        tails.clear();
    }

    /** What is gone was read and is shipped; what is left must not be read twice. */
    static void warnCutShort(OperatorLog log, Path path, String stream, long read, long size) {
        log.warn(
                "cut " + path,
                "file lost its end after it was read (a power cut?), reading on at its new end: path=" + path
                        + ", stream=" + stream + ", read=" + read + ", size=" + size);
    }
}
