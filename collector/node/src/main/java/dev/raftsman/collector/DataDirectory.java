package dev.raftsman.collector;

import dev.raftsman.disk.DirectoryLock;
import dev.raftsman.disk.Durable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/**
 * A node's directory, held while this is open, and stamped with whom it belongs to: a node that voted with the log of
 * another, or with a part of its own, could lose acknowledged data.
 */
final class DataDirectory implements AutoCloseable {
    private static final String IDENTITY = "identity";
    private static final String LOCK = "lock";

    private final Path path;
    private final DirectoryLock lock;

    private DataDirectory(Path path, DirectoryLock lock) {
        this.path = path;
        this.lock = lock;
    }

    /** @throws StartException if the directory cannot be used, is held, or belongs to another node */
    static DataDirectory open(Path path, String cluster, UUID group, String node) throws StartException {
        try {
            Durable.createDirectories(path);
            DirectoryLock lock = DirectoryLock.acquire(path.resolve(LOCK));
            try {
                claim(path, "cluster " + cluster + "\ngroup " + group + "\nnode " + node + "\n");
                return new DataDirectory(path, lock);
            } catch (IOException | StartException | RuntimeException e) {
                lock.close();
                throw e;
            }
        } catch (DirectoryLock.HeldException e) {
            throw new StartException(StartException.HELD, "data directory " + e.getMessage(), e);
        } catch (AccessDeniedException e) {
            throw new StartException(
                    StartException.NO_PERMISSION, "no permission to write the data directory " + path, e);
        } catch (IOException e) {
            throw new StartException(
                    StartException.CANNOT_CREATE, "cannot make or write the data directory " + path + reason(e), e);
        }
    }

    private static void claim(Path path, String identity) throws IOException, StartException {
        Path file = path.resolve(IDENTITY);
        if (Files.exists(file)) {
            String found = Files.readString(file);
            if (!found.equals(identity)) {
                throw foreign(path, "belongs to " + oneLine(found), oneLine(identity));
            }
            return;
        }
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                if (!name.equals(LOCK) && !name.equals(IDENTITY + Durable.UNFINISHED)) {
                    throw foreign(
                            path,
                            "holds '" + name + "' but no file '" + IDENTITY + "'",
                            "a directory of this node, or an empty one");
                }
            }
        }
        Durable.write(file, StandardCharsets.UTF_8.encode(identity));
    }

    private static StartException foreign(Path path, String found, String expected) {
        return new StartException(
                StartException.CONFIG, "data directory " + path + " " + found + "; expected " + expected, null);
    }

    private static String oneLine(String identity) {
        return identity.strip().replace("\n", ", ");
    }

    /** Free space for ordinary users on its disk. */
    long usableBytes() {
        return path.toFile().getUsableSpace();
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }

    /** What the system said, if it said more than the name. */
    private static String reason(IOException e) {
        return e instanceof FileSystemException named
                ? named.getReason() == null ? "" : ": " + named.getReason()
                : ": " + e.getMessage();
    }
}
