package dev.raftsman.cold;

import dev.raftsman.event.Names;
import dev.raftsman.search.TokenFilter;
import dev.raftsman.segment.EpochInfo;
import dev.raftsman.segment.SegmentHeader;
import dev.raftsman.segment.SegmentId;
import dev.raftsman.segment.SegmentTotals;
import dev.raftsman.segment.SequenceRange;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * What a cold object holds and where: the segments of one stream in their order, and the cold blocks.
 *
 * @param blocks without a hole from the object's header to its index
 */
public record ColdIndex(List<ColdSegment> segments, List<ColdBlock> blocks) {
    /** Most segments in one object: as many as one command names. */
    public static final int MAX_SEGMENTS = 1_000;

    private static final int MAX_BLOCKS = 1 << 20;
    private static final int MAX_EPOCHS = 1 << 20;
    private static final int DIGEST_BYTES = 32;

    public ColdIndex {
        segments = List.copyOf(segments);
        blocks = List.copyOf(blocks);
    }

    /** @return the place of a segment in {@link #segments} */
    public Optional<Integer> find(SegmentId id) {
        for (int i = 0; i < segments.size(); i++) {
            if (segments.get(i).header().id().equals(id)) {
                return Optional.of(i);
            }
        }
        return Optional.empty();
    }

    void write(Lane to) {
        SegmentHeader first = segments.get(0).header();
        to.varint(first.id().stream());
        text(to, first.tenant());
        text(to, first.stream());
        to.varint(segments.size());
        for (ColdSegment segment : segments) {
            writeSegment(segment, to);
        }
        to.varint(blocks.size());
        for (ColdBlock block : blocks) {
            writeBlock(block, to);
        }
    }

    private static void text(Lane to, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        to.varint(bytes.length);
        to.append(bytes, 0, bytes.length);
    }

    private static void writeSegment(ColdSegment segment, Lane to) {
        to.varint(segment.header().id().base());
        to.zigzag(segment.header().openedAtMillis());
        to.varint(segment.bytes());
        to.append(HexFormat.of().parseHex(segment.sha256()), 0, DIGEST_BYTES);
        to.varint(segment.sealRaftIndex());
        to.zigzag(segment.sealStampMillis());
        SegmentTotals totals = segment.totals();
        to.varint(totals.blocks());
        to.varint(totals.events());
        to.varint(totals.rawBytes());
        to.varint(totals.gapEvents());
        to.varint(totals.lostEvents());
        to.u8(totals.levelBitmap());
        to.zigzag(totals.minTimeNanos());
        to.zigzag(totals.maxTimeNanos());
        to.varint(segment.epochs().size());
        for (int i = 0; i < segment.epochs().size(); i++) {
            EpochInfo epoch = segment.epochs().get(i);
            SequenceRange range = totals.ranges().get(i);
            to.varint(epoch.epoch());
            i64(to, epoch.incarnation().getMostSignificantBits());
            i64(to, epoch.incarnation().getLeastSignificantBits());
            text(to, epoch.producer());
            to.varint(range.first());
            to.varint(range.count());
        }
    }

    private static void i64(Lane to, long value) {
        for (int i = 0; i < Long.BYTES; i++) {
            to.u8((int) (value >>> i * 8));
        }
    }

    private static void writeBlock(ColdBlock block, Lane to) {
        to.varint(block.length());
        for (int i = 0; i < 4; i++) {
            to.u8(block.crc() >>> i * 8);
        }
        to.varint(block.plainBytes());
        to.varint(block.rawBytes());
        to.varint(block.firstSegment());
        to.varint(block.lastSegment());
        to.varint(block.firstRaftIndex());
        to.varint(block.lastRaftIndex());
        to.varint(block.records());
        to.varint(block.events());
        to.u8(block.levelBitmap());
        to.zigzag(block.minTimeNanos());
        to.zigzag(block.maxTimeNanos());
        byte[] words = block.words().bits();
        to.varint(words.length);
        to.append(words, 0, words.length);
    }

