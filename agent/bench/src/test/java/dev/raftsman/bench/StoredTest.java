package dev.raftsman.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import dev.raftsman.wal.ExcerptKind;
import dev.raftsman.wal.WalDirectory;
import dev.raftsman.wal.WalIdentity;
import dev.raftsman.wal.WalSettings;
import dev.raftsman.wal.WalWriter;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoredTest {
    @Test
    void aLineWithoutItsEndIsNotThere(@TempDir Path dir) throws Exception {
        Files.writeString(Setup.LOGBACK_FILE.lines(dir), "one\ntwo\nthr");

        assertThat(Stored.in(Setup.LOGBACK_FILE, dir)).isEqualTo(new Stored(2, 0));
    }

    @Test
    void countsTheRowsOfALogAndWhatItDeclares(@TempDir Path dir) throws Exception {
        WalDirectory log = WalDirectory.create(
                Setup.RAFTSMAN_LOGBACK.walRoot(dir), WalIdentity.startingNow("default", "bench", "bench"));
        try (WalWriter writer = WalWriter.open(log, WalSettings.DEFAULTS.withReserveBytes(0))) {
            writer.append(ExcerptKind.ROWS, 0, 5, Loss.NONE, null, ByteBuffer.allocate(500));
            Loss loss = new Loss(LossReason.RING_FULL, 2);
            writer.append(ExcerptKind.ROWS, 5, 4, loss, null, ByteBuffer.allocate(400));
        }

        assertThat(Stored.in(Setup.RAFTSMAN_LOGBACK, dir)).isEqualTo(new Stored(9, 2));
    }
}
