package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.raftsman.raft.EngineVotes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A real file system without a free block, and the engine's own writer. Needs root and loop devices. */
class VoteOnAFullDiskIT {
    @RegisterExtension
    final TestDirectory directory = new TestDirectory();

    @ParameterizedTest
    @EnumSource
    void aVoteIsPromisedAndKeptThoughTheEngineLosesItsFile(LoopDisk.Type type) throws Exception {
        String missing = LoopDisk.unavailable(type);
        assumeTrue(missing == null, "skipped: " + missing);
        try (LoopDisk disk = LoopDisk.create(directory.path(), "disk", 400, type)) {
            assumeTrue(disk != null, "skipped: no loop devices here");
            try (EngineVotes votes = new EngineVotes(disk.path().resolve("group"))) {
                votes.vote(7, "n1");
                EngineVotes.promise(votes.meta());
                votes.vote(8, "n2");
                disk.fill(0);
                takeTheLastBlocks(disk.path());
                EngineVotes.promise(votes.meta());
                assertThatThrownBy(() -> votes.vote(9, "n3")).isInstanceOf(IOException.class);
                System.out.printf("%s: %d bytes of term and vote left by the engine%n", type, Files.size(votes.meta()));
                if (type == LoopDisk.Type.EXT4) {
                    assertThat(votes.meta())
                            .as("if it is whole, the engine's file need not be made again any more")
                            .isEmptyFile();
                }
                disk.empty();
                assertThat(EngineVotes.start(votes.meta())).isEqualTo("8 n2");
            }
        }
    }

    /** A file of one byte takes a block. */
    private static void takeTheLastBlocks(Path disk) {
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 10_000; i++) {
                        Files.write(disk.resolve("crumb-" + i), new byte[1]);
                    }
                })
                .isInstanceOf(IOException.class)
                .hasMessageContaining("No space left");
    }
}
