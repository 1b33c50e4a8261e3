package dev.raftsman.catalog;

import dev.raftsman.segment.SegmentId;
import java.util.List;
import java.util.Objects;

/** A sealed segment, named together with the bytes a decision was made about. */
public record SegmentRef(SegmentId segment, String sha256) {
    /** Most segments that one command may name. */
    public static final int MAX_IN_COMMAND = 1_000;

    public SegmentRef {
        Objects.requireNonNull(segment, "segment");
        Objects.requireNonNull(sha256, "sha256");
    }

    /** The segments of a command, checked. */
    static List<SegmentRef> distinct(List<SegmentRef> segments) {
        List<SegmentRef> copy = List.copyOf(segments);
        if (copy.isEmpty() || copy.size() > MAX_IN_COMMAND) {
            throw new IllegalArgumentException(copy.size() + " segments; expected 1 to " + MAX_IN_COMMAND);
        }
        if (copy.stream().map(SegmentRef::segment).distinct().count() != copy.size()) {
            throw new IllegalArgumentException("a segment is named twice");
        }
        return copy;
    }
}
