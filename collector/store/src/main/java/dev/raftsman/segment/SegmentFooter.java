package dev.raftsman.segment;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * The last record of a sealed segment: what it holds, and an index to skip by.
 *
 * @param recordsSha256 of the file before this record
 */
public record SegmentFooter(String recordsSha256, SegmentTotals totals, List<Span> spans) {
    static final int END_MAGIC = 'R' | 'S' << 8 | 'E' << 16 | '1' << 24;

    /** A footer beyond this is none: 64 bytes for each 340 of a segment of 64 MiB. */
    static final int MAX_BYTES = 16 << 20;

    private static final int DIGEST_BYTES = 32;
    private static final int TABLES_OFFSET = 104;
    private static final int RANGE_BYTES = 24;
    private static final int SPAN_BYTES = 32;
    private static final int END_BYTES = 8;

    public SegmentFooter {
        spans = List.copyOf(spans);
    }

    ByteBuffer encode() {
        int length = TABLES_OFFSET + totals.ranges().size() * RANGE_BYTES + spans.size() * SPAN_BYTES + END_BYTES;
        ByteBuffer body = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        body.put(HexFormat.of().parseHex(recordsSha256));
        body.putLong(totals.blocks()).putLong(totals.events()).putLong(totals.rawBytes());
        body.putLong(totals.gapEvents()).putLong(totals.lostEvents());
        body.putInt(totals.levelBitmap()).putInt(0);
        body.putLong(totals.minTimeNanos()).putLong(totals.maxTimeNanos());
        body.putInt(totals.ranges().size()).putInt(spans.size());
        for (SequenceRange range : totals.ranges()) {
            body.putLong(range.epoch()).putLong(range.first()).putLong(range.count());
        }
        for (Span span : spans) {
            body.putLong(span.offset()).putInt(span.blocks()).putInt(span.levelBitmap());
            body.putLong(span.minTimeNanos()).putLong(span.maxTimeNanos());
        }
        return body.putInt(SegmentRecord.HEADER_BYTES + length)
                .putInt(END_MAGIC)
                .flip();
    }

    /** @throws IllegalArgumentException if the body is none */
    static SegmentFooter decode(ByteBuffer body) {
        int length = body.remaining();
        if (length < TABLES_OFFSET + END_BYTES) {
            throw new IllegalArgumentException("footer of " + length + " bytes");
        }
        int rangeCount = body.getInt(96);
        int spanCount = body.getInt(100);
        long tables = (long) rangeCount * RANGE_BYTES + (long) spanCount * SPAN_BYTES;
        if (rangeCount < 0
                || spanCount < 0
                || TABLES_OFFSET + tables + END_BYTES != length
                || body.getInt(length - 4) != END_MAGIC
                || body.getInt(length - END_BYTES) != SegmentRecord.HEADER_BYTES + length) {
            throw new IllegalArgumentException(
                    "footer of " + length + " bytes with " + rangeCount + " ranges and " + spanCount + " spans");
        }
        byte[] digest = new byte[DIGEST_BYTES];
        body.get(0, digest);
        List<SequenceRange> ranges = new ArrayList<>(rangeCount);
        int at = TABLES_OFFSET;
        for (int i = 0; i < rangeCount; i++, at += RANGE_BYTES) {
            ranges.add(new SequenceRange(body.getLong(at), body.getLong(at + 8), body.getLong(at + 16)));
        }
        List<Span> spans = new ArrayList<>(spanCount);
        for (int i = 0; i < spanCount; i++, at += SPAN_BYTES) {
            spans.add(new Span(
                    body.getLong(at),
                    body.getInt(at + 8),
                    body.getInt(at + 12),
                    body.getLong(at + 16),
                    body.getLong(at + 24)));
        }
        SegmentTotals totals = new SegmentTotals(
                body.getLong(32),
                body.getLong(40),
                body.getLong(48),
                body.getLong(56),
                body.getLong(64),
                body.getInt(72),
                body.getLong(80),
                body.getLong(88),
                ranges);
        return new SegmentFooter(HexFormat.of().formatHex(digest), totals, spans);
    }
}
