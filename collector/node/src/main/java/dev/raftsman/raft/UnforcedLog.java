package dev.raftsman.raft;

import dev.raftsman.disk.Durable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Entries that stand in the log and are not on the disk: left by a crash before their force, or by a force that failed. The
 * engine (3.3.0) takes all it reads at its start for durable: it counts it for a majority and forces it only if something
 * follows in the same file. A power cut then loses what was acknowledged, and leaves a gap before a file begun meanwhile. So
 * the open file is written anew, and forced, before the engine looks at it. To force it would not do: after a force that
 * failed, the system takes for written what is not.
 */
final class UnforcedLog {
    private UnforcedLog() {}

    /**
     * Makes what the log's open file holds durable. The engine forces a file before it closes it.
     *
     * @param group the engine's directory of the group; need not exist
     */
    static void force(Path group) throws IOException {
        Path current = group.resolve("current");
        if (!Files.isDirectory(current)) {
            return;
        }
        try (DirectoryStream<Path> open = Files.newDirectoryStream(current, "log_inprogress_*[0-9]")) {
            for (Path file : open) {
                // At most a log segment of 8 MB and an entry.
                Durable.write(file, ByteBuffer.wrap(Files.readAllBytes(file)));
            }
        }
    }
}
