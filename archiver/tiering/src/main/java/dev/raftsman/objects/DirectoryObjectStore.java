package dev.raftsman.objects;

import dev.raftsman.disk.Durable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Objects as files below one directory: the embedded default, or a mounted share.
 *
 * <p>An object comes into being by {@code link(2)} of a complete, synced file. A rename would be as atomic but replaces what
 * is there; a file created in place would be seen half written. The directory is synced afterwards, and so is every
 * directory made on the way, before a put returns.
 */
public final class DirectoryObjectStore implements ObjectStore {
    private static final String INCOMING = ".incoming";
    private static final Duration LEFTOVER_AGE = Duration.ofDays(1);

    private final Path root;
    private final Path incoming;
    private final Set<Path> durable = ConcurrentHashMap.newKeySet();

    private DirectoryObjectStore(Path root) {
        this.root = root;
        this.incoming = root.resolve(INCOMING);
    }

    /** Opens the directory, made if it is missing; what killed writers left a day ago is swept. */
    public static DirectoryObjectStore open(Path root) throws IOException {
        Path real = root.toAbsolutePath().normalize();
        DirectoryObjectStore store = new DirectoryObjectStore(real);
        store.createDurably(store.incoming);
        store.sweepIncoming();
        return store;
    }

    /** Opens a directory to read from; it must be there, and nothing in it is touched. */
    public static DirectoryObjectStore openExisting(Path root) throws IOException {
        if (!Files.isDirectory(root)) {
            throw new NoSuchFileException(root.toString(), null, "no archive directory");
        }
        return new DirectoryObjectStore(root.toAbsolutePath().normalize());
    }

    @Override
    public String location() {
        return "file:" + root + "/";
    }

    @Override
    public PutOutcome putIfAbsent(ObjectKey key, Path file, String sha256) throws IOException {
        try (FileChannel content = FileChannel.open(file, StandardOpenOption.READ)) {
            return put(key, sha256, out -> {
                long length = content.size();
                for (long position = 0; position < length; ) {
                    long moved = content.transferTo(position, length - position, out);
                    if (moved <= 0) {
                        throw new EOFException(file + " shrank at offset " + position + " of " + length);
                    }
                    position += moved;
                }
            });
        }
    }

    @Override
    public PutOutcome putIfAbsent(ObjectKey key, byte[] content) throws IOException {
        return put(key, Sha256.of(content), out -> {
            ByteBuffer rest = ByteBuffer.wrap(content);
            while (rest.hasRemaining()) {
                out.write(rest);
            }
        });
    }

    private PutOutcome put(ObjectKey key, String sha256, Content content) throws IOException {
        Path target = pathOf(key);
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            return compare(target, sha256);
        }
        createDurably(incoming);
        Path temporary = incoming.resolve(UUID.randomUUID().toString());
        try {
            try (FileChannel out =
                    FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                content.writeTo(out);
                out.force(true);
            }
            createDurably(target.getParent());
            try {
                Files.createLink(target, temporary);
            } catch (FileAlreadyExistsException e) {
                return compare(target, sha256);
            } catch (UnsupportedOperationException e) {
                throw new IOException(location() + ": the file system has no hard links, so no atomic creation", e);
            }
            Durable.forceDirectory(target.getParent());
            return PutOutcome.CREATED;
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private PutOutcome compare(Path target, String sha256) throws IOException {
        // The other writer may have linked but not yet synced the directory; what we report must be durable for us too.
        Durable.forceDirectory(target.getParent());
        return Sha256.of(target).sha256().equals(sha256) ? PutOutcome.SAME : PutOutcome.OCCUPIED;
    }

    @Override
    public InputStream open(ObjectKey key) throws IOException {
        return Channels.newInputStream(channel(key));
    }

    @Override
    public InputStream open(ObjectKey key, long offset, long length) throws IOException {
        FileChannel channel = channel(key);
        try {
            if (offset < 0 || length < 0 || offset + length > channel.size()) {
                throw new EOFException("range " + offset + "+" + length + " of " + location() + key + " of "
                        + channel.size() + " bytes");
            }
            channel.position(offset);
            return new ExactLengthInputStream(
                    Channels.newInputStream(channel),
                    length,
                    "range " + offset + "+" + length + " of " + location() + key);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private FileChannel channel(ObjectKey key) throws IOException {
        try {
            return FileChannel.open(pathOf(key), StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException e) {
            NoSuchObjectException missing = new NoSuchObjectException(location(), key);
            missing.initCause(e);
            throw missing;
        }
    }

    @Override
    public Optional<ObjectInfo> head(ObjectKey key) throws IOException {
        try {
            return Optional.of(new ObjectInfo(key, Files.size(pathOf(key))));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    @Override
    public void list(String prefix, Consumer<ObjectInfo> each) throws IOException {
        try {
            walk(root, "", prefix, each);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** Depth first in the order of the keys: a directory sorts as its name with the slash that follows it. */
    private void walk(Path directory, String base, String prefix, Consumer<ObjectInfo> each) throws IOException {
        record Child(Path path, String sortKey, boolean isDirectory) {}
        List<Child> children = new ArrayList<>();
        try (Stream<Path> entries = Files.list(directory)) {
            entries.forEach(entry -> {
                String name = entry.getFileName().toString();
                boolean isDirectory = Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS);
                if (!name.startsWith(".")) {
                    children.add(new Child(entry, base + name + (isDirectory ? "/" : ""), isDirectory));
                }
            });
        }
        children.sort((a, b) -> a.sortKey().compareTo(b.sortKey()));
        for (Child child : children) {
            if (child.isDirectory()) {
                if (child.sortKey().startsWith(prefix) || prefix.startsWith(child.sortKey())) {
                    walk(child.path(), child.sortKey(), prefix, each);
                }
            } else if (child.sortKey().startsWith(prefix)) {
                Optional<ObjectKey> key = ObjectKey.parse(child.sortKey());
                if (key.isPresent()) {
                    head(key.get()).ifPresent(each);
                }
            }
        }
    }

    @Override
    public void delete(ObjectKey key) throws IOException {
        Path path = pathOf(key);
        if (Files.deleteIfExists(path)) {
            Durable.forceDirectory(path.getParent());
        }
    }

    @Override
    public void close() {
        // Nothing stays open between calls.
    }

    @Override
    public String toString() {
        return location();
    }

    private Path pathOf(ObjectKey key) {
        return root.resolve(key.value());
    }

    /**
     * Makes what is missing of the path. A directory found here may have been made a moment ago by a writer that has not
     * forced its name yet, so the first use by this store forces every name on the way itself.
     */
    private void createDurably(Path directory) throws IOException {
        if (durable.contains(directory) && Files.isDirectory(directory)) {
            return;
        }
        Durable.createDirectories(directory);
        for (Path made = directory; !made.equals(root); made = made.getParent()) {
            Durable.forceDirectory(made.getParent());
        }
        durable.add(directory);
    }

    private void sweepIncoming() throws IOException {
        long oldestMillis = System.currentTimeMillis() - LEFTOVER_AGE.toMillis();
        try (Stream<Path> leftovers = Files.list(incoming)) {
            for (Path leftover : (Iterable<Path>) leftovers::iterator) {
                try {
                    if (Files.getLastModifiedTime(leftover).toMillis() < oldestMillis) {
                        Files.deleteIfExists(leftover);
                    }
                } catch (NoSuchFileException | DirectoryNotEmptyException e) {
                    continue; // Its writer was alive after all, or it is nothing of ours.
                }
            }
        }
    }

    private interface Content {
        void writeTo(FileChannel out) throws IOException;
    }
}
