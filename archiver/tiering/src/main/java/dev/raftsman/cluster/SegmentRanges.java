package dev.raftsman.cluster;

import dev.raftsman.catalog.SegmentView;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Segments of a cluster in ranges, for somebody who looks for something. One thread at a time. */
public interface SegmentRanges {
    /**
     * A range of a segment; the nodes note that the segment is wanted.
     *
     * @return exactly these bytes, which are the caller's
     * @throws SegmentUnavailableException if no collector sends it
     */
    byte[] read(SegmentView segment, long offset, int length) throws IOException;

    /**
     * What the segment's file of words says of some ({@link dev.raftsman.search.WordFile#reduced}), from whichever node has
     * one; unchecked.
     */
    Optional<byte[]> words(SegmentView segment, List<byte[]> of);
}
