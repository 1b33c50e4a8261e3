package dev.raftsman.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DirectoryObjectStoreTest extends ObjectStoreContract {
    @Override
    protected ObjectStore openEmpty() throws Exception {
        return DirectoryObjectStore.open(temporary.resolve("archive"));
    }

    @Test
    void sweepsWhatAKilledWriterLeftADayAgoAndListsNothingOfIt() throws Exception {
        Path root = temporary.resolve("archive");
        Path old = Files.write(root.resolve(".incoming/old"), new byte[] {1});
        Files.setLastModifiedTime(old, FileTime.fromMillis(0));
        Path young = Files.write(root.resolve(".incoming/young"), new byte[] {1});
        Files.write(root.resolve("a stranger's file"), new byte[] {1});

        try (DirectoryObjectStore store = DirectoryObjectStore.open(root)) {
            List<ObjectInfo> listed = new ArrayList<>();
            store.list("", listed::add);
            assertThat(listed).isEmpty();
        }
        assertThat(old).doesNotExist();
        assertThat(young).exists();
    }

    @Test
    void opensNothingToReadWhereNothingIs() {
        Path nowhere = temporary.resolve("nowhere");
        assertThatThrownBy(() -> DirectoryObjectStore.openExisting(nowhere)).isInstanceOf(NoSuchFileException.class);
        assertThat(nowhere).doesNotExist();
    }
}