    /**
     * @param from where the blocks begin in the object
     * @param end where they end
     * @throws DamageException if this is no index of such an object
     */
    static ColdIndex read(LaneReader in, long from, long end) {
        try {
            int stream = in.varint(Integer.MAX_VALUE);
            String tenant = text(in);
            String name = text(in);
            int segmentCount = in.varint(MAX_SEGMENTS);
            List<ColdSegment> segments = new ArrayList<>();
            long base = -1;
            for (int i = 0; i < segmentCount; i++) {
                ColdSegment segment = readSegment(in, stream, tenant, name);
                if (segment.header().id().base() <= base) {
                    throw new DamageException("segment " + segment.header().id() + " after base " + base);
                }
                base = segment.header().id().base();
                segments.add(segment);
            }
            List<ColdBlock> blocks = new ArrayList<>();
            long offset = from;
            for (int left = in.varint(MAX_BLOCKS); left > 0; left--) {
                ColdBlock block = readBlock(in, offset, segmentCount);
                offset += block.length();
                blocks.add(block);
            }
            if (offset != end) {
                throw new DamageException("blocks end at " + offset + "; expected " + end);
            }
            in.requireEnd("the index");
            return new ColdIndex(segments, blocks);
        } catch (IllegalArgumentException e) {
            throw new DamageException("index: " + e.getMessage(), e);
        }
    }

    private static String text(LaneReader in) {
        int length = in.varint(Names.MAX_LENGTH);
        return new String(in.bytes, in.skip(length), length, StandardCharsets.UTF_8);
    }

    private static ColdSegment readSegment(LaneReader in, int stream, String tenant, String name) {
        SegmentId id = new SegmentId(stream, in.varint());
        SegmentHeader header = new SegmentHeader(id, tenant, name, in.zigzag());
        long bytes = in.varint();
        int digestAt = in.skip(DIGEST_BYTES);
        String sha256 = HexFormat.of().formatHex(in.bytes, digestAt, digestAt + DIGEST_BYTES);
        long sealRaftIndex = in.varint();
        long sealStampMillis = in.zigzag();
        long blocks = in.varint();
        long events = in.varint();
        long rawBytes = in.varint();
        long gapEvents = in.varint();
        long lostEvents = in.varint();
        int levels = in.u8();
        long minTime = in.zigzag();
        long maxTime = in.zigzag();
        List<EpochInfo> epochs = new ArrayList<>();
        List<SequenceRange> ranges = new ArrayList<>();
        for (int left = in.varint(MAX_EPOCHS); left > 0; left--) {
            long epoch = in.varint();
            UUID incarnation = new UUID(EventColumns.i64(in.bytes, in.skip(8)), EventColumns.i64(in.bytes, in.skip(8)));
            epochs.add(new EpochInfo(epoch, text(in), incarnation));
            ranges.add(new SequenceRange(epoch, in.varint(), in.varint()));
        }
        SegmentTotals totals =
                new SegmentTotals(blocks, events, rawBytes, gapEvents, lostEvents, levels, minTime, maxTime, ranges);
        return new ColdSegment(header, bytes, sha256, sealRaftIndex, sealStampMillis, totals, epochs);
    }

    private static ColdBlock readBlock(LaneReader in, long offset, int segmentCount) {
        int length = in.varint(BlockEncoder.MAX_PACKED_BYTES);
        int crc = 0;
        for (int i = 0; i < 4; i++) {
            crc |= in.u8() << i * 8;
        }
        ColdBlock block = new ColdBlock(
                offset,
                length,
                crc,
                in.varint(BlockEncoder.MAX_PLAIN_BYTES),
                in.varint(),
                in.varint(segmentCount - 1),
                in.varint(segmentCount - 1),
                in.varint(),
                in.varint(),
                in.varint(RecordFields.MAX_RECORDS),
                in.varint(),
                in.u8(),
                in.zigzag(),
                in.zigzag(),
                words(in));
        if (block.firstSegment() > block.lastSegment() || block.records() == 0) {
            throw new DamageException("block of segments " + block.firstSegment() + " to " + block.lastSegment());
        }
        return block;
    }

    private static TokenFilter words(LaneReader in) {
        int bytes = in.varint(TokenFilter.MAX_BYTES);
        int at = in.skip(bytes);
        return TokenFilter.ofBits(in.bytes, at, at + bytes);
    }
}
