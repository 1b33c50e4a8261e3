package dev.raftsman.wal;

import dev.raftsman.disk.Checksum;
import dev.raftsman.disk.Durable;
import dev.raftsman.event.Loss;
import dev.raftsman.event.Names;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The directory of one incarnation's write-ahead log. It becomes visible under its name whole, with its writer's lock
 * already held, and vanishes whole: whoever lists a root never sees a directory that is half made or half deleted.
 *
 * <p>Thread-safe. Equal by path.
 */
public final class WalDirectory {
    static final String IDENTITY_FILE = "identity";
    private static final String LOCK_FILE = "writer.lock";
    static final String FORMAT = "raftsman-wal-1";
    private static final Pattern NAME =
            Pattern.compile("([0-9]{1,18})-([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})");

    /**
     * Locks held by this JVM, by directory. A POSIX lock is lost when the process closes <em>any</em> descriptor of the
     * file, so a directory found here is never probed.
     */
    private static final Map<Path, FileLock> HELD = new ConcurrentHashMap<>();

    /** Channels that must stay open, see {@link #writerAlive}. */
    private static final Map<Path, FileChannel> HELD_ELSEWHERE = new ConcurrentHashMap<>();

    private final Path path;
    private final WalIdentity identity;

    private WalDirectory(Path path, WalIdentity identity) {
        this.path = path;
        this.identity = identity;
    }

