package dev.raftsman.ring;

import java.time.Duration;

/**
 * Sizes and policies of a ring.
 *
 * @param slots how many events it holds, a power of two
 * @param slotBytes a row up to this long is encoded in place; a longer one gets memory of its own for its stay
 * @param maxEventBytes a longer row is cut and marked
 * @param maxBlock how long a caller waits at most, for a slot and again for a force; once one has waited in vain
 *     for a slot, the others do not wait until the log takes events again
 * @param maxDrain how long {@link EventRing#close} waits for what is in the ring to be written
 */
public record RingSettings(
        int slots,
        int slotBytes,
        int maxEventBytes,
        FullPolicy whenFull,
        SyncPolicy sync,
        Duration maxBlock,
        Duration maxDrain) {
    /** 8,192 slots of 1 KiB, events up to 1 MiB, callers wait up to 5 s, forced by interval. */
    public static final RingSettings DEFAULTS = new RingSettings(
            8192, 1024, 1 << 20, FullPolicy.BLOCK, SyncPolicy.INTERVAL, Duration.ofSeconds(5), Duration.ofSeconds(5));

    public RingSettings {
        if (Integer.bitCount(slots) != 1) {
            throw new IllegalArgumentException("slots " + slots + "; expected a power of two");
        }
        if (slotBytes < 64 || slotBytes % 8 != 0 || (long) slots * slotBytes > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("slotBytes " + slotBytes
                    + "; expected a multiple of 8, at least 64, and less than 2 GiB for all " + slots + " slots");
        }
        if (maxEventBytes < 4096 || maxEventBytes < slotBytes) {
            throw new IllegalArgumentException(
                    "maxEventBytes " + maxEventBytes + "; expected at least 4096 and slotBytes " + slotBytes);
        }
        if (maxBlock.isNegative() || maxDrain.isNegative()) {
            throw new IllegalArgumentException(
                    "maxBlock " + maxBlock + ", maxDrain " + maxDrain + "; expected 0 or more");
        }
    }

    public RingSettings withSlots(int count) {
        return new RingSettings(count, slotBytes, maxEventBytes, whenFull, sync, maxBlock, maxDrain);
    }

    public RingSettings withPolicies(FullPolicy full, SyncPolicy when) {
        return new RingSettings(slots, slotBytes, maxEventBytes, full, when, maxBlock, maxDrain);
    }

    public RingSettings withMaxBlock(Duration limit) {
        return new RingSettings(slots, slotBytes, maxEventBytes, whenFull, sync, limit, maxDrain);
    }
}
