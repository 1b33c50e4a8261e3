package dev.raftsman.cluster;

import dev.raftsman.segment.SegmentId;
import java.io.IOException;

/** No collector sends a segment as the catalog has it. The next try may be luckier; other segments are not concerned. */
public final class SegmentUnavailableException extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient SegmentId segment;

    public SegmentUnavailableException(SegmentId segment, IOException last) {
        super("no collector sends segment " + segment + ": " + last.getMessage(), last);
        this.segment = segment;
    }

    public SegmentId segment() {
        return segment;
    }
}
