package dev.raftsman.shipper;

import dev.raftsman.input.KnownFile;
import dev.raftsman.input.OperatorLog;
import dev.raftsman.input.SourceFile;
import dev.raftsman.wal.Excerpt;
import dev.raftsman.wal.WalDirectory;
import dev.raftsman.wal.WalReader;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * What earlier incarnations of this sidecar have left: the cursor, and WAL directories that are not shipped to their
 * end. Together they say how far each file was read: the cursor for what is acknowledged, the excerpts for the rest, the
 * newest checkpoint of each file counts, see {@link NewestSources}.
 *
 * <p>The old directories are forced before anything is made of them. Their last excerpts may be in memory only, and a
 * file that is read on from there would not be read again if a power cut took them.
 */
public final class Backlog {
    private static final long GONE_MILLIS = 7L * 86_400_000L;
    private static final long CURSOR_INTERVAL_NANOS = 200_000_000L;

    private final CursorFile cursorFile;
    private final List<WalDirectory> directories;
    private final List<KnownFile> knownFiles;
    /** By incarnation. */
    private final Map<UUID, Set<Long>> readAgain;

    private Backlog(
            CursorFile cursorFile,
            List<WalDirectory> directories,
            List<KnownFile> knownFiles,
            Map<UUID, Set<Long>> readAgain) {
        this.cursorFile = cursorFile;
        this.directories = directories;
        this.knownFiles = knownFiles;
        this.readAgain = readAgain;
    }

    /**
     * @param walRoot the sidecar's own
     * @throws DamagedCursorException if the cursor cannot be trusted
     */
    public static Backlog open(Path cursor, Path walRoot, OperatorLog log, long nowNanos) throws IOException {
        CursorFile cursorFile = CursorFile.open(cursor, CURSOR_INTERVAL_NANOS, nowNanos);
        List<WalDirectory> directories = directories(walRoot, log);
        forgetGone(cursorFile.cursor(), System.currentTimeMillis());
        NewestSources newest = new NewestSources();
        cursorFile.cursor().sources().forEach(newest::add);
        Map<UUID, Set<Long>> readAgain = new HashMap<>();
        for (WalDirectory directory : directories) {
            force(directory.path());
            readAgain.put(directory.identity().incarnation(), scan(directory, newest, log));
        }
        List<KnownFile> knownFiles = newest.all().stream()
                .sorted(Comparator.comparingLong(Cursor.Source::startMillis).thenComparingLong(Cursor.Source::position))
                .map(source -> new KnownFile(source.checkpoint(), source.startMillis()))
                .toList();
        if (!directories.isEmpty() || !knownFiles.isEmpty()) {
            log.info("going on where the last run ended: unfinishedWals=" + directories.size() + ", knownFiles="
                    + knownFiles.size());
        }
        return new Backlog(cursorFile, directories, knownFiles, readAgain);
    }

    /** What has lost its identity keeps its name, and the sidecar knows the rest of its own WALs. */
    private static List<WalDirectory> directories(Path walRoot, OperatorLog log) {
        List<WalDirectory> nameless = new ArrayList<>();
        List<WalDirectory> directories = new ArrayList<>(WalDirectory.list(walRoot, (path, reason) -> {
            Optional<WalDirectory> byName = reason instanceof FileSystemException ? Optional.empty() : byName(path);
            byName.ifPresent(nameless::add);
            log.error(
                    "unreadable " + path,
                    byName.isPresent()
                            ? "WAL of an earlier run has lost its identity, the directory's name serves: path=" + path
                                    + ", reason=" + reason
                            : "WAL of an earlier run cannot be read and is not shipped, its files are read again from"
                                    + " where the cursor is: path=" + path + ", reason=" + reason);
        }));
        directories.addAll(nameless);
        directories.sort(
                Comparator.comparingLong(directory -> directory.identity().startMillis()));
        return directories;
    }

    private static Optional<WalDirectory> byName(Path path) {
        try {
            return WalDirectory.byName(path);
        } catch (IOException gone) {
            return Optional.empty();
        }
    }

    /**
     * What was read long ago of files that are nowhere any more; but for the newest of each name, by which is known what may
     * have been missed beside it.
     */
    static void forgetGone(Cursor cursor, long nowMillis) {
        Map<String, Cursor.Source> newestOfName = new HashMap<>();
        for (Cursor.Source source : cursor.sources()) {
            newestOfName.merge(
                    source.checkpoint().path(), source, (one, other) -> one.isNewerThan(other) ? one : other);
        }
        SourceFile.Finder finder = new SourceFile.Finder();
        for (Cursor.Source source : List.copyOf(cursor.sources())) {
            boolean old = nowMillis - source.startMillis() > GONE_MILLIS;
            boolean last = newestOfName.get(source.checkpoint().path()).equals(source);
            if (old && !last && !finder.find(source.checkpoint()).isThere()) {
                cursor.gone(source);
            }
        }
    }

    private static void force(Path directory) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                if (Files.isRegularFile(file)) {
                    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                        channel.force(false);
                    }
                }
            }
        }
        dev.raftsman.disk.Durable.forceDirectory(directory);
    }

    /** @return positions of damaged blocks whose lines are read again */
    private static Set<Long> scan(WalDirectory directory, NewestSources newest, OperatorLog log) {
        DamagedEnd end = new DamagedEnd(directory.identity().startMillis(), newest);
        Excerpt excerpt = new Excerpt();
        try (WalReader reader = WalReader.open(directory)) {
            while (reader.next(excerpt)) {
                try {
                    end.next(excerpt);
                } catch (IllegalArgumentException e) {
                    log.error(
                            "checkpoint " + directory,
                            "WAL excerpt without a checkpoint: path=" + directory + ", " + e);
                }
            }
        }
        return end.readAgain();
    }

    /** How far each file was read, the newest checkpoint of each file and each name, in the order they were taken. */
    public List<KnownFile> knownFiles() {
        return knownFiles;
    }

    /** What the unfinished WALs take on the disk. */
    public long bytesOnDisk() {
        return directories.stream().mapToLong(WalDirectory::bytesOnDisk).sum();
    }

    CursorFile cursorFile() {
        return cursorFile;
    }

    List<WalDirectory> directories() {
        return directories;
    }

    /** Whether a damaged block's lines are read again, so that nothing of it is missing. */
    boolean isReadAgain(WalDirectory directory, long position) {
        return readAgain.get(directory.identity().incarnation()).contains(position);
    }
}
