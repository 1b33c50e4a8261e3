package dev.raftsman.catalog;

import java.util.List;

/**
 * A snapshot that is complete in the archive.
 *
 * @param streams numbers of its streams
 * @param index Raft index it shows
 * @param mark null unless it is to be dropped
 * @param hold null unless it must not be dropped
 * @param givenUp null while it is kept; after that nothing brings it back, and the row goes once the archive's manifest
 *     says so too
 */
public record SnapshotView(
        String id,
        String target,
        String key,
        List<Integer> streams,
        long index,
        long recordedAtMillis,
        MarkView mark,
        HoldView hold,
        TruncationView givenUp) {
    public SnapshotView {
        streams = List.copyOf(streams);
    }

    /** One that is kept. */
    public SnapshotView(
            String id, String target, String key, List<Integer> streams, long index, long recordedAtMillis) {
        this(id, target, key, streams, index, recordedAtMillis, null, null, null);
    }

    /** Whether it counts. */
    public boolean kept() {
        return givenUp == null;
    }

    /** A snapshot shows all that its streams held up to its index, and a segment holds nothing from before its base. */
    public boolean shows(SegmentView segment) {
        return streams.contains(segment.streamNumber()) && segment.baseIndex() <= index;
    }

    SnapshotView marked(MarkView until) {
        return new SnapshotView(id, target, key, streams, index, recordedAtMillis, until, hold, givenUp);
    }

    SnapshotView held(HoldView by) {
        return new SnapshotView(id, target, key, streams, index, recordedAtMillis, null, by, givenUp);
    }

    SnapshotView givenUp(TruncationView why) {
        return new SnapshotView(id, target, key, streams, index, recordedAtMillis, null, null, why);
    }
}
