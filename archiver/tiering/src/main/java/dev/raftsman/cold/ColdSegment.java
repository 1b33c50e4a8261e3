package dev.raftsman.cold;

import dev.raftsman.segment.EpochInfo;
import dev.raftsman.segment.SegmentHeader;
import dev.raftsman.segment.SegmentTotals;
import java.util.List;

/**
 * A segment in a cold object, as it was.
 *
 * @param bytes of the segment's file
 * @param sha256 of the segment's file
 * @param sealRaftIndex of the entry that sealed it
 * @param sealStampMillis of the same entry
 * @param totals with the producers' ranges
 * @param epochs in the order of the ranges
 */
public record ColdSegment(
        SegmentHeader header,
        long bytes,
        String sha256,
        long sealRaftIndex,
        long sealStampMillis,
        SegmentTotals totals,
        List<EpochInfo> epochs) {
    public ColdSegment {
        epochs = List.copyOf(epochs);
        if (epochs.size() != totals.ranges().size()) {
            throw new IllegalArgumentException(
                    epochs.size() + " producers of " + totals.ranges().size() + " ranges");
        }
    }

    /** @throws DamageException if the segment has no such epoch */
    EpochInfo epoch(long number) {
        for (EpochInfo epoch : epochs) {
            if (epoch.epoch() == number) {
                return epoch;
            }
        }
        throw new DamageException("epoch " + number + " is none of segment " + header.id());
    }
}
