package dev.raftsman.restore;

import dev.raftsman.block.Block;
import dev.raftsman.segment.EpochInfo;
import dev.raftsman.segment.SegmentHeader;
import dev.raftsman.segment.SegmentReader;
import dev.raftsman.segment.SegmentTotals;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;

/** The blocks of one copy of a segment in their order, whatever form the copy has. One thread; the caller closes. */
public interface SegmentBlocks extends AutoCloseable {
    /** Goes to the next block. @return false at the end, see {@link #isWhole} */
    boolean next() throws IOException;

    /** Whether the end was that of a finished segment. */
    boolean isWhole();

    /** For messages: how the blocks ended if they are not whole. */
    String ending();

    SegmentHeader header();

    EpochInfo epochInfo();

    long raftIndex();

    /** Of the entry that brought the block. */
    long stampMillis();

    /** Valid until the next call of {@link #next}. */
    Block block();

    /** Whether the blocks have the very bytes that the collectors had; else the same content, not compressed. */
    boolean isVerbatim();

    /** Of the entry that sealed it; once it {@link #isWhole}, as the next two. */
    long sealRaftIndex();

    long sealStampMillis();

    SegmentTotals totals();

    @Override
    void close() throws IOException;

    /** Of a segment's own file, which needs its name no more once this returns. */
    static SegmentBlocks open(Path file) throws IOException {
        return of(SegmentReader.open(file));
    }

    /**
     * Of a segment's bytes, from the first on.
     *
     * @param name for messages
     * @param in is closed with it
     */
    static SegmentBlocks of(String name, InputStream in) throws IOException {
        return of(SegmentReader.of(name, in));
    }

    private static SegmentBlocks of(SegmentReader reader) {
        return new SegmentBlocks() {
            @Override
            public boolean next() throws IOException {
                return reader.next();
            }

            @Override
            public boolean isWhole() {
                return reader.ending() == SegmentReader.Ending.SEALED;
            }

            @Override
            public String ending() {
                return "ends " + reader.ending() + " at " + reader.validBytes();
            }

            @Override
            public SegmentHeader header() {
                return reader.header().orElseThrow();
            }

            @Override
            public EpochInfo epochInfo() {
                return reader.epochInfo();
            }

            @Override
            public long raftIndex() {
                return reader.raftIndex();
            }

            @Override
            public long stampMillis() {
                return reader.stampMillis();
            }

            @Override
            public Block block() {
                return reader.block();
            }

            @Override
            public boolean isVerbatim() {
                return true;
            }

            @Override
            public long sealRaftIndex() {
                return reader.sealRaftIndex();
            }

            @Override
            public long sealStampMillis() {
                return reader.sealStampMillis();
            }

            @Override
            public SegmentTotals totals() {
                return reader.totals();
            }

            @Override
            public void close() throws IOException {
                reader.close();
            }
        };
    }
}
