package dev.raftsman.store;

import dev.raftsman.segment.SegmentId;
import java.io.IOException;

/** This node's copy of a segment is damaged; others have it, and this one will have it again. */
public final class DamagedSegmentException extends IOException {
    private static final long serialVersionUID = 1L;

    public DamagedSegmentException(SegmentId id) {
        super("this node's copy of segment " + id + " is damaged and being fetched again");
    }
}
