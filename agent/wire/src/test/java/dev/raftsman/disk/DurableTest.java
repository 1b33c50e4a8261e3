package dev.raftsman.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DurableTest {
    @TempDir
    private Path directory;

    @Test
    void replacesAFileWholeAndLeavesNothingBeside() throws IOException {
        Path file = directory.resolve("f");
        Durable.write(file, ByteBuffer.wrap(new byte[] {1, 2}));
        Durable.write(file, ByteBuffer.wrap(new byte[] {3}));
        assertThat(Files.readAllBytes(file)).containsExactly(3);
        assertThat(directory.toFile().list()).containsExactly("f");
    }

    @Test
    void whatLiesInThePlaceOfTheUnfinishedFileIsReplacedAndALinkThereIsNotFollowed() throws IOException {
        Path file = directory.resolve("f");
        Path kept = Files.writeString(directory.resolve("kept"), "x");
        Files.createSymbolicLink(directory.resolve("f" + Durable.UNFINISHED), kept);
        Durable.write(file, ByteBuffer.wrap(new byte[] {1}));
        assertThat(kept).hasContent("x");
        Files.writeString(directory.resolve("f" + Durable.UNFINISHED), "left by a crash");
        Durable.write(file, ByteBuffer.wrap(new byte[] {2}));
        assertThat(Files.readAllBytes(file)).containsExactly(2);
        assertThat(directory.toFile().list()).containsExactlyInAnyOrder("f", "kept");
    }

    @Test
    void deletesATreeButNotWhatALinkInItPointsTo() throws IOException {
        Path kept = Files.writeString(directory.resolve("kept"), "x");
        Path tree = directory.resolve("a/b/c");
        Durable.createDirectories(tree);
        Files.createSymbolicLink(tree.resolve("link"), kept);
        Durable.deleteTree(directory.resolve("a"));
        assertThat(directory.resolve("a")).doesNotExist();
        assertThat(kept).exists();
    }

    @Test
    void aLockedDirectoryNamesItsHolderAndStaysLockedWhenAskedAbout() throws IOException {
        Path file = directory.resolve("lock");
        assertThat(DirectoryLock.isHeld(file)).isFalse();
        DirectoryLock lock = DirectoryLock.acquire(file);
        assertThatThrownBy(() -> DirectoryLock.acquire(file))
                .isInstanceOf(DirectoryLock.HeldException.class)
                .hasMessage(directory + " is in use by this process");
        assertThat(DirectoryLock.isHeld(file)).isTrue();
        assertThat(heldForAnotherProcess(file)).isTrue();
        lock.close();
        lock.close();
        assertThat(DirectoryLock.isHeld(file)).isFalse();
        assertThat(heldForAnotherProcess(file)).isFalse();
    }

    private static boolean heldForAnotherProcess(Path file) throws IOException {
        Process other = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        LockProbe.class.getName(),
                        file.toString())
                .redirectErrorStream(true)
                .start();
        return new String(other.getInputStream().readAllBytes(), StandardCharsets.UTF_8).contains("held");
    }

    /** Asks from another process. */
    static final class LockProbe {
        private LockProbe() {}

        public static void main(String[] arguments) throws IOException {
            if (DirectoryLock.isHeld(Path.of(arguments[0]))) {
                System.out.println("held");
            }
        }
    }
}
