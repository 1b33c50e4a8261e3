package dev.raftsman.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class NodeDiskTest {
    private static final NodeDisk WIDE = new NodeDisk("n1", 900, "ENOUGH");
    private static final NodeDisk NARROW = new NodeDisk("n2", 100, "ENOUGH");
    private static final NodeDisk AT_ITS_RESERVE = new NodeDisk("n3", 500, "RESERVE");
    private static final NodeDisk SILENT = new NodeDisk("n4", NodeDisk.UNKNOWN, "");

    @Test
    void theTightestIsWhoeverTakesNoMoreThenWhoeverHasLeast() {
        assertThat(NodeDisk.tightest(List.of())).isEmpty();
        assertThat(NodeDisk.tightest(List.of(SILENT, WIDE, NARROW))).contains(NARROW);
        assertThat(NodeDisk.tightest(List.of(WIDE, NARROW, AT_ITS_RESERVE))).contains(AT_ITS_RESERVE);
    }

    @Test
    void aNodeThatDoesNotSayIsNotShort() {
        assertThat(SILENT.isShort(1_000)).isFalse();
        assertThat(AT_ITS_RESERVE.isShort(0)).isTrue();
        assertThat(NARROW.isShort(101)).isTrue();
        assertThat(NARROW.isShort(100)).isFalse();
    }
}
