package dev.raftsman.cold;

import dev.raftsman.block.Block;
import dev.raftsman.segment.EpochInfo;
import dev.raftsman.segment.SegmentHeader;
import dev.raftsman.segment.SegmentTally;
import java.io.IOException;

/** Walks over the records of one segment in a cold object, in their order. Memory: one cold block. One thread. */
public final class ColdSegmentReader {
    /** Gives cold blocks; perhaps some that were read before. */
    public interface Blocks {
        ColdRecords records(ColdBlock block) throws IOException;
    }

    private final ColdIndex index;
    private final Blocks blocks;
    private final int place;
    private final ColdSegment segment;
    private SegmentTally tally = new SegmentTally();
    private int nextBlock;
    private ColdRecords records;
    private int record;
    private EpochInfo epoch;

    ColdSegmentReader(ColdObjectReader object, int place) {
        this(object.index(), object::records, place);
    }

    /** @param place of the segment in the index */
    public ColdSegmentReader(ColdIndex index, Blocks blocks, int place) {
        this.index = index;
        this.blocks = blocks;
        this.place = place;
        this.segment = index.segments().get(place);
    }

    public ColdSegment segment() {
        return segment;
    }

    public SegmentHeader header() {
        return segment.header();
    }

    /**
     * Goes to the next block.
     *
     * @return false at the end, which is the end of the whole segment
     * @throws CorruptColdObjectException if anything does not agree
     */
    public boolean next() throws IOException {
        while (true) {
            if (records == null) {
                while (nextBlock < index.blocks().size()
                        && index.blocks().get(nextBlock).lastSegment() < place) {
                    nextBlock++;
                }
                if (nextBlock == index.blocks().size()
                        || index.blocks().get(nextBlock).firstSegment() > place) {
                    requireWhole();
                    return false;
                }
                records = blocks.records(index.blocks().get(nextBlock));
                record = -1;
            }
            record++;
            if (record == records.count()) {
                records = null;
                nextBlock++;
            } else if (records.segment(record) == place) {
                take();
                return true;
            }
        }
    }

    private void take() throws IOException {
        try {
            epoch = segment.epoch(records.epoch(record));
            tally.add(epoch.epoch(), records.block(record));
        } catch (DamageException | IllegalStateException e) {
            ColdBlock block = index.blocks().get(nextBlock);
            throw new CorruptColdObjectException(header().id().toString(), block.offset(), e.getMessage(), e);
        }
    }

    private void requireWhole() throws IOException {
        if (!tally.totals().equals(segment.totals())) {
            throw new CorruptColdObjectException(
                    header().id().toString(), 0, "totals " + segment.totals() + "; found " + tally.totals());
        }
    }

    public Block block() {
        return records.block(record);
    }

    /** CRC32C of the block as the segment had it: what is packed again can be held against it. */
    public int originalCrc() {
        return records.originalCrc(record);
    }

    public EpochInfo epochInfo() {
        return epoch;
    }

    public long raftIndex() {
        return records.raftIndex(record);
    }

    public long stampMillis() {
        return records.stampMillis(record);
    }
}
