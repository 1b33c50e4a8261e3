package dev.raftsman.restore;

import dev.raftsman.block.Block;
import dev.raftsman.segment.EpochInfo;

/**
 * A block of a segment and what its record says of it.
 *
 * @param epoch whose it is
 * @param raftIndex of the entry that brought it
 * @param itemsBefore how many items of the same entry and stream lie before it; {@link #UNKNOWN} if nobody asked
 */
record BlockRecord(EpochInfo epoch, long raftIndex, int itemsBefore, Block block) {
    static final int UNKNOWN = -1;
}
