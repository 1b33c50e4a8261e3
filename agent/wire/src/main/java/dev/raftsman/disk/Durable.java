package dev.raftsman.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Durable changes to names and small files. Any thread. */
public final class Durable {
    /** The ending of a file that is being written beside the one it will replace. */
    public static final String UNFINISHED = ".tmp";

    private Durable() {}

    /**
     * Replaces a file whole: written beside, forced, renamed over it, directory forced. A reader sees the old bytes or
     * the new ones, and so does the next start after a power cut. Durable on return.
     */
    public static void write(Path file, ByteBuffer content) throws IOException {
        Path unfinished = file.resolveSibling(file.getFileName() + UNFINISHED);
        Files.deleteIfExists(unfinished); // left by a crash; or a link, which would be written through
        try (FileChannel channel =
                FileChannel.open(unfinished, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            while (content.hasRemaining()) {
                channel.write(content);
            }
            channel.force(true);
        }
        rename(unfinished, file);
    }

    /** Renames over whatever is there, in one directory tree of one file system. Durable on return. */
    public static void rename(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        forceDirectory(to.toAbsolutePath().getParent());
        Path origin = from.toAbsolutePath().getParent();
        if (!origin.equals(to.toAbsolutePath().getParent())) {
            forceDirectory(origin);
        }
    }

    /** Makes the directory and its missing parents, each name durable on return. */
    public static void createDirectories(Path directory) throws IOException {
        Path absolute = directory.toAbsolutePath();
        if (Files.isDirectory(absolute)) {
            return;
        }
        Path parent = absolute.getParent();
        if (parent != null) {
            createDirectories(parent);
        }
        Files.createDirectories(absolute);
        if (parent != null) {
            forceDirectory(parent);
        }
    }

    /** Deletes a file if it is there. Durable on return. */
    public static void delete(Path file) throws IOException {
        if (Files.deleteIfExists(file)) {
            forceDirectory(file.toAbsolutePath().getParent());
        }
    }

    /** Deletes a directory with all it holds, not following links. Durable on return. */
    public static void deleteTree(Path directory) throws IOException {
        if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        deleteInside(directory);
        forceDirectory(directory.toAbsolutePath().getParent());
    }

    private static void deleteInside(Path path) throws IOException {
        if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
                for (Path entry : entries) {
                    deleteInside(entry);
                }
            }
        }
        Files.deleteIfExists(path);
    }

    /** Makes names that were created, renamed or deleted in this directory durable. */
    public static void forceDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
