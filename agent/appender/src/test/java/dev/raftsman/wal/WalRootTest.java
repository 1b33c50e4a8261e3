package dev.raftsman.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WalRootTest {
    private static final int STRANGER = 54_321;

    @TempDir
    Path place;

    @Test
    void makesWhatIsMissingWithItsParents() {
        WalDirectory made = create(place.resolve("a/b/c"));
        assertThat(made.path()).exists();
        made.releaseLock();
    }

    @Test
    void refusesAFileInsteadOfADirectory() throws IOException {
        Path root = Files.createFile(place.resolve("root"));
        assertThatThrownBy(() -> create(root)).hasMessageContaining(root + " is not a directory");
        Path other = Files.createDirectory(place.resolve("other"));
        Files.createFile(other.resolve("app"));
        assertThatThrownBy(() -> create(other)).hasMessageContaining("app is not a directory");
    }

    @Test
    void followsALinkOfOurOwn() throws IOException {
        Path real = Files.createDirectory(place.resolve("real"));
        WalDirectory made = create(Files.createSymbolicLink(place.resolve("link"), real));
        assertThat(made.path()).startsWith(real.toRealPath());
        made.releaseLock();
    }

    @Test
    void refusesALinkOfSomebodyElse() throws IOException {
        Path real = Files.createDirectory(place.resolve("real"));
        Path link = Files.createSymbolicLink(place.resolve("link"), real);
        give(link);
        assertThatThrownBy(() -> create(link)).hasMessageContaining("is a symbolic link of user " + STRANGER);
        assertThat(entries(real)).isZero();
    }

    @Test
    void refusesAProducerThatIsALinkAndOneThatSomebodyElseMade() throws IOException {
        Path elsewhere = Files.createDirectory(place.resolve("elsewhere"));
        Path root = Files.createDirectory(place.resolve("root"));
        Path link = Files.createSymbolicLink(root.resolve("app"), elsewhere);
        assertThatThrownBy(() -> create(root)).hasMessageContaining("app is a symbolic link");
        Files.delete(link);
        give(Files.createDirectory(root.resolve("app")));
        assertThatThrownBy(() -> create(root)).hasMessageContaining("app belongs to user " + STRANGER);
        assertThat(entries(elsewhere)).isZero();
        assertThat(entries(root.resolve("app"))).isZero();
    }

    @Test
    void usesAProducerThatBelongsToTheRootDirectorysOwner() throws IOException {
        Path root = Files.createDirectory(place.resolve("root"));
        give(root);
        give(Files.createDirectory(root.resolve("app")));
        create(root).releaseLock();
    }

    @Test
    void leavesNothingBehindWhereItFails() throws IOException {
        Path root = Files.createDirectory(place.resolve("root"));
        WalIdentity identity = WalIdentity.startingNow("acme", "app", "events");
        WalDirectory first = WalDirectory.create(root, identity);
        Files.createFile(first.path().resolve("kept"));
        // The same name again: the last step fails.
        assertThatThrownBy(() -> WalDirectory.create(root, identity)).isInstanceOf(UncheckedIOException.class);
        assertThat(entries(root.resolve("app"))).isEqualTo(1);
        assertThat(first.path().resolve("kept")).exists();
        first.releaseLock();
    }

    private static WalDirectory create(Path root) {
        return WalDirectory.create(root, WalIdentity.startingNow("acme", "app", "events"));
    }

    private static void give(Path path) {
        try {
            Files.setAttribute(path, "unix:uid", STRANGER, LinkOption.NOFOLLOW_LINKS);
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException notRoot) {
            assumeTrue(false, "skipped: files cannot be given to another user: " + notRoot);
        }
    }

    private static long entries(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.count();
        }
    }
}
