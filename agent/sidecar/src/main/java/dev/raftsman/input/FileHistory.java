package dev.raftsman.input;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
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
 *    not older, compressed                            missed perhaps: a warning names it
 *    begins as the file last read, which is gone      a copy of it: read on where that was left
 * </pre>
 *
 * Ages are times of modification, compared with each other and not with a clock, which may be another than the file
 * system's. Only if the file last read is gone without a copy, the beginning of the run that read it has to serve: then
 * a warning says that lines may be missing. One thread.
 */
final class FileHistory {
    /** Names remembered; beyond, the one that was not seen for the longest time is forgotten. */
    static final int MAX_NAMES = 1 << 16;

    private static final int NAMED_MOST = 8;
    private static final Pattern ROTATED = Pattern.compile("[.-][0-9].*|[.-](?:old|bak)(?:\\..*)?");
    private static final Pattern COMPRESSED = Pattern.compile("(.*)\\.(?:gz|zst|xz|bz2|lz4|lzma|zip|Z)");
    private static final Comparator<NamedFile> OLDEST_FIRST = Comparator.comparing(NamedFile::modified)
            .thenComparing(NamedFile::path, Comparator.reverseOrder()); // written in one tick: .2 is older than .1

    private final OperatorLog log;
    private final Map<FileKey, SourceCheckpoint> read = new HashMap<>();
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

    /** @param known the newest checkpoint of each file, in the order they were taken */
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
    SourceCheckpoint readOf(FileKey key, FileChannel channel) throws IOException {
        SourceCheckpoint before = read.get(key);
        return before != null && before.fingerprint().fits(channel) ? before : null;
    }

    void remember(SourceCheckpoint checkpoint) {
        read.put(checkpoint.key(), checkpoint);
    }

    /** The file is gone; its inode may be given again, to one that begins alike. */
    void forget(FileKey key) {
        read.remove(key);
    }

    /** The file is behind its first name. */
    void seen(Path name, FileKey key, FileTime modified) {
        lastOfName.put(name, new Last(key, modified, null));
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
                if (file != null && file.size() > before.offset() && begins(file, before)) {
                    moved.add(file);
                }
            }
        });
        return moved;
    }

    /**
     * Files that had this name since the last one that was read under it, and have another now. To be asked when the
     * name points to a file that was not read yet.
     *
     * @param isHeld what is being read anyway, the name's new file too
     * @return the oldest first
     */
    List<NamedFile> missed(Path name, Predicate<FileKey> isHeld) {
        Last last = lastOfName.get(name);
        if (last == null) {
            return List.of(); // whatever lies beside it was rotated before the name was ours
        }
        List<NamedFile> rotated = new ArrayList<>();
        for (NamedFile file : list(name.getParent())) {
            if (isRotationOf(name, file.path())) {
                rotated.add(file);
            }
        }
        rotated.sort(OLDEST_FIRST);
        FileTime since = last.modified() == null ? sinceEarlierRun(name, last, rotated) : last.modified();
        declareCompressed(name, last, rotated, since);
        rotated.removeIf(file -> file.modified().compareTo(since) < 0
                || isCompressed(file.path())
                || isHeld.test(file.key())
                || wasRead(file));
        return rotated;
    }

    private static boolean isRotationOf(Path name, Path path) {
        String first = name.getFileName().toString();
        String other = path.getFileName().toString();
        return other.startsWith(first)
                && ROTATED.matcher(other.substring(first.length())).matches();
    }

    private static boolean isCompressed(Path path) {
        return COMPRESSED.matcher(path.toString()).matches();
    }

    /** When the last file of an earlier run was modified; a copy of it is taken for itself from here on. */
    private FileTime sinceEarlierRun(Path name, Last last, List<NamedFile> rotated) {
        SourceCheckpoint checkpoint = last.known().checkpoint();
        for (NamedFile file : rotated) {
            if (file.key().equals(last.key()) && begins(file, checkpoint)) {
                return file.modified();
            }
        }
        FileTime runBegan = FileTime.fromMillis(last.known().sinceMillis());
        for (NamedFile file : rotated) {
            boolean longEnough = file.size() >= checkpoint.offset();
            if (longEnough && file.modified().compareTo(runBegan) >= 0 && begins(file, checkpoint)) {
                remember(checkpoint.ofCopy(file.key()));
                return file.modified();
            }
        }
        log.warn(
                "gone " + name,
                "lines may be missing, the file that was read last is gone: name=" + name + ", stream="
                        + checkpoint.stream() + ", read=" + checkpoint.offset());
        return runBegan;
    }

    private void declareCompressed(Path name, Last last, List<NamedFile> rotated, FileTime since) {
        Set<Path> paths = rotated.stream().map(NamedFile::path).collect(Collectors.toSet());
        List<Path> compressed = new ArrayList<>();
        for (NamedFile file : rotated) {
            Matcher parts = COMPRESSED.matcher(file.path().toString());
            boolean younger = file.modified().compareTo(since) >= 0;
            if (younger && parts.matches() && !paths.contains(Path.of(parts.group(1)))) { // else it is being made
                compressed.add(file.path());
            }
        }
        boolean lastIsGone = rotated.stream().noneMatch(file -> file.key().equals(last.key()));
        if (last.modified() != null && lastIsGone && !compressed.isEmpty()) {
            compressed.remove(0); // made of the last one, which is held and read to its end
        }
        if (!compressed.isEmpty()) {
            log.warn(
                    "compressed " + name,
                    "lines may be missing, compressed files are not read: name=" + name + ", count="
                            + compressed.size() + ", paths="
                            + compressed.stream()
                                    .limit(NAMED_MOST)
                                    .map(Path::toString)
                                    .collect(Collectors.joining(" ")));
        }
    }

    private boolean wasRead(NamedFile file) {
        SourceCheckpoint before = read.get(file.key());
        return before != null && begins(file, before) && file.size() <= before.offset();
    }

    private boolean begins(NamedFile file, SourceCheckpoint before) {
        try (FileChannel probe = FileChannel.open(file.path(), StandardOpenOption.READ)) {
            return before.fingerprint().fits(probe);
        } catch (IOException e) {
            log.warn("open " + file.path(), "file cannot be read: path=" + file.path() + ", reason=" + e);
            return false;
        }
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
