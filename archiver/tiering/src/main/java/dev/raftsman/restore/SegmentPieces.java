package dev.raftsman.restore;

import com.github.luben.zstd.ZstdDecompressCtx;
import dev.raftsman.segment.SegmentHeader;
import java.io.IOException;
import java.util.List;

/**
 * What of one copy of a segment may hold what is looked for, in its order, in pieces of a few MiB that are fetched one after
 * the other and can be taken apart side by side. One thread; the caller closes.
 */
interface SegmentPieces extends AutoCloseable {
    /** What was fetched at once. */
    @FunctionalInterface
    interface Piece {
        /**
         * Takes it apart and checks it. Any one thread.
         *
         * @param zstd for whoever has something to inflate
         * @throws IOException if it is damaged
         */
        List<BlockRecord> records(ZstdDecompressCtx zstd) throws IOException;
    }

    /** Fetches the next one; null at the end. */
    Piece next() throws IOException;

    /** Whether the end was that of a finished segment. */
    boolean isWhole();

    /** For messages: how it ended if it is not whole. */
    String ending();

    SegmentHeader header();

    @Override
    void close() throws IOException;
}
