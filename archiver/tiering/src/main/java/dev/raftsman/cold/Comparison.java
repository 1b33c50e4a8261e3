package dev.raftsman.cold;

import dev.raftsman.block.Block;
import dev.raftsman.block.BlockReader;
import dev.raftsman.block.PlainBlock;
import dev.raftsman.segment.SegmentReader;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;

/** Proves that a cold object holds what segments hold, by decoding both. One thread. */
public final class Comparison implements AutoCloseable {
    private final ColdObjectReader object;
    private final BlockReader original = new BlockReader();
    private final BlockReader recoded = new BlockReader();
    private final long[] originalFields = new long[PlainBlock.FIELDS];
    private final long[] recodedFields = new long[PlainBlock.FIELDS];
    private ColdBlock lastBlock;
    private ColdRecords lastRecords;

    /** @param object stays the caller's */
    public Comparison(ColdObjectReader object) {
        this.object = object;
    }

    /**
     * Reads a segment and its place in the object side by side. Segments in their order are decoded once.
     *
     * @param segment at its beginning; read to its end, stays the caller's
     * @param bytes of the segment's file
     * @param sha256 of the segment's file
     * @throws CorruptColdObjectException if the object holds anything else, naming the first record that differs
     */
    public void require(int place, SegmentReader segment, long bytes, String sha256) throws IOException {
        ColdSegment cold = object.index().segments().get(place);
        boolean same = segment.header().equals(Optional.of(cold.header()))
                && cold.bytes() == bytes
                && cold.sha256().equals(sha256);
        if (!same) {
            throw different(place, "segment " + cold.header().id(), String.valueOf(segment.header()));
        }
        ColdSegmentReader reader = new ColdSegmentReader(object.index(), this::records, place);
        long record = 0;
        while (segment.next()) {
            if (!reader.next() || !sameRecord(segment, reader)) {
                throw different(place, "record " + record + " as in the segment", "another or none");
            }
            record++;
        }
        if (reader.next() || segment.ending() != SegmentReader.Ending.SEALED) {
            throw different(place, record + " records, then the end", "more, or a segment that is " + segment.ending());
        }
        if (segment.sealRaftIndex() != cold.sealRaftIndex() || segment.sealStampMillis() != cold.sealStampMillis()) {
            throw different(place, "sealed by entry " + segment.sealRaftIndex(), "by " + cold.sealRaftIndex());
        }
        if (!segment.totals().equals(cold.totals())) {
            throw different(place, segment.totals().toString(), cold.totals().toString());
        }
    }

    private ColdRecords records(ColdBlock block) throws IOException {
        if (!block.equals(lastBlock)) {
            lastRecords = object.records(block);
            lastBlock = block;
        }
        return lastRecords;
    }

    private boolean sameRecord(SegmentReader segment, ColdSegmentReader cold) throws IOException {
        if (segment.raftIndex() != cold.raftIndex()
                || segment.stampMillis() != cold.stampMillis()
                || segment.block().crc() != cold.originalCrc()
                || !segment.epochInfo().equals(cold.epochInfo())) {
            return false;
        }
        Block a = segment.block();
        Block b = cold.block();
        PlainBlock.fields(a, originalFields);
        PlainBlock.fields(b, recodedFields);
        return Arrays.equals(originalFields, recodedFields)
                && original.columns(a).equals(recoded.columns(b));
    }

    private CorruptColdObjectException different(int place, String expected, String found) {
        return new CorruptColdObjectException(
                object.name(), 0, "segment " + place + " in it: expected " + expected + "; found " + found);
    }

    @Override
    public void close() {
        original.close();
        recoded.close();
    }
}
