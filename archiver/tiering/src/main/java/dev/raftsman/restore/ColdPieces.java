package dev.raftsman.restore;

import com.github.luben.zstd.ZstdDecompressCtx;
import dev.raftsman.cold.ColdBlock;
import dev.raftsman.cold.ColdIndex;
import dev.raftsman.cold.ColdObjectReader;
import dev.raftsman.cold.ColdRecords;
import dev.raftsman.cold.ColdSegment;
import dev.raftsman.segment.EpochInfo;
import dev.raftsman.segment.OffsetCounter;
import dev.raftsman.segment.SegmentHeader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The {@link WantedBlocks cold blocks that are wanted} of a segment in a cold object. */
final class ColdPieces implements SegmentPieces {
    /** Fetches cold blocks. */
    interface Source {
        Packed packed(ColdObjectReader object, ColdBlock block, ReadCounts counts) throws IOException;

        /** Fetches neighbours at once, if they are not here yet, that will be asked for next, one by one. */
        void fetchTogether(ColdObjectReader object, List<ColdBlock> run) throws IOException;
    }

    /** A cold block as it is stored; decoded once, by whoever needs it first. */
    static final class Packed {
        private final ColdObjectReader object;
        private final ColdBlock block;
        private byte[] packed;
        private ColdRecords records;

        Packed(ColdObjectReader object, ColdBlock block, byte[] packed) {
            this.object = object;
            this.block = block;
            this.packed = packed;
        }

        @SuppressWarnings("ReferenceEquality") // this very object, as it is open
        boolean isOf(ColdObjectReader ofObject, ColdBlock ofBlock) {
            return object == ofObject && block == ofBlock;
        }

        synchronized ColdRecords records(ZstdDecompressCtx zstd) throws IOException {
            if (records == null) {
                records = object.decode(block, packed, zstd);
                packed = null;
            }
            return records;
        }
    }

    private final ColdObjectReader object;
    private final ColdIndex index;
    private final int place;
    private final ColdSegment segment;
    private final Source source;
    private final SearchScope scope;
    private final WantedBlocks wanted;
    private final Map<Long, EpochInfo> epochs = new HashMap<>();
    private int next;

    /** Blocks before this one were asked for, as far as they are wanted. */
    private int fetched;

    /** @param place of the segment in the index */
    ColdPieces(ColdObjectReader object, int place, Source source, SearchScope scope) {
        this.object = object;
        this.index = object.index();
        this.place = place;
        this.segment = index.segments().get(place);
        this.source = source;
        this.scope = scope;
        this.wanted = new WantedBlocks(index, place, scope);
        segment.epochs().forEach(epoch -> epochs.put(epoch.epoch(), epoch));
        scope.counts().blocks(segment.totals().blocks());
    }

    @Override
    public Piece next() throws IOException {
        while (next < index.blocks().size()) {
            int number = next++;
            if (wanted.has(number)) {
                if (number >= fetched) {
                    List<ColdBlock> run = wanted.run(number);
                    source.fetchTogether(object, run);
                    fetched = number + run.size();
                }
                return piece(number, index.blocks().get(number));
            }
        }
        return null;
    }

    private Piece piece(int number, ColdBlock block) throws IOException {
        List<Packed> before = new ArrayList<>();
        boolean goesOn = goesOn(number);
        if (scope.offsets()) {
            for (int i = number; goesOn(i); i--) {
                before.add(source.packed(object, index.blocks().get(i - 1), scope.counts()));
            }
        }
        Packed packed = source.packed(object, block, scope.counts());
        return zstd -> {
            int itemsBefore = 0;
            for (Packed each : before) {
                itemsBefore += itemsOf(each.records(zstd), block.firstRaftIndex());
            }
            return records(packed.records(zstd), goesOn && !scope.offsets() ? BlockRecord.UNKNOWN : itemsBefore);
        };
    }

    /** Whether a block begins with an entry of ours that the one before ends with. */
    private boolean goesOn(int number) {
        return number > 0
                && wanted.isOurs(index.blocks().get(number - 1))
                && index.blocks().get(number - 1).lastRaftIndex()
                        == index.blocks().get(number).firstRaftIndex()
                && index.blocks().get(number).firstSegment() == place;
    }

    private int itemsOf(ColdRecords records, long raftIndex) {
        int items = 0;
        for (int i = 0; i < records.count(); i++) {
            if (records.segment(i) == place && records.raftIndex(i) == raftIndex) {
                items += OffsetCounter.items(records.block(i));
            }
        }
        return items;
    }

    private List<BlockRecord> records(ColdRecords records, int itemsBefore) throws IOException {
        OffsetCounter offsets = new OffsetCounter();
        List<BlockRecord> ours = new ArrayList<>();
        long first = -1;
        for (int i = 0; i < records.count(); i++) {
            if (records.segment(i) == place) {
                long raftIndex = records.raftIndex(i);
                first = first < 0 ? raftIndex : first;
                int before = offsets.first(raftIndex, records.block(i)).ordinal();
                if (raftIndex == first && itemsBefore != 0) {
                    before = itemsBefore == BlockRecord.UNKNOWN ? BlockRecord.UNKNOWN : before + itemsBefore;
                }
                EpochInfo epoch = epochs.get(records.epoch(i));
                if (epoch == null) {
                    throw new IOException(
                            object.name() + ": epoch " + records.epoch(i) + " is none of segment " + header().id());
                }
                ours.add(new BlockRecord(epoch, raftIndex, before, records.block(i)));
            }
        }
        return ours;
    }

    /** It was archived whole, and each cold block that was read is as the index says. */
    @Override
    public boolean isWhole() {
        return next == index.blocks().size();
    }

    @Override
    public String ending() {
        return "was not read to its end";
    }

    @Override
    public SegmentHeader header() {
        return segment.header();
    }

    @Override
    public void close() {
        // The object stays open for the segment behind this one.
    }
}
