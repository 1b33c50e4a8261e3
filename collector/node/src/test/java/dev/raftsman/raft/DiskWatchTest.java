package dev.raftsman.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DiskWatchTest {
    private static final long MIB = 1 << 20;

    private long free = 1024 * MIB;
    private long nanos;
    private boolean leads;
    private int releases;
    private int shortened;
    private final List<Integer> offered = new ArrayList<>();
    private final DiskWatch watch =
            new DiskWatch(DiskMarks.of(() -> free, 256 * MIB, () -> nanos), new DiskWatch.Node() {
                @Override
                public boolean leads() {
                    return leads;
                }

                @Override
                public int followers() {
                    return 2;
                }

                @Override
                public void offerLeadership(int attempt) {
                    offered.add(attempt);
                }

                @Override
                public void releaseEntries() {
                    releases++;
                }

                @Override
                public void shortenLog() {
                    shortened++;
                }

                @Override
                public void lookAtCandidacy(long now, boolean full) {}
            });

    @AfterEach
    void close() {
        watch.close();
    }

    private void after(long seconds) {
        nanos += TimeUnit.SECONDS.toNanos(seconds);
        watch.step(nanos);
    }

    @Test
    void offersLeadershipToEachFollowerInTurnAndThenRarely() {
        leads = true;
        after(1);
        assertThat(offered).isEmpty();
        free = 255 * MIB;
        after(1);
        after(1);
        assertThat(offered).containsExactly(0);
        after(5);
        assertThat(offered).containsExactly(0, 1);
        after(30);
        assertThat(offered).hasSize(2);
        after(60);
        assertThat(offered).containsExactly(0, 1, 2);
    }

    @Test
    void beginsAnewOnceTheDiskHadRoomOrAnotherLed() {
        leads = true;
        free = 0;
        after(1);
        free = 1024 * MIB;
        after(1);
        free = 0;
        after(1);
        leads = false;
        after(1);
        leads = true;
        after(1);
        assertThat(offered).containsExactly(0, 0, 0);
    }

    @Test
    void shortensTheLogWhenTheReserveIsReachedWhichAFullDiskWouldNotLetIt() {
        after(1);
        free = 200 * MIB;
        after(1);
        after(1);
        assertThat(shortened).isEqualTo(1);
        free = 1024 * MIB;
        after(1);
        free = 200 * MIB;
        after(1);
        assertThat(shortened).isEqualTo(2);
    }

    @Test
    void letsHeldEntriesInOnlyWhileItIsNotFull() {
        free = 0;
        after(1);
        assertThat(releases).isZero();
        free = 200 * MIB;
        after(1);
        assertThat(releases).isOne();
    }
}
