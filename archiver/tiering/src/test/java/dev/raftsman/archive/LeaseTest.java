package dev.raftsman.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.raftsman.catalog.Command;
import dev.raftsman.cluster.TestState;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeaseTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    @TempDir
    Path temporary;

    private TestState cluster;
    private Lease ours;
    private Lease theirs;

    @BeforeEach
    void begin() throws IOException {
        cluster = new TestState(temporary, 1_790_000_000_000L);
        ours = lease("a");
        theirs = lease("b");
    }

    @AfterEach
    void end() {
        cluster.close();
    }

    private Lease lease(String owner) {
        return new Lease(cluster, owner, MINUTE, () -> TimeUnit.MILLISECONDS.toNanos(cluster.nowMillis()));
    }

    private void sleep() {
        cluster.advance(MINUTE.toMillis() + 1);
    }

    @Test
    void goesOnWhereItRanOutAndNobodyCame() throws Exception {
        assertThat(ours.acquire()).isTrue();
        sleep();
        ours.keep();
        sleep();
        assertThat(ours.acquire()).isTrue();
        assertThat(ours.tenure()).isOne();
    }

    @Test
    void stopsWhereAnotherHasHeldItSinceAlthoughItIsFreeAgain() throws Exception {
        assertThat(ours.acquire()).isTrue();
        sleep();
        assertThat(theirs.acquire()).isTrue();
        theirs.release();
        assertThatThrownBy(ours::keep).isInstanceOf(Lease.FencedException.class);
        assertThat(ours.acquire()).isTrue();
        assertThat(ours.tenure()).isEqualTo(2);
        ours.keep();
    }

    @Test
    void isTakenAnewByWhoeverStoodBy() throws Exception {
        assertThat(theirs.acquire()).isTrue();
        assertThat(ours.acquire()).isFalse();
        assertThatThrownBy(ours::keep).isInstanceOf(Lease.FencedException.class);
        theirs.release();
        assertThat(ours.acquire()).isTrue();
        assertThat(theirs.acquire()).isFalse();
        ours.release();
        assertThat(theirs.acquire()).isTrue();
        assertThat(theirs.tenure()).isEqualTo(2);
    }

    @Test
    void isTakenAnewAfterACommandWasRefused() throws Exception {
        assertThat(ours.acquire()).isTrue();
        cluster.execute(new Command.AcquireLease("a", 0));
        assertThatThrownBy(() -> ours.execute(new Command.DropSnapshot("a", "none")))
                .isInstanceOf(Lease.FencedException.class);
        assertThat(ours.acquire()).isTrue();
        assertThat(ours.tenure()).isEqualTo(2);
    }
}
