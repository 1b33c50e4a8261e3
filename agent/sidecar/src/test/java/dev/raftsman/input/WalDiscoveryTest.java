package dev.raftsman.input;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.wal.WalDirectory;
import dev.raftsman.wal.WalIdentity;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WalDiscoveryTest {
    @TempDir
    Path root;

    @Test
    void namesALogThatCannotBeReadAndTakesTheOthers() throws IOException {
        WalDirectory damaged = WalDirectory.create(root, WalIdentity.startingNow("default", "one", "one"));
        damaged.releaseLock();
        WalDirectory sound = WalDirectory.create(root, WalIdentity.startingNow("default", "two", "two"));
        sound.releaseLock();
        Files.writeString(damaged.path().resolve("identity"), "raftsman-wal-1\n");
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        OperatorLog log = new OperatorLog(new PrintStream(said, true, StandardCharsets.UTF_8), InstantSource.system());
        WalDiscovery discovery = new WalDiscovery(List.of(root), "default", log);
        assertThat(discovery.look()).containsExactly(sound);
        assertThat(said.toString(StandardCharsets.UTF_8))
                .contains(
                        "ERROR",
                        "WAL cannot be read",
                        damaged.identity().incarnation().toString());
        assertThat(discovery.look()).isEmpty();
    }
}
