package dev.raftsman.segment;

import java.util.List;

/**
 * What a segment holds.
 *
 * @param events without gaps
 * @param rawBytes of the events as the sources had them
 * @param gapEvents sequences covered by gap blocks
 * @param lostEvents declared in headers of blocks
 * @param minTimeNanos of its events, since 1970; 0 without events, as the next
 * @param ranges in the order in which the epochs first appear
 */
public record SegmentTotals(
        long blocks,
        long events,
        long rawBytes,
        long gapEvents,
        long lostEvents,
        int levelBitmap,
        long minTimeNanos,
        long maxTimeNanos,
        List<SequenceRange> ranges) {
    public static final SegmentTotals NONE = new SegmentTotals(0, 0, 0, 0, 0, 0, 0, 0, List.of());

    public SegmentTotals {
        ranges = List.copyOf(ranges);
    }
}
