package dev.raftsman.wal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WalProgressTest {
    @TempDir
    Path directory;

    private WalProgress writer;

    @BeforeEach
    void create() throws IOException {
        WalProgress.create(directory);
        writer = WalProgress.forWriter(directory);
    }

    @Test
    void aDeathRightBeforeTheExcerptIsThereLeavesItsLossUndeclared() {
        declare(0, LossReason.RING_FULL, 4);
        writer.lost(LossReason.RING_FULL, 3);
        writer.declaring(1, new Loss(LossReason.RING_FULL, 3));
        assertThat(afterDeath(0)).isEqualTo(new Loss(LossReason.RING_FULL, 3));
    }

    @Test
    void aDeathRightAfterTheExcerptIsThereCountsItsLossOnce() {
        declare(0, LossReason.RING_FULL, 4);
        writer.lost(LossReason.RING_FULL, 3);
        writer.declaring(1, new Loss(LossReason.RING_FULL, 3)); // and not written(1): the reader finds it by itself
        assertThat(afterDeath(1)).isEqualTo(Loss.NONE);
    }

    @Test
    void whatTheWriterSaidItWroteNeedsNoReader() {
        declare(0, LossReason.QUOTA, 4);
        writer.lost(LossReason.QUOTA, 1);
        assertThat(afterDeath(WalProgress.NONE)).isEqualTo(new Loss(LossReason.QUOTA, 1));
    }

    @Test
    void lossesOfSeveralReasonsAreDeclaredTogetherUnderThatOfTheMost() {
        declare(0, LossReason.QUOTA, 100);
        writer.lost(LossReason.QUOTA, 2);
        writer.lost(LossReason.UNENCODABLE, 5);
        writer.lost(LossReason.RING_FULL, 3);
        assertThat(afterDeath(0)).isEqualTo(new Loss(LossReason.UNENCODABLE, 10));
    }

    @Test
    void anEndedLogClaimsWhatWasWrittenThereWhateverIsCountedLater() {
        writer.claimed(20);
        writer.lost(LossReason.RING_FULL, 3);
        writer.end(17);
        writer.claimed(30);
        writer.lostInAll(LossReason.RING_FULL, 9);
        assertThat(WalProgress.forReader(directory).claimed()).isEqualTo(17);
        assertThat(afterDeath(0)).isEqualTo(Loss.NONE);
    }

    @Test
    void countsNeverGoBack() {
        writer.claimed(20);
        writer.claimed(7);
        writer.lostInAll(LossReason.RING_FULL, 9);
        writer.lostInAll(LossReason.RING_FULL, 8);
        assertThat(writer.claimed()).isEqualTo(20);
        assertThat(writer.lost(LossReason.RING_FULL)).isEqualTo(9);
    }

    private void declare(long position, LossReason reason, long count) {
        writer.lost(reason, count);
        writer.declaring(position, new Loss(reason, count));
        writer.written(position);
    }

    private Loss afterDeath(long lastPosition) {
        return WalProgress.forReader(directory).undeclared(lastPosition);
    }
}