    /**
     * Makes a new directory under {@code root} and takes its writer's lock; durable on return. On failure nothing is
     * left behind.
     *
     * @throws UncheckedIOException if it cannot be made, or the place is not to be trusted; says which, in words
     */
    public static WalDirectory create(Path root, WalIdentity identity) {
        Path hidden = null;
        try {
            Path producer = WalRoot.producerDirectory(root, identity.producer());
            String name = identity.startMillis() + "-" + identity.incarnation();
            hidden = Files.createDirectory(producer.resolve("." + name + ".new"));
            Path path = producer.resolve(name);
            writeIdentity(hidden, identity);
            WalProgress.create(hidden);
            FileLock lock = lock(hidden.resolve(LOCK_FILE));
            HELD.put(path, lock);
            try {
                Durable.forceDirectory(hidden);
                Files.move(hidden, path, StandardCopyOption.ATOMIC_MOVE);
                hidden = path;
                Durable.forceDirectory(producer);
            } catch (IOException | RuntimeException failed) {
                unlock(path);
                throw failed;
            }
            hidden = null;
            return new WalDirectory(path, identity);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "cannot create a write-ahead log under " + root + ": " + WalRoot.words(e), e);
        } finally {
            if (hidden != null) {
                discard(hidden);
            }
        }
    }

    private static void discard(Path halfMade) {
        try {
            Durable.deleteTree(halfMade);
        } catch (IOException stays) {
            // Hidden, small, and nobody takes it for a log.
        }
    }

    /**
     * As {@link #list(Path, BiConsumer)}, for a caller who cannot do with a part of them.
     *
     * @throws UncheckedIOException if the root or a log in it cannot be read
     */
    public static List<WalDirectory> list(Path root) {
        return list(root, (path, why) -> {
            throw new UncheckedIOException("cannot read " + path + ": " + why, why);
        });
    }

    /**
     * Every write-ahead log under a root, the oldest first. What is not one, or is just being made or deleted, is left
     * out; a root that does not exist has none.
     *
     * @param unreadable told of each directory that may hold a log and cannot be read, and why: its events do not leave
     *     this host until somebody looks
     */
    public static List<WalDirectory> list(Path root, BiConsumer<Path, IOException> unreadable) {
        List<WalDirectory> found = new ArrayList<>();
        for (Path producer : children(root, unreadable)) {
            addChildren(producer, found, unreadable);
        }
        return sorted(found);
    }

    /**
     * As {@link #list(Path, BiConsumer)}, for a path that somebody typed: a log itself, the directory of one producer, or
     * a root.
     */
    public static List<WalDirectory> find(Path path, BiConsumer<Path, IOException> unreadable) {
        List<WalDirectory> found = new ArrayList<>();
        add(path, found, unreadable);
        if (found.isEmpty()) {
            addChildren(path, found, unreadable);
        }
        return found.isEmpty() ? list(path, unreadable) : sorted(found);
    }

    private static void addChildren(Path producer, List<WalDirectory> found, BiConsumer<Path, IOException> unreadable) {
        for (Path candidate : children(producer, unreadable)) {
            add(candidate, found, unreadable);
        }
    }

    private static void add(Path candidate, List<WalDirectory> found, BiConsumer<Path, IOException> unreadable) {
        try {
            found.add(new WalDirectory(candidate.toRealPath(), readIdentity(candidate)));
        } catch (NoSuchFileException notOne) {
            // Somebody else's directory, or deleted meanwhile.
        } catch (IOException e) {
            unreadable.accept(candidate, e);
        }
    }

    private static List<WalDirectory> sorted(List<WalDirectory> found) {
        found.sort(Comparator.comparingLong((WalDirectory d) -> d.identity.startMillis())
                .thenComparing(d -> d.identity.incarnation()));
        return found;
    }

    /** @throws UncheckedIOException if {@code path} is not the directory of a write-ahead log */
    public static WalDirectory at(Path path) {
        try {
            return new WalDirectory(path.toRealPath(), readIdentity(path));
        } catch (IOException e) {
            throw new UncheckedIOException("not a write-ahead log: " + path + ": " + e.getMessage(), e);
        }
    }

    /**
     * A log whose identity cannot be read any more, as far as the names of its directories tell: incarnation and start are
     * what is needed to read its excerpts, the producer is as written there, tenant and stream are not known.
     *
     * @return empty if the name is not one of a log's directory
     */
    public static Optional<WalDirectory> byName(Path path) throws IOException {
        Path real = path.toRealPath();
        Matcher name = NAME.matcher(real.getFileName().toString());
        if (!name.matches()) {
            return Optional.empty();
        }
        String producer = Names.closest(real.getParent().getFileName().toString());
        return Optional.of(new WalDirectory(
                real,
                new WalIdentity(
                        "unknown", producer, "", UUID.fromString(name.group(2)), Long.parseLong(name.group(1)))));
    }

    private static List<Path> children(Path directory, BiConsumer<Path, IOException> unreadable) {
        List<Path> children = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(
                directory,
                p -> !p.getFileName().toString().startsWith(".") && Files.isDirectory(p, LinkOption.NOFOLLOW_LINKS))) {
            stream.forEach(children::add);
        } catch (NoSuchFileException gone) {
            return List.of();
        } catch (DirectoryIteratorException e) {
            unreadable.accept(directory, e.getCause());
        } catch (IOException e) {
            unreadable.accept(directory, e);
        }
        return children;
    }

    public Path path() {
        return path;
    }

    public WalIdentity identity() {
        return identity;
    }

    /** Whether the one writer of this directory still lives, in this process or another on this host. */
    public boolean writerAlive() {
        if (HELD.containsKey(path)) {
            return true;
        }
        FileChannel channel = null;
        boolean keepOpen = false;
        try {
            channel = FileChannel.open(path.resolve(LOCK_FILE), StandardOpenOption.READ);
            FileLock probe = channel.tryLock(0, Long.MAX_VALUE, true);
            return probe == null;
        } catch (OverlappingFileLockException heldByAnotherLoader) {
            // Closing the channel now would drop the lock of the writer that another class loader runs.
            keepOpen = true;
            HELD_ELSEWHERE.putIfAbsent(path, channel);
            return true;
        } catch (NoSuchFileException deleted) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            if (!keepOpen) {
                closeQuietly(channel);
            }
        }
    }

    /** Greatest sequence that was given to an event, stored or not; -1 if none was, or nobody knows any more. */
    public long claimed() {
        WalProgress progress = WalProgress.forReader(path);
        return progress == null ? WalProgress.NONE : progress.claimed();
    }

    /** Position of the last excerpt that was appended, -1 if none was, or nobody knows any more. */
    public long writtenPosition() {
        WalProgress progress = WalProgress.forReader(path);
        return progress == null ? WalProgress.NONE : progress.written();
    }

    /** Position of the last excerpt that is forced to the disk, -1 if none is, or nobody knows any more. */
    public long forcedPosition() {
        WalProgress progress = WalProgress.forReader(path);
        return progress == null ? WalProgress.NONE : progress.forced();
    }

    /**
     * Events that got no sequence and that no excerpt declares: what is left for a CLOSE to declare once the writer is
     * dead, under the reason of most of them. {@link Loss#NONE} if there are none, or nobody knows any more. Exact after
     * any death of the process, if the log was read to its end.
     *
     * @param lastPosition where the reader stands at the end of the log
     */
    public Loss undeclaredLoss(long lastPosition) {
        WalProgress progress = WalProgress.forReader(path);
        return progress == null ? Loss.NONE : progress.undeclared(lastPosition);
    }

    /** As {@link #undeclaredLoss(long)}, where nobody reads the log: the writer's own word on how far it goes decides. */
    public Loss undeclaredLoss() {
        return undeclaredLoss(WalProgress.NONE);
    }

    /**
     * What the logs of this producer take whose writers are dead, at most: the space stays taken until a reader releases
     * it.
     *
     * @param fileBytes the most that a file of theirs takes; the rest of it is a hole
     */
    long bytesOfPredecessors(long fileBytes) {
        long bytes = 0;
        for (Path sibling : children(path.getParent(), (unreadable, why) -> {})) {
            if (sibling.equals(path)) {
                continue;
            }
            try {
                WalDirectory other = new WalDirectory(sibling, identity);
                if (!other.writerAlive()) {
                    bytes += other.bytesOnDisk(fileBytes);
                }
            } catch (UncheckedIOException gone) {
                // It takes nothing any more.
            }
        }
        return bytes;
    }

    /**
     * Bytes that its files take. Of the newest the part counts too that is mapped and not yet allocated, a block and a
     * quarter at most.
     */
    public long bytesOnDisk() {
        return bytesOnDisk(Long.MAX_VALUE);
    }

    private long bytesOnDisk(long fileBytes) {
        long bytes = 0;
        for (Path file : files()) {
            try {
                bytes += Math.min(fileBytes, Files.size(file));
            } catch (IOException released) {
                // It takes nothing any more.
            }
        }
        return bytes;
    }

    private List<Path> files() {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(path)) {
            stream.forEach(files::add);
        } catch (NoSuchFileException deleted) {
            return List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return files;
    }

    /** The page of numbers that outlives the writer, or empty if it is missing or damaged: then nobody knows them. */
    public Optional<WalProgress> progress() {
        return Optional.ofNullable(WalProgress.forReader(path));
    }

    /** The queue's files that exist now, the oldest first. */
    public List<WalFile> walFiles() {
        List<WalFile> found = new ArrayList<>();
        for (int cycle : cycles()) {
            try {
                found.add(new WalFile(fileOf(cycle), cycle, Files.size(fileOf(cycle))));
            } catch (IOException released) {
                // It is none any more.
            }
        }
        return found;
    }

    /** The queue's files that exist now, by cycle, ascending. */
    List<Integer> cycles() {
        List<Integer> cycles = new ArrayList<>();
        for (Path file : files()) {
            int cycle = SizeRoll.cycleOf(file);
            if (cycle >= 0) {
                cycles.add(cycle);
            }
        }
        Collections.sort(cycles);
        return cycles;
    }

    Path fileOf(int cycle) {
        return path.resolve(SizeRoll.fileName(cycle));
    }

    /**
     * Removes the directory for good: it is gone under its name at once and durably, then its files are. Also sweeps up
     * what an earlier call that died on the way has left.
     *
     * @throws IllegalStateException if its writer lives
     */
    public void delete() {
        if (writerAlive()) {
            throw new IllegalStateException("the writer of " + path + " lives");
        }
        try {
            Path producer = path.getParent();
            Path hidden = producer.resolve("." + path.getFileName() + ".deleted");
            try {
                Files.move(path, hidden, StandardCopyOption.ATOMIC_MOVE);
                Durable.forceDirectory(producer);
            } catch (NoSuchFileException alreadyGone) {
                // An earlier call came this far.
            }
            try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(producer, ".*.deleted")) {
                for (Path leftover : leftovers) {
                    Durable.deleteTree(leftover);
                }
            }
            Durable.forceDirectory(producer);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete " + path + ": " + e, e);
        }
    }

    /** Whether it is where it was made, and no excerpt was ever written. */
    public boolean isUnwritten() {
        return Files.exists(path.resolve(WalProgress.FILE_NAME)) && cycles().isEmpty();
    }

    boolean isLockedHere() {
        return HELD.containsKey(path);
    }

    /** Takes the lock, or keeps it if this process has had it since {@link #create}. */
    void takeLock() throws IOException {
        if (HELD.containsKey(path)) {
            return;
        }
        HELD.put(path, lock(path.resolve(LOCK_FILE)));
    }

    /** Lets go of the writer's lock, if this process holds it: the directory then counts as complete. */
    public void releaseLock() {
        unlock(path);
    }

    private static FileLock lock(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock();
        if (lock == null) {
            channel.close();
            throw new IOException("another process writes here: " + file);
        }
        return lock;
    }

    private static void unlock(Path path) {
        FileLock lock = HELD.remove(path);
        if (lock != null) {
            closeQuietly(lock.acquiredBy());
        }
    }

    static void closeQuietly(AutoCloseable closeable) {
        if (closeable != null) {
            try {
                closeable.close();
            } catch (Exception nothingMoreToDo) {
                // It held nothing that is not written yet.
            }
        }
    }

    private static void writeIdentity(Path directory, WalIdentity identity) throws IOException {
        String text = FORMAT + "\ntenant=" + identity.tenant() + "\nproducer=" + identity.producer() + "\nstream="
                + identity.stream() + "\nincarnation=" + identity.incarnation() + "\nstartMillis="
                + identity.startMillis() + "\n";
        String sealed = text + "crc=" + crc(text) + "\nend\n";
        Durable.write(directory.resolve(IDENTITY_FILE), StandardCharsets.UTF_8.encode(sealed));
    }

    private static String crc(String text) {
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
        return String.format("%08x", Checksum.crc32c(bytes, 0, bytes.limit()));
    }

    /** One flipped bit would make it somebody else's log, or an older one. Early logs have no sum. */
    private static void checkSum(Path file, List<String> lines) throws IOException {
        int sum = lines.size() - 2;
        if (sum > 0 && lines.get(sum).startsWith("crc=")) {
            String found = lines.get(sum).substring("crc=".length());
            String computed = crc(String.join("\n", lines.subList(0, sum)) + "\n");
            if (!found.equals(computed)) {
                throw new IOException(file + " is damaged: crc " + found + "; computed " + computed);
            }
        }
    }

    static WalIdentity readIdentity(Path directory) throws IOException {
        Path file = directory.resolve(IDENTITY_FILE);
        List<String> lines = Files.readAllLines(file, StandardCharsets.UTF_8);
        if (lines.isEmpty()
                || !lines.get(0).equals(FORMAT)
                || !lines.get(lines.size() - 1).equals("end")) {
            throw new IOException(file + " is not of the format " + FORMAT + ", or cut short");
        }
        checkSum(file, lines);
        Map<String, String> values = new HashMap<>();
        for (String line : lines) {
            int equals = line.indexOf('=');
            if (equals > 0) {
                values.put(line.substring(0, equals), line.substring(equals + 1));
            }
        }
        try {
            return new WalIdentity(
                    values.get("tenant"),
                    values.get("producer"),
                    values.get("stream"),
                    UUID.fromString(values.get("incarnation")),
                    Long.parseLong(values.get("startMillis")));
        } catch (RuntimeException malformed) {
            throw new IOException(file + ": " + malformed.getMessage(), malformed);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof WalDirectory that && that.path.equals(path);
    }

    @Override
    public int hashCode() {
        return path.hashCode();
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
