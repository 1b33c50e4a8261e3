package dev.raftsman.cluster;

import dev.raftsman.catalog.SegmentView;
import dev.raftsman.search.WordFile;
import java.io.IOException;
import java.util.List;

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
     * What the nodes know of some words in segments ({@link dev.raftsman.search.WordFile#reduced}), in any order. Does not
     * fail: what nobody tells is not there. Any thread.
     */
    List<WordFile> words(List<SegmentView> segments, List<byte[]> of);
}
