package dev.raftsman.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A directory belongs to one process: a lock on a file in it, which the kernel lets go when the process ends in
 * whatever way. The file names the holder for the message of the one that comes second.
 */
public final class DirectoryLock implements AutoCloseable {
    private static final int MAX_HOLDER_BYTES = 256;

    /**
     * What this process holds. POSIX lets a lock go when any descriptor of the file is closed by its holder, so a file
     * that we hold must not even be opened a second time.
     */
    private static final Set<Path> HELD_HERE = ConcurrentHashMap.newKeySet();

    private final Path key;
    private final FileChannel channel;
    private final FileLock lock;

    private DirectoryLock(Path key, FileChannel channel, FileLock lock) {
        this.key = key;
        this.channel = channel;
        this.lock = lock;
    }

    /** The directory is held by another process, or by this one. */
    public static final class HeldException extends IOException {
        private static final long serialVersionUID = 1L;

        HeldException(Path file, String holder) {
            super(file.getParent() + " is in use by " + holder);
        }
    }

    /**
     * @param file the lock file; made if absent
     * @throws HeldException if somebody holds it, naming the process
     */
    public static DirectoryLock acquire(Path file) throws IOException {
        Path key = key(file);
        if (!HELD_HERE.add(key)) {
            throw new HeldException(file, "this process");
        }
        try {
            return lock(file, key);
        } catch (IOException | RuntimeException e) {
            HELD_HERE.remove(key);
            throw e;
        }
    }

    private static DirectoryLock lock(Path file, Path key) throws IOException {
        if (Files.isSymbolicLink(file)) { // the open would fail as well, but without the file's name
            throw new FileSystemException(file.toString(), null, "a symbolic link, expected a file of our own");
        }
        FileChannel channel = FileChannel.open(
                file,
                StandardOpenOption.CREATE,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                LinkOption.NOFOLLOW_LINKS);
        try {
            FileLock lock = channel.tryLock();
            if (lock == null) {
                throw new HeldException(file, holder(file));
            }
            channel.truncate(0);
            String self = "process " + ProcessHandle.current().pid();
            channel.write(ByteBuffer.wrap(self.getBytes(StandardCharsets.UTF_8)), 0);
            return new DirectoryLock(key, channel, lock);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** Whether some process, this one included, holds the lock now. */
    public static boolean isHeld(Path file) throws IOException {
        if (!Files.exists(file)) {
            return false;
        }
        if (HELD_HERE.contains(key(file))) {
            return true;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
                FileLock lock = channel.tryLock()) {
            return lock == null;
        }
    }

    private static Path key(Path file) throws IOException {
        return file.toAbsolutePath().getParent().toRealPath().resolve(file.getFileName());
    }

    private static String holder(Path file) throws IOException {
        byte[] text = Files.readAllBytes(file);
        return text.length == 0 || text.length > MAX_HOLDER_BYTES
                ? "another process"
                : new String(text, StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        if (channel.isOpen()) {
            lock.release();
            channel.close();
            HELD_HERE.remove(key);
        }
    }
}
