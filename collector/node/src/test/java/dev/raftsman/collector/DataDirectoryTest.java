package dev.raftsman.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.raftsman.config.HostPort;
import dev.raftsman.raft.LogFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A directory that lacks a part, or has one of another, is not opened. */
class DataDirectoryTest {
    private static final UUID GROUP = new UUID(1, 2);

    @TempDir
    Path root;

    private Path data;

    @BeforeEach
    void choose() {
        data = root.resolve("data");
    }

    private DataDirectory open() throws StartException {
        return DataDirectory.open(data, "c", GROUP, "n1");
    }

    private static Founders founders(UUID directory) {
        return new Founders(List.of(new Founders.Founder(
                "n1", directory, new HostPort("h", 1), new HostPort("h", 2), new HostPort("::1", 3))));
    }

    /** As the engine leaves it. */
    private Path engine(long term) throws IOException {
        Path current = LogFiles.group(data.resolve("raft"), GROUP).resolve("current");
        Files.createDirectories(current);
        return Files.writeString(current.resolve("raft-meta"), "#\nterm=" + term + "\nvotedFor=n1\n");
    }

    private UUID founder() throws Exception {
        try (DataDirectory directory = open()) {
            directory.found(founders(directory.id()));
            engine(0);
            directory.entering();
            engine(7);
            return directory.id();
        }
    }

    private void assertRefused(int exitCode, String... reasons) {
        assertThatThrownBy(this::open)
                .isInstanceOfSatisfying(
                        StartException.class, e -> assertThat(e.exitCode()).isEqualTo(exitCode))
                .message()
                .contains(reasons)
                .doesNotContain("\n");
    }

    @Test
    void hasOneIdForEver() throws Exception {
        UUID id;
        try (DataDirectory directory = open()) {
            id = directory.id();
            assertThat(directory.state()).isEqualTo(DataDirectory.State.FRESH);
            assertThat(directory.founders()).isEmpty();
        }
        assertThat(founder()).isEqualTo(id);
        try (DataDirectory directory = open()) {
            assertThat(directory.id()).isEqualTo(id);
            assertThat(directory.state()).isEqualTo(DataDirectory.State.FOUNDER);
            assertThat(directory.founders()).contains(founders(id));
        }
    }

    @Test
    void goesOnAfterACrashAtAnyStepBeforeTheVote() throws Exception {
        try (DataDirectory directory = open()) {
            directory.found(founders(directory.id()));
        }
        open().close();
        Path meta = engine(0);
        try (DataDirectory directory = open()) {
            assertThat(directory.state()).isEqualTo(DataDirectory.State.FRESH);
            assertThat(meta).as("the engine would take it for a log").doesNotExist();
            engine(0);
            directory.entering();
        }
        try (DataDirectory directory = open()) {
            assertThat(directory.state()).isEqualTo(DataDirectory.State.FOUNDER);
        }
    }

    @Test
    void refusesWhenTheLogIsGone() throws Exception {
        founder();
        Path group = LogFiles.group(data.resolve("raft"), GROUP);
        Files.delete(group.resolve("current").resolve("raft-meta"));
        assertRefused(65, "not whole", "no term and vote", "raftsman cluster replace n1 NEW");
        deleteTree(data.resolve("raft"));
        assertRefused(65, "the log of this directory is gone", "raftsman cluster replace n1 NEW");
    }

    @Test
    void refusesALogOfAnotherDirectory() throws Exception {
        founder();
        Path group = LogFiles.group(data.resolve("raft"), GROUP);
        Files.writeString(group.resolve("directory"), new UUID(5, 6) + "\n");
        assertRefused(65, "belongs to another data directory");
    }

    @Test
    void refusesALogThatVotedUnderAnIdentityThatDidNot() throws Exception {
        founder();
        String identity = Files.readString(data.resolve("identity"));
        Files.writeString(data.resolve("identity"), identity.replace("state founder\n", ""));
        assertRefused(65, "has a log that voted");
    }

    @Test
    void refusesADamagedOrMissingListOfFounders() throws Exception {
        founder();
        String founders = Files.readString(data.resolve("founders"));
        Files.writeString(data.resolve("founders"), founders.substring(0, founders.length() - 2));
        assertRefused(65, "founders is damaged");
        Files.writeString(data.resolve("founders"), founders(new UUID(5, 6)).text());
        assertRefused(65, "founders is not of this directory");
        Files.delete(data.resolve("founders"));
        assertRefused(65, "founders is gone");
    }

    @Test
    void refusesADamagedIdentityAndOneOfBefore() throws Exception {
        open().close();
        String identity = Files.readString(data.resolve("identity"));
        Files.writeString(data.resolve("identity"), identity + "state voter\n");
        assertRefused(65, "identity is damaged at 'state voter'");
        Files.writeString(data.resolve("identity"), identity.replaceFirst("directory .*\n", ""));
        assertRefused(78, "from before");
    }

    @Test
    void neverOpensAgainOnceItsNodeWasRemoved() throws Exception {
        founder();
        try (DataDirectory directory = open()) {
            directory.removed();
        }
        assertRefused(78, "n1 was removed", "raftsman cluster add NEW");
    }

    private static void deleteTree(Path tree) throws IOException {
        try (Stream<Path> all = Files.walk(tree)) {
            for (Path path : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
