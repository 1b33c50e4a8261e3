package dev.raftsman.sidecar;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataOwnerTest {
    private static final Integer SOMEBODY = 54_321;

    @TempDir
    Path directory;

    @Test
    void aLinkOfSomebodyElseIsRefused() throws IOException {
        Path link =
                Files.createSymbolicLink(directory.resolve("data"), Files.createDirectory(directory.resolve("real")));
        assertThatCode(() -> DataOwner.refuseLinkOfOthers(link)).doesNotThrowAnyException();
        assertThatCode(() -> DataOwner.refuseLinkOfOthers(directory)).doesNotThrowAnyException();
        assertThatCode(() -> DataOwner.refuseLinkOfOthers(directory.resolve("not there")))
                .doesNotThrowAnyException();
        try {
            Files.setAttribute(link, "unix:uid", SOMEBODY, LinkOption.NOFOLLOW_LINKS);
        } catch (FileSystemException onlyRootMay) {
            Assumptions.abort("only root can give a link away");
        }
        assertThatThrownBy(() -> DataOwner.refuseLinkOfOthers(link))
                .isInstanceOf(FileSystemException.class)
                .hasMessageContaining(link.toString())
                .hasMessageContaining("symbolic link of user " + SOMEBODY + "; expected a directory");
    }
}
