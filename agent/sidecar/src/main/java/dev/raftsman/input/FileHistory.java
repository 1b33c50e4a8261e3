package dev.raftsman.input;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Which files were read how far, and which was the last under a name. So it can tell what was missed: a file that is
 * renamed twice between two looks, or while nobody looks, is never seen under the name it was written under.
 *
 * <pre>
 *  beside a name that has a new file                  what it is taken for
 *  ------------------------------------------------   ----------------------------------------------------------
 *  the name, then . or - and a digit, old or bak      what rotation leaves; other files are not looked at
 *    older than the file last read under the name     rotated before the name was ours: left alone
 *    not older, read to its end or being read         known, under whatever name
 *    not older, not read                              missed: read in the stream of the name, the oldest first
 *    compressed, and it holds what was read or is     known
 *     being read to its end
 *    compressed, and begins as the file last read     read on where that was left
 *     that is gone
 *    compressed otherwise, not older                  missed, as above; if we cannot inflate it, a warning names it
 *    begins as the file last read, which is gone or   a copy of it: read on where that was left
 *     was emptied
 * </pre>
 *
 * Ages are times of modification, compared with each other and not with a clock, which may be another than the file
 * system's, and only as exactly as the coarser of the two was kept. Only if the file last read is gone without a copy, the beginning of the run that read it has to serve: then
 * a warning says that lines may be missing. One thread.
 */
final class FileHistory {
    /** Names remembered; beyond, the one that was not seen for the longest time is forgotten. */
    static final int MAX_NAMES = 1 << 16;

    private static final int MAX_GONE = 4096;
    private static final int NAMED_MOST = 8;
    private static final Pattern ROTATED = Pattern.compile("[.-][0-9].*|[.-](?:old|bak)(?:\\..*)?");
    // Written in one tick: .2 is older than .1. Of the times of some only microseconds are left.
    private static final Comparator<NamedFile> OLDEST_FIRST = Comparator.comparingLong(
                    (NamedFile file) -> file.modified().to(TimeUnit.MICROSECONDS))
            .thenComparing(NamedFile::path, Comparator.reverseOrder());

    private final OperatorLog log;
    private final Map<FileKey, SourceCheckpoint> read = new HashMap<>();

    /** Read to their end in this run and deleted: a compressed copy of them may lie there still. */
    private final ArrayDeque<SourceCheckpoint> gone = new ArrayDeque<>();

