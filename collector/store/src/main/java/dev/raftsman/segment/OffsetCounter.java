package dev.raftsman.segment;

import dev.raftsman.block.Block;
import dev.raftsman.block.BlockKind;

/**
 * Gives the blocks of one stream their offsets, in the order of the segment's records:
 *
 * <pre>
 * loss    the events that were lost just before the block, if any: one item, whatever their number
 * then    each line of a LINES block, each event of an EVENTS block: one item
 *         a GAP block: one item, whatever the number of its sequences
 * </pre>
 *
 * The count begins anew with each Raft entry. An entry's blocks of one stream lie in one segment, in the entry's own order: a
 * segment is sealed only between entries. So a reader may begin at any segment's first record. One thread.
 */
public final class OffsetCounter {
    private long raftIndex = -1;
    private int ordinal;

    /** How many offsets a block takes. */
    public static int items(Block block) {
        return (block.lostCount() > 0 ? 1 : 0) + (block.kind() == BlockKind.GAP ? 1 : block.count());
    }

    /**
     * The offset of a block's first item.
     *
     * @param entry Raft index of the block's record, not less than that of the one before
     * @param block the next one of the stream
     */
    public Offset first(long entry, Block block) {
        if (entry != raftIndex) {
            if (entry < raftIndex) {
                throw new IllegalArgumentException("Raft index " + entry + " after " + raftIndex);
            }
            raftIndex = entry;
            ordinal = 0;
        }
        Offset first = new Offset(entry, ordinal);
        ordinal = Math.addExact(ordinal, items(block));
        return first;
    }
}
