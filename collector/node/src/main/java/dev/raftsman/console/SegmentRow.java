package dev.raftsman.console;

import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.segment.SegmentId;

/**
 * A segment without its ranges.
 *
 * @param reason of what was decided about it last, or is announced; null if nothing was
 * @param place of its object in the archive; null without one
 */
record SegmentRow(
        SegmentId id,
        SegmentState state,
        long events,
        long bytes,
        long rawBytes,
        long gapEvents,
        long lostEvents,
        long minTimeNanos,
        long maxTimeNanos,
        long openedAtMillis,
        long sealedAtMillis,
        String sha256,
        String place,
        String reason) {
    static SegmentRow of(SegmentView segment) {
        return new SegmentRow(
                segment.id(),
                segment.state(),
                segment.events(),
                segment.bytes(),
                segment.rawBytes(),
                segment.gapEvents(),
                segment.lostEvents(),
                segment.minTimeNanos(),
                segment.maxTimeNanos(),
                segment.openedAtMillis(),
                segment.sealedAtMillis(),
                segment.sha256(),
                segment.archive() == null
                        ? null
                        : segment.archive().target() + ":" + segment.archive().key(),
                reason(segment));
    }

    private static String reason(SegmentView segment) {
        if (segment.hold() != null) {
            return "held by " + segment.hold().by() + ": " + segment.hold().reason();
        }
        if (segment.mark() != null) {
            return "to be deleted: " + segment.mark().reason();
        }
        if (segment.truncation() != null) {
            return segment.truncation().reason();
        }
        if (segment.prepared() != null) {
            return "upload announced: " + segment.prepared().reason();
        }
        return segment.archive() == null ? null : segment.archive().reason();
    }
}