    private final Map<Path, Last> lastOfName = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Path, Last> eldest) {
            return size() > MAX_NAMES;
        }
    };

    /**
     * The file that was last read under a name.
     *
     * @param modified as it was last seen there, or null if an earlier run has seen it
     * @param known what that run knew, or null
     */
    private record Last(FileKey key, FileTime modified, KnownFile known) {}

    /** @param known the newest checkpoint of each file and of each name, in the order they were taken */
    FileHistory(List<KnownFile> known, OperatorLog log) {
        this.log = log;
        for (KnownFile file : known) {
            SourceCheckpoint checkpoint = file.checkpoint();
            read.put(checkpoint.key(), checkpoint);
            Path home = home(checkpoint, null);
            if (home != null) {
                lastOfName.put(home, new Last(checkpoint.key(), null, file));
            }
        }
    }

    /** Where the file was found first; a name that this process's locale cannot express is no path here. */
    static Path home(SourceCheckpoint checkpoint, Path otherwise) {
        try {
            return Path.of(checkpoint.path());
        } catch (InvalidPathException e) {
            return otherwise;
        }
    }

    /** How far the file was read, or null: never, or its inode was given again. */
    SourceCheckpoint readOf(FileKey key, Content content) throws IOException {
        SourceCheckpoint before = read.get(key);
        return before != null && before.fingerprint().fits(content) ? before : null;
    }

    /** Whether something is known of a file with this inode, perhaps of an older one. */
    boolean knows(FileKey key) {
        return read.containsKey(key);
    }

    /** Where a known file was found first. */
    Path home(FileKey key) {
        return home(read.get(key), Path.of("/"));
    }

    void remember(SourceCheckpoint checkpoint) {
        read.put(checkpoint.key(), checkpoint);
    }

    /** The file was read to its end and is gone; its inode may be given again, to one that begins alike. */
    void forget(SourceCheckpoint last) {
        read.remove(last.key());
        gone.add(last);
        if (gone.size() > MAX_GONE) {
            gone.remove();
        }
    }

    /** The file is behind its first name. */
    void seen(Path name, FileKey key, FileTime modified) {
        Last last = lastOfName.get(name);
        if (last == null || !last.key.equals(key) || !modified.equals(last.modified)) {
            lastOfName.put(name, new Last(key, modified, null));
        }
    }

    /** Files that were not read to their end and have another name now, in the directory they were in. */
    List<NamedFile> moved(Predicate<FileKey> isHeld) {
        Map<Path, List<FileKey>> missing = new HashMap<>();
        for (SourceCheckpoint checkpoint : read.values()) {
            Path directory = home(checkpoint, Path.of("/")).getParent();
            if (!isHeld.test(checkpoint.key()) && directory != null && Files.isDirectory(directory)) {
                missing.computeIfAbsent(directory, d -> new ArrayList<>()).add(checkpoint.key());
            }
        }
        List<NamedFile> moved = new ArrayList<>();
        missing.forEach((directory, keys) -> {
            Map<FileKey, NamedFile> there = new HashMap<>();
            list(directory).forEach(file -> there.put(file.key(), file));
            for (FileKey key : keys) {
                NamedFile file = there.get(key);
                SourceCheckpoint before = read.get(key);
                if (file != null && begins(file, before) > before.offset()) {
                    moved.add(file);
                }
            }
        });
        return moved;
    }

    /** The files that are followed now. */
    interface Followed {
        /** @return how many bytes the file has, or -1 if it is not held */
        long bytes(FileKey key);

        /** How far those are read that were found first under this name. */
        List<SourceCheckpoint> under(Path home);
    }

    /**
     * Files that had this name since the last one that was read under it, and have another now. To be asked when the
     * name points to a file that was not read yet.
     *
     * @param followed what is being read anyway, the name's new file too
     * @return the oldest first
     */
    List<NamedFile> missed(Path name, Followed followed) {
        Last last = lastOfName.get(name);
        if (last == null) {
            return List.of(); // whatever lies beside it was rotated before the name was ours
        }
        List<NamedFile> rotated = rotationsOf(name);
        FileTime since = last.modified() == null ? sinceEarlierRun(name, last, rotated) : last.modified();
        Set<Path> paths = rotated.stream().map(NamedFile::path).collect(Collectors.toSet());
        List<NamedFile> missed = new ArrayList<>();
        List<Path> unreadable = new ArrayList<>();
        for (NamedFile file : rotated) {
            Compression compression = Compression.of(file.path());
            if (file.isOlderThan(since) || followed.bytes(file.key()) >= 0) {
                continue;
            }
            if (compression == null) {
                if (!wasRead(file)) {
                    missed.add(file);
                }
            } else if (paths.contains(compression.plain(file.path()))) {
                continue; // it is being made
            } else if (!compression.isReadable()) {
                unreadable.add(file.path());
            } else if (!wasReadPlain(name, file, last, followed)) {
                missed.add(file);
            }
        }
        declare(name, last, unreadable, rotated);
        return missed;
    }

    /** What rotation left of a name, the oldest first. If the name is a link, that is where the file itself lies. */
    private List<NamedFile> rotationsOf(Path name) {
        Path real = name;
        try {
            real = name.toRealPath();
        } catch (IOException e) {
            log.warn("link " + name, "cannot tell what a name points to: path=" + name + ", reason=" + e);
        }
        List<NamedFile> rotated = new ArrayList<>();
        for (NamedFile file : list(real.getParent())) {
            if (isRotationOf(real, file.path())) {
                rotated.add(file);
            }
        }
        rotated.sort(OLDEST_FIRST);
        return rotated;
    }

    private static boolean isRotationOf(Path name, Path path) {
        String first = name.getFileName().toString();
        String other = path.getFileName().toString();
        return other.startsWith(first)
                && ROTATED.matcher(other.substring(first.length())).matches();
    }

    /** When the last file of an earlier run was modified; a copy of it is taken for itself from here on. */
    private FileTime sinceEarlierRun(Path name, Last last, List<NamedFile> rotated) {
        SourceCheckpoint checkpoint = last.known().checkpoint();
        for (NamedFile file : rotated) {
            if (file.key().equals(last.key()) && begins(file, checkpoint) >= 0) {
                return file.modified();
            }
        }
        FileTime runBegan = FileTime.fromMillis(last.known().sinceMillis());
        for (NamedFile file : rotated) {
            Copy copy = file.isOlderThan(runBegan) ? null : copy(file, checkpoint);
            if (copy != null) {
                remember(copy.read);
                return file.modified();
            }
        }
        log.warn(
                "gone " + name,
                "lines may be missing, the file that was read last is gone: name=" + name + ", stream="
                        + checkpoint.stream() + ", read=" + checkpoint.offset());
        return runBegan;
    }

    /**
     * Whether a compressed file holds one that was read, or is being read by its descriptor. A beginning alone may be that
     * of many files: the length must be the same too, but for the one that was read last and is gone.
     */
    private boolean wasReadPlain(Path name, NamedFile file, Last last, Followed followed) {
        if (wasRead(file)) {
            return true;
        }
        List<SourceCheckpoint> known = new ArrayList<>(followed.under(name));
        known.addAll(read.values());
        known.addAll(gone);
        for (SourceCheckpoint before : known) {
            boolean tells = before.path().equals(name.toString())
                    && before.fingerprint().length() > 0;
            long bytes = tells ? begins(file, before) : -1;
            if (bytes < 0) {
                continue;
            }
            long heldBytes = followed.bytes(before.key());
            if (heldBytes >= 0 ? heldBytes == bytes : before.offset() == bytes) {
                return true;
            }
            if (heldBytes < 0 && before.key().equals(last.key()) && before.offset() < bytes) {
                remember(before.ofCopy(file.key(), before.fingerprint()));
                return false;
            }
        }
        return false;
    }

    /**
     * The copy that was made of a file before it was emptied. What follows the checkpoint is in there and nowhere else.
     *
     * @return null if there is none, or if it holds nothing more
     */
    NamedFile copyOf(SourceCheckpoint before, Followed followed) {
        Path name = home(before, null);
        if (name == null || before.fingerprint().length() == 0) {
            return null;
        }
        List<NamedFile> rotated = rotationsOf(name);
        for (int i = rotated.size() - 1; i >= 0; i--) { // the newest is made of what was there last
            NamedFile file = rotated.get(i);
            Compression compression = Compression.of(file.path());
            boolean readable = compression == null || compression.isReadable();
            if (readable && followed.bytes(file.key()) < 0 && !read.containsKey(file.key())) {
                Copy copy = copy(file, before);
                if (copy != null) {
                    remember(copy.read);
                    return copy.bytes > copy.read.offset() ? file : null;
                }
            }
        }
        return null;
    }

    private void declare(Path name, Last last, List<Path> unreadable, List<NamedFile> rotated) {
        boolean lastIsGone = rotated.stream().noneMatch(file -> file.key().equals(last.key()));
        if (last.modified() != null && lastIsGone && !unreadable.isEmpty()) {
            unreadable.remove(0); // made of the last one, which is held and read to its end
        }
        if (!unreadable.isEmpty()) {
            log.warn(
                    "compressed " + name,
                    "lines may be missing, files compressed so are not read: name=" + name + ", count="
                            + unreadable.size() + ", paths="
                            + unreadable.stream()
                                    .limit(NAMED_MOST)
                                    .map(Path::toString)
                                    .collect(Collectors.joining(" ")));
        }
    }

    private boolean wasRead(NamedFile file) {
        SourceCheckpoint before = read.get(file.key());
        long bytes = before == null ? -1 : begins(file, before);
        return bytes >= 0 && bytes <= before.offset();
    }

    /** @return how many bytes the file holds, inflated, or -1 if it does not begin as the one that was read */
    private long begins(NamedFile file, SourceCheckpoint before) {
        try (Content content = Content.open(file.path())) {
            return before.fingerprint().fits(content) ? content.size() : -1;
        } catch (IOException e) {
            warnUnreadable(file, e);
            return -1;
        }
    }

    /** @param read how far it counts as read, with its own beginning: it may have been made when the file was shorter */
    private record Copy(SourceCheckpoint read, long bytes) {}

    /** @return null if it is no copy of what was read */
    private Copy copy(NamedFile file, SourceCheckpoint before) {
        try (Content content = Content.open(file.path())) {
            if (!before.fingerprint().fitsCopy(content)) {
                return null;
            }
            long bytes = content.size();
            long offset = Math.min(bytes, before.offset());
            return new Copy(before.ofCopy(file.key(), Fingerprint.of(content)).at(offset), bytes);
        } catch (IOException e) {
            warnUnreadable(file, e);
            return null;
        }
    }

    private void warnUnreadable(NamedFile file, IOException reason) {
        log.warn("open " + file.path(), "file cannot be read: path=" + file.path() + ", reason=" + reason);
    }

    private List<NamedFile> list(Path directory) {
        try {
            return NamedFile.in(directory);
        } catch (IOException e) {
            log.warn("list " + directory, "cannot look for renamed files: path=" + directory + ", reason=" + e);
            return List.of();
        }
    }
}
