package dev.raftsman.cold;

import com.github.luben.zstd.Zstd;
import dev.raftsman.block.Block;
import dev.raftsman.block.BlockReader;
import dev.raftsman.disk.Checksum;
import dev.raftsman.segment.CorruptSegmentException;
import dev.raftsman.segment.EpochInfo;
import dev.raftsman.segment.SegmentHeader;
import dev.raftsman.segment.SegmentReader;
import dev.raftsman.segment.SegmentTally;
import dev.raftsman.segment.SegmentTotals;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Recodes sealed segments of one stream into one cold object; the same segments give the same bytes. Memory: one cold block
 * being built, and the index. One thread.
 *
 * <pre>{@code
 * try (ColdObjectWriter writer = new ColdObjectWriter(out, ColdSettings.DEFAULTS)) {
 *     writer.add(SegmentReader.open(file), bytes, sha256);
 *     ColdIndex index = writer.finish();
 * }
 * }</pre>
 */
public final class ColdObjectWriter implements AutoCloseable {
    static final int MAGIC = 'R' | 'C' << 8 | 'O' << 16 | '1' << 24;
    static final int END_MAGIC = 'R' | 'C' << 8 | 'E' << 16 | '1' << 24;
    static final int VERSION = 3;
    static final int OLDEST_VERSION = 1;
    static final int HEADER_BYTES = 8;
    static final int TRAILER_BYTES = 32;
    static final int MAX_INDEX_BYTES = 32 << 20;

    private static final int INDEX_LEVEL = 3;

    private final OutputStream out;
    private final BlockEncoder encoder;
    private final BlockReader reader = new BlockReader();
    private final Lane packed = new Lane(1 << 16);
    private final List<ColdSegment> segments = new ArrayList<>();
    private final List<ColdBlock> blocks = new ArrayList<>();
    private SegmentTally tally = new SegmentTally();
    private int firstSegment;
    private int lastSegment;
    private long firstRaftIndex;
    private long lastRaftIndex;
    private long offset;

    /** @param out stays the caller's; written in pieces of a cold block */
    public ColdObjectWriter(OutputStream out, ColdSettings settings) throws IOException {
        this.out = out;
        this.encoder = new BlockEncoder(settings.blockBytes(), settings.level(), settings.filtered());
        ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        write(header.putInt(MAGIC).putInt(VERSION).array(), HEADER_BYTES);
    }

    /** Bytes written so far, and those of blocks not written yet as they are. */
    public long bytes() {
        return offset;
    }

    /**
     * Takes a segment in, whole.
     *
     * @param segment at its beginning; read to its end, stays the caller's
     * @param bytes of the segment's file
     * @param sha256 of the segment's file
     * @throws CorruptSegmentException if it is not sealed, or damaged
     * @throws IllegalArgumentException if it is of another stream, or not behind the one before
     */
    public void add(SegmentReader segment, long bytes, String sha256) throws IOException {
        SegmentHeader header = segment.header().orElseThrow();
        requireNext(header);
        int number = segments.size();
        Map<Long, EpochInfo> epochs = new LinkedHashMap<>();
        while (segment.next()) {
            epochs.putIfAbsent(segment.epoch(), segment.epochInfo());
            Block block = segment.block();
            if (!encoder.hasRoom(block)) {
                flush(lastSegment);
            }
            if (encoder.count() == 0) {
                firstSegment = number;
                firstRaftIndex = segment.raftIndex();
            }
            tally.add(tallyEpoch(number, segment.epoch()), block);
            lastRaftIndex = segment.raftIndex();
            lastSegment = number;
            encoder.add(
                    number, segment.raftIndex(), segment.epoch(), segment.stampMillis(), block, reader.columns(block));
        }
        if (segment.ending() != SegmentReader.Ending.SEALED) {
            throw new CorruptSegmentException(
                    header.id().toString(),
                    segment.validBytes(),
                    "a sealed segment",
                    "one that is " + segment.ending());
        }
        segments.add(new ColdSegment(
                header,
                bytes,
                sha256,
                segment.sealRaftIndex(),
                segment.sealStampMillis(),
                segment.totals(),
                List.copyOf(epochs.values())));
    }

    /** Blocks of one epoch follow each other only where no segment between was left out: each segment counts by itself. */
    static long tallyEpoch(int segment, long epoch) {
        return (long) segment << 40 ^ epoch;
    }

    private void requireNext(SegmentHeader header) {
        if (segments.size() == ColdIndex.MAX_SEGMENTS) {
            throw new IllegalArgumentException("more than " + ColdIndex.MAX_SEGMENTS + " segments in one object");
        }
        if (!segments.isEmpty()) {
            SegmentHeader last = segments.get(segments.size() - 1).header();
            boolean sameStream = last.tenant().equals(header.tenant())
                    && last.stream().equals(header.stream())
                    && last.id().stream() == header.id().stream();
            if (!sameStream || last.id().base() >= header.id().base()) {
                throw new IllegalArgumentException("segment " + header.id() + " behind " + last.id());
            }
        }
    }

    private void flush(int last) throws IOException {
        packed.clear();
        encoder.build(packed);
        int length = packed.length;
        SegmentTotals totals = tally.totals();
        blocks.add(new ColdBlock(
                offset,
                length,
                Checksum.crc32c(ByteBuffer.wrap(packed.bytes), 0, length),
                encoder.plainBytes(),
                totals.rawBytes(),
                firstSegment,
                last,
                firstRaftIndex,
                lastRaftIndex,
                encoder.count(),
                totals.events(),
                totals.levelBitmap(),
                totals.minTimeNanos(),
                totals.maxTimeNanos(),
                encoder.filter(length)));
        encoder.clear();
        tally = new SegmentTally();
        write(packed.bytes, length);
    }

    private void write(byte[] bytes, int length) throws IOException {
        out.write(bytes, 0, length);
        offset += length;
    }

    /** Ends the object with its index. Nothing more can be added. */
    public ColdIndex finish() throws IOException {
        if (segments.isEmpty()) {
            throw new IllegalStateException("no segment in the object");
        }
        if (encoder.count() > 0) {
            flush(lastSegment);
        }
        ColdIndex index = new ColdIndex(segments, blocks);
        Lane lane = new Lane(1 << 12);
        index.write(lane);
        if (lane.length > MAX_INDEX_BYTES) {
            throw new IOException("an index of " + lane.length + " bytes; expected at most " + MAX_INDEX_BYTES);
        }
        byte[] stored = Zstd.compress(java.util.Arrays.copyOf(lane.bytes, lane.length), INDEX_LEVEL);
        long indexOffset = offset;
        write(stored, stored.length);
        ByteBuffer trailer = ByteBuffer.allocate(TRAILER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        trailer.putLong(indexOffset).putInt(stored.length).putInt(lane.length);
        trailer.putInt(Checksum.crc32c(ByteBuffer.wrap(stored), 0, stored.length))
                .putInt(VERSION);
        trailer.putInt(Checksum.crc32c(trailer, 0, 24)).putInt(END_MAGIC);
        write(trailer.array(), TRAILER_BYTES);
        return index;
    }

    @Override
    public void close() {
        encoder.close();
        reader.close();
    }
}
