package dev.raftsman.restore;

import dev.raftsman.block.Block;
import dev.raftsman.search.BlockSearch;
import dev.raftsman.segment.OffsetCounter;
import dev.raftsman.segment.SegmentHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** All of a copy that can only be read from its beginning; blocks that cannot match by their headers are passed over. */
final class WholePieces implements SegmentPieces {
    private static final int PIECE_BYTES = 2 << 20;
    private static final int PIECE_RAW_BYTES = 8 << 20;

    private final SegmentBlocks blocks;
    private final SearchScope scope;
    private final OffsetCounter offsets = new OffsetCounter();
    private boolean ended;

    WholePieces(SegmentBlocks blocks, SearchScope scope) {
        this.blocks = blocks;
        this.scope = scope;
    }

    @Override
    public Piece next() throws IOException {
        List<BlockRecord> records = new ArrayList<>();
        int bytes = 0;
        int rawBytes = 0;
        while (!ended && bytes < PIECE_BYTES && rawBytes < PIECE_RAW_BYTES) {
            ended = !blocks.next();
            if (!ended) {
                Block block = blocks.block();
                int before = offsets.first(blocks.raftIndex(), block).ordinal();
                scope.counts().blocks(1);
                scope.counts().bytesFetched(block.length());
                if (scope.everyBlock() || BlockSearch.mayHold(scope.query(), block)) {
                    ByteBuffer copy = ByteBuffer.allocate(block.length())
                            .put(block.encoded())
                            .flip();
                    records.add(
                            new BlockRecord(blocks.epochInfo(), blocks.raftIndex(), before, Block.wrapVerified(copy)));
                    bytes += block.length();
                    rawBytes += block.rawBytes();
                }
            }
        }
        return records.isEmpty() && ended ? null : zstd -> records;
    }

    @Override
    public boolean isWhole() {
        return blocks.isWhole();
    }

    @Override
    public String ending() {
        return blocks.ending();
    }

    @Override
    public SegmentHeader header() {
        return blocks.header();
    }

    @Override
    public void close() throws IOException {
        blocks.close();
    }
}
