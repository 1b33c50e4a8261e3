package dev.raftsman.wal;

import dev.raftsman.disk.Durable;
import dev.raftsman.event.Names;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * The directory that applications and their agent share, and in it the one of each producer. Several users may be allowed
 * to write there, as in {@code /tmp}, and what we log is not for each of them: so nobody but root, and whom root has given
 * the place to, decides where it goes.
 *
 * <pre>
 *  what is there                                          what becomes of it
 *  -----------------------------------------------------  ---------------------------------------
 *  root: nothing                                          made, with its parents
 *  root: a directory, whoever's                           used, if we may write there
 *  root: a symbolic link of ours or of root's             followed
 *  root: a symbolic link of somebody else                 refused
 *  producer: nothing                                      made
 *  producer: a directory of ours, root's, or of the       used, if we may write there
 *   root directory's owner
 *  producer: a directory of somebody else                 refused: he could replace what we write
 *  producer: a symbolic link                              refused: the agent follows none either
 *  either: anything else                                  refused
 * </pre>
 *
 * <p>Owners are told from one another where the system is a Unix with {@code /proc}, elsewhere not at all.
 */
final class WalRoot {
    private static final int ROOT = 0;
    private static final Path SELF = Path.of("/proc/self");
    private static final String UID = "unix:uid";

    private WalRoot() {}

    /** The producer's directory, made if it is missing; its name is durable on return. */
    static Path producerDirectory(Path root, String producer) throws IOException {
        Path given = root.toAbsolutePath().normalize();
        if (Files.isSymbolicLink(given) && !isOneOf(ownerOf(given), self(), ROOT)) {
            throw new IOException(given + " is a symbolic link of user " + ownerOf(given)
                    + "; one is followed only if it is root's or our own");
        }
        makeDirectory(given, true);
        Path directory = given.toRealPath().resolve(Names.asFileName(producer));
        if (Files.isSymbolicLink(directory)) {
            throw new IOException(directory + " is a symbolic link; expected a directory");
        }
        makeDirectory(directory, false);
        if (!isOneOf(ownerOf(directory), self(), ROOT, ownerOf(directory.getParent()))) {
            throw new IOException(directory + " belongs to user " + ownerOf(directory)
                    + ", who could replace what is written there; expected ours");
        }
        return directory;
    }

    private static void makeDirectory(Path directory, boolean parents) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        if (parents) {
            Durable.createDirectories(directory);
            return;
        }
        try {
            Files.createDirectory(directory);
            Durable.forceDirectory(directory.getParent());
        } catch (FileAlreadyExistsException raced) {
            if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
                throw raced;
            }
        }
    }

    /** @return -1 where there are no such numbers */
    private static int self() {
        try {
            return (int) Files.getAttribute(SELF, UID);
        } catch (IOException | RuntimeException none) {
            return -1;
        }
    }

    private static int ownerOf(Path path) throws IOException {
        try {
            return (int) Files.getAttribute(path, UID, LinkOption.NOFOLLOW_LINKS);
        } catch (IllegalArgumentException | UnsupportedOperationException notUnix) {
            return -1;
        }
    }

    private static boolean isOneOf(int owner, int... accepted) {
        for (int each : accepted) {
            if (owner == each || each == -1) {
                return true;
            }
        }
        return false;
    }

    /** What a file system's exception says, in words: its class alone says most of it. */
    static String words(IOException failed) {
        if (failed instanceof AccessDeniedException denied) {
            return "permission denied: " + denied.getFile();
        }
        if (failed instanceof FileAlreadyExistsException other) {
            return other.getFile() + " is not a directory";
        }
        if (failed instanceof NoSuchFileException missing) {
            return missing.getFile() + " is gone";
        }
        if (failed instanceof FileSystemException said && said.getReason() != null) {
            return said.getReason() + ": " + said.getFile();
        }
        return failed.getMessage() == null ? failed.toString() : failed.getMessage();
    }
}
