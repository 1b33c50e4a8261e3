package dev.raftsman.cluster;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * How much room a collector has.
 *
 * @param freeBytes {@link #UNKNOWN} if it does not say
 * @param room ENOUGH; RESERVE or FULL where it takes no more blocks; "" if it does not say
 */
public record NodeDisk(String node, long freeBytes, String room) {
    public static final long UNKNOWN = -1;

    /** Whether it takes no more, or has less free than so much. */
    public boolean isShort(long limitBytes) {
        return takesNoMore() || freeBytes != UNKNOWN && freeBytes < limitBytes;
    }

    private boolean takesNoMore() {
        return room.equals("RESERVE") || room.equals("FULL");
    }

    static Optional<NodeDisk> tightest(List<NodeDisk> disks) {
        return disks.stream()
                .min(Comparator.comparing((NodeDisk disk) -> !disk.takesNoMore())
                        .thenComparing(disk -> disk.freeBytes() == UNKNOWN)
                        .thenComparingLong(NodeDisk::freeBytes)
                        .thenComparing(NodeDisk::node));
    }
}
