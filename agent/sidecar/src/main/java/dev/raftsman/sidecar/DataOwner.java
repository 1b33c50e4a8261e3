package dev.raftsman.sidecar;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Only the user whose data directory it is may write there: what root left in it, the agent could not open at its next
 * start.
 */
final class DataOwner {
    private DataOwner() {}

    /** @throws AccessDeniedException naming whom to become; a directory that is not there is nobody's */
    static void require(Path data) throws IOException {
        if (!Files.exists(data)) {
            return;
        }
        // Numbers, since in a container a user need not have a name.
        Object uid = Files.getAttribute(data, "unix:uid");
        if (!uid.equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))) {
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
