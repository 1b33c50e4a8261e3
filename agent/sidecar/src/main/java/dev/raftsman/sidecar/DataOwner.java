package dev.raftsman.sidecar;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/**
 * Only the user whose data directory it is may write there: what root left in it, the agent could not open at its next
 * start.
 */
final class DataOwner {
    private static final Integer ROOT = 0;
    private static final Path SELF = Path.of("/proc/self");
    private static final String UID = "unix:uid";

    private DataOwner() {}

    /**
     * A link of somebody else leads where he wants, now or later.
     *
     * @throws FileSystemException if the directory is such a link
     */
    static void refuseLinkOfOthers(Path data) throws IOException {
        if (!Files.isSymbolicLink(data)) {
            return;
        }
        Object owner = Files.getAttribute(data, UID, LinkOption.NOFOLLOW_LINKS);
        if (!owner.equals(ROOT) && !owner.equals(Files.getAttribute(SELF, UID))) {
            throw new FileSystemException(
                    data.toString(),
                    null,
                    "it is a symbolic link of user " + owner
                            + "; expected a directory, or a link of root or of this user");
        }
    }

    /** @throws AccessDeniedException naming whom to become; a directory that is not there is nobody's */
    static void require(Path data) throws IOException {
        if (!Files.exists(data)) {
            return;
        }
        // Numbers, since in a container a user need not have a name.
        Object uid = Files.getAttribute(data, UID);
        if (!uid.equals(Files.getAttribute(SELF, UID))) {
            String owner = Files.getOwner(data).getName();
            String user = System.getProperty("user.name");
            throw new AccessDeniedException(
                    data.toString(),
                    null,
                    "it belongs to " + owner + ", and this is " + user + "; run it as its owner: sudo -u " + owner
                            + " raftsman ...");
        }
    }
}
