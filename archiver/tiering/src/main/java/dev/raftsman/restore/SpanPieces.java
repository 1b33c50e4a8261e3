package dev.raftsman.restore;

import dev.raftsman.catalog.SegmentView;
import dev.raftsman.cluster.SegmentRanges;
import dev.raftsman.search.WordFile;
import dev.raftsman.search.WordFile.WordSpan;
import dev.raftsman.segment.EpochInfo;
import dev.raftsman.segment.OffsetCounter;
import dev.raftsman.segment.SegmentHeader;
import dev.raftsman.segment.SpanReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Of a sealed segment, whose words are known, the spans that may hold what is looked for; neighbours are fetched at once. */
final class SpanPieces implements SegmentPieces {
    private static final int PIECE_BYTES = 2 << 20;
    private static final int PIECE_RAW_BYTES = 8 << 20;

    private final SegmentView segment;
    private final SegmentRanges ranges;
    private final ReadCounts counts;
    private final Map<Long, EpochInfo> epochs = new HashMap<>();
    private final List<WordSpan> wanted = new ArrayList<>();
    private int next;

    SpanPieces(SegmentView segment, SegmentRanges ranges, WordFile words, SearchScope scope) {
        this.segment = segment;
        this.ranges = ranges;
        this.counts = scope.counts();
        words.epochs().forEach(epoch -> epochs.put(epoch.epoch(), epoch));
        for (WordSpan span : words.spans()) {
            counts.blocks(span.blocks());
            if (scope.everyBlockOf(segment.gapEvents()) || span.mayHold(scope.query(), scope.words())) {
                wanted.add(span);
            }
        }
    }

    @Override
    public Piece next() throws IOException {
        if (next == wanted.size()) {
            return null;
        }
        WordSpan first = wanted.get(next++);
        int length = first.length();
        int rawBytes = first.rawBytes();
        while (next < wanted.size()
                && wanted.get(next).offset() == first.offset() + length
                && length + wanted.get(next).length() <= PIECE_BYTES
                && rawBytes + wanted.get(next).rawBytes() <= PIECE_RAW_BYTES) {
            rawBytes += wanted.get(next).rawBytes();
            length += wanted.get(next++).length();
        }
        byte[] bytes = ranges.read(segment, first.offset(), length);
        counts.bytesFetched(length);
        return zstd -> records(first, bytes);
    }

    private List<BlockRecord> records(WordSpan first, byte[] bytes) throws IOException {
        SpanReader reader = new SpanReader(segment.id().toString(), first.offset(), bytes, epochs);
        OffsetCounter offsets = new OffsetCounter();
        List<BlockRecord> records = new ArrayList<>();
        while (reader.next()) {
            int before = offsets.first(reader.raftIndex(), reader.block()).ordinal();
            before += reader.raftIndex() == first.firstRaftIndex() ? first.itemsBefore() : 0;
            records.add(new BlockRecord(reader.epochInfo(), reader.raftIndex(), before, reader.block()));
        }
        return records;
    }

    /** It is sealed, and what was read of it is as it was written. */
    @Override
    public boolean isWhole() {
        return next == wanted.size();
    }

    @Override
    public String ending() {
        return "was not read to its end";
    }

    @Override
    public SegmentHeader header() {
        return new SegmentHeader(segment.id(), segment.tenant(), segment.stream(), segment.openedAtMillis());
    }

    @Override
    public void close() {
        // Nothing is open between two ranges.
    }
}
