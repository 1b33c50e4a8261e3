package dev.raftsman.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CheckpointFileTest {
    @TempDir
    private Path directory;

    private Path file;
    private CheckpointFile checkpoint;

    @BeforeEach
    void place() {
        file = directory.resolve("checkpoint");
        checkpoint = new CheckpointFile(file, "acme", "payments/api");
    }

    @Test
    void holdsTheLastThatWasWrittenAndLeavesNothingBesideIt() throws IOException {
        assertThat(checkpoint.read()).isEmpty();
        checkpoint.write(Offset.parse("9.1"));
        checkpoint.write(Offset.parse("4711.3"));
        assertThat(new CheckpointFile(file, "acme", "payments/api").read()).contains(Offset.parse("4711.3"));
        assertThat(directory).isDirectoryNotContaining(path -> !path.equals(file));
    }

    @Test
    void isNotTakenForAnotherStreams() throws IOException {
        checkpoint.write(Offset.parse("9.1"));
        assertThatThrownBy(() -> new CheckpointFile(file, "acme", "orders").read())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("payments/api")
                .hasMessageContaining("orders");
    }

    @Test
    void saysWhatIsWrongWithAFileThatIsNone() throws IOException {
        checkpoint.write(Offset.parse("9.1"));
        String whole = Files.readString(file);
        for (int length = 0; length < whole.length() - 4; length++) {
            Files.writeString(file, whole.substring(0, length));
            assertThatThrownBy(checkpoint::read).as("%d bytes", length).isInstanceOf(IOException.class);
        }
        Files.writeString(file, whole.replace("9.1", "nine"));
        assertThatThrownBy(checkpoint::read).hasMessageContaining("'nine' is no offset");
    }
}
