package dev.raftsman.restore;

import dev.raftsman.block.Block;
import dev.raftsman.segment.EpochInfo;
import dev.raftsman.segment.SegmentHeader;
import java.io.IOException;

/** Takes the blocks of a stream in their order. */
public interface BlockSink {
    /**
     * @param segment the segment it lies in, with tenant and stream
     * @param epoch whose it is
     * @param raftIndex of the entry that brought it
     * @param block valid until this returns; the bytes belong to the reader
     */
    void block(SegmentHeader segment, EpochInfo epoch, long raftIndex, Block block) throws IOException;
}
