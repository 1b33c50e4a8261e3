package dev.raftsman.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnforcedLogTest {
    @TempDir
    Path group;

    private static Object inode(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    }

    @Test
    void theOpenFileIsWrittenAnewWithTheSameBytesAndTheClosedOnesAreLeft() throws IOException {
        Path current = Files.createDirectories(group.resolve("current"));
        Path open = Files.write(current.resolve("log_inprogress_18"), new byte[] {1, 2, 3, 0, 0});
        Path closed = Files.write(current.resolve("log_0-17"), new byte[] {4, 5});
        Files.write(current.resolve("log_inprogress_18.tmp"), new byte[] {1, 2}); // cut off on the way
        Object openBefore = inode(open);
        Object closedBefore = inode(closed);

        UnforcedLog.force(group);

        assertThat(open).hasBinaryContent(new byte[] {1, 2, 3, 0, 0});
        assertThat(inode(open)).isNotEqualTo(openBefore);
        assertThat(inode(closed)).isEqualTo(closedBefore);
        assertThat(current).isDirectoryNotContaining(file -> file.toString().endsWith(".tmp"));
    }

    @Test
    void aNodeWithoutALogStarts() throws IOException {
        UnforcedLog.force(group.resolve("missing"));
        assertThat(group).isEmptyDirectory();
    }
}
