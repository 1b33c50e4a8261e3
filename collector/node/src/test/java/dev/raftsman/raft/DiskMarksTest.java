package dev.raftsman.raft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.raft.DiskMarks.Room;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class DiskMarksTest {
    private static final long MIB = 1 << 20;

    private long free;
    private long nanos;
    private int asked;
    private DiskMarks marks;

    private void reserve(long softBytes) {
        marks = DiskMarks.of(
                () -> {
                    asked++;
                    return free;
                },
                softBytes,
                () -> nanos);
    }

    private Room at(long bytes) {
        free = bytes;
        nanos += TimeUnit.SECONDS.toNanos(1);
        return marks.room();
    }

    @Test
    void hasTheHardMarkAtHalfOfTheReserve() {
        reserve(256 * MIB);
        assertThat(at(256 * MIB)).isEqualTo(Room.ENOUGH);
        assertThat(at(256 * MIB - 1)).isEqualTo(Room.RESERVE);
        assertThat(at(128 * MIB)).isEqualTo(Room.RESERVE);
        assertThat(at(128 * MIB - 1)).isEqualTo(Room.FULL);
    }

    @Test
    void hasTheHardMarkNoLowerThanWhatIsOnItsWay() {
        reserve(100 * MIB);
        assertThat(at(64 * MIB)).isEqualTo(Room.RESERVE);
        assertThat(at(64 * MIB - 1)).isEqualTo(Room.FULL);
        reserve(10 * MIB);
        assertThat(at(10 * MIB)).as("above the soft mark all is well").isEqualTo(Room.ENOUGH);
        assertThat(at(10 * MIB - 1)).isEqualTo(Room.FULL);
    }

    @Test
    void leavesAMarkAnEighthAboveIt() {
        reserve(256 * MIB);
        assertThat(at(0)).isEqualTo(Room.FULL);
        assertThat(at(144 * MIB - 1)).isEqualTo(Room.FULL);
        assertThat(at(144 * MIB)).isEqualTo(Room.RESERVE);
        assertThat(at(130 * MIB)).isEqualTo(Room.RESERVE);
        assertThat(at(288 * MIB - 1)).isEqualTo(Room.RESERVE);
        assertThat(at(288 * MIB)).isEqualTo(Room.ENOUGH);
        assertThat(at(260 * MIB)).isEqualTo(Room.ENOUGH);
    }

    @Test
    void asksTheSystemAtMostEachTwentyMilliseconds() {
        reserve(256 * MIB);
        free = 300 * MIB;
        assertThat(marks.room()).isEqualTo(Room.ENOUGH);
        free = 0;
        nanos += TimeUnit.MILLISECONDS.toNanos(19);
        assertThat(marks.room()).isEqualTo(Room.ENOUGH);
        assertThat(asked).isEqualTo(1);
        nanos += TimeUnit.MILLISECONDS.toNanos(1);
        assertThat(marks.room()).isEqualTo(Room.FULL);
    }
}
