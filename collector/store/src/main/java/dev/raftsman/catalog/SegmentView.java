package dev.raftsman.catalog;

import dev.raftsman.segment.SegmentId;
import dev.raftsman.segment.SequenceRange;
import java.util.List;

/**
 * A segment as it stands.
 *
 * @param streamNumber number of its stream; {@code stream} is its name
 * @param prepared the upload announced for it; null if none
 * @param bytes of the file: so far while OPEN, with the footer afterwards
 * @param rawBytes of its events as the sources had them
 * @param gapEvents sequences covered by gap blocks
 * @param lostEvents declared in headers of blocks
 * @param minTimeNanos of its events, since 1970; 0 without events, as the next
 * @param sealedAtMillis 0 while OPEN
 * @param sha256 of the whole file; null while OPEN
 * @param ranges in the order in which the epochs first appear
 * @param archive null unless ARCHIVED, or TRUNCATED after it had been
 * @param truncation null unless TRUNCATED
 * @param mark null unless it is to be deleted
 * @param hold null unless it must not be deleted
 */
public record SegmentView(
        SegmentId id,
        int streamNumber,
        String tenant,
        String stream,
        long baseIndex,
        SegmentState state,
        PreparedView prepared,
        long blocks,
        long events,
        long bytes,
        long rawBytes,
        long gapEvents,
        long lostEvents,
        long minTimeNanos,
        long maxTimeNanos,
        int levelBitmap,
        long openedAtMillis,
        long sealedAtMillis,
        String sha256,
        List<SequenceRange> ranges,
        ArchiveView archive,
        TruncationView truncation,
        MarkView mark,
        HoldView hold) {
    public SegmentView {
        ranges = List.copyOf(ranges);
    }

    /** How commands name it; only of a sealed one. */
    public SegmentRef ref() {
        return new SegmentRef(id, sha256);
    }

    SegmentView withSha256(String attested) {
        return with(state, prepared, attested, archive, truncation, mark, hold);
    }

    SegmentView prepared(PreparedView upload) {
        return with(state, upload, sha256, archive, truncation, mark, hold);
    }

    /** The same in the archive, with nothing announced. A mark was about the hot copy and goes with it; a hold stays. */
    public SegmentView archived(ArchiveView where) {
        return with(SegmentState.ARCHIVED, null, sha256, where, truncation, null, hold);
    }

    SegmentView truncated(TruncationView why) {
        return with(SegmentState.TRUNCATED, null, sha256, archive, why, null, null);
    }

    SegmentView marked(MarkView until) {
        return with(state, prepared, sha256, archive, truncation, until, hold);
    }

    SegmentView held(HoldView by) {
        return with(state, prepared, sha256, archive, truncation, null, by);
    }

    private SegmentView with(
            SegmentState newState,
            PreparedView newPrepared,
            String newSha256,
            ArchiveView newArchive,
            TruncationView newTruncation,
            MarkView newMark,
            HoldView newHold) {
        return new SegmentView(
                id,
                streamNumber,
                tenant,
                stream,
                baseIndex,
                newState,
                newPrepared,
                blocks,
                events,
                bytes,
                rawBytes,
                gapEvents,
                lostEvents,
                minTimeNanos,
                maxTimeNanos,
                levelBitmap,
                openedAtMillis,
                sealedAtMillis,
                newSha256,
                ranges,
                newArchive,
                newTruncation,
                newMark,
                newHold);
    }
}
