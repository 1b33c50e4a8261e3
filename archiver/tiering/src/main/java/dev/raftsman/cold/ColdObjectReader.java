package dev.raftsman.cold;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import dev.raftsman.disk.Checksum;
import dev.raftsman.segment.SegmentTally;
import dev.raftsman.segment.SegmentTotals;
import dev.raftsman.segment.UnsupportedFormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Reads a cold object by ranges: its end first, then what is asked for. Everything is checked before it is believed, lengths
 * before anything of that length is allocated. One thread; {@link #close} gives native memory back, the ranges stay the
 * caller's.
 */
public final class ColdObjectReader implements AutoCloseable {
    /** Read at once from the end: the trailer, and mostly the whole index, of which filters of words are the most. */
    private static final int TAIL_BYTES = 256 << 10;

    private final ByteRanges ranges;
    private final ColdIndex index;
    private final ZstdDecompressCtx zstd = new ZstdDecompressCtx();

    private ColdObjectReader(ByteRanges ranges, ColdIndex index) {
        this.ranges = ranges;
        this.index = index;
    }

    /**
     * Reads the index.
     *
     * @throws CorruptColdObjectException if this is no cold object, or a damaged one
     * @throws UnsupportedFormatException if a newer version wrote it
     */
    public static ColdObjectReader open(ByteRanges ranges) throws IOException {
        return new ColdObjectReader(ranges, readIndex(ranges));
    }

    /** With an index that was read before. */
    public static ColdObjectReader open(ByteRanges ranges, ColdIndex index) {
        return new ColdObjectReader(ranges, index);
    }

    /** Reads the index alone; as {@link #open}. */
    public static ColdIndex readIndex(ByteRanges ranges) throws IOException {
        String key = ranges.name();
        long length = ranges.length();
        int least = ColdObjectWriter.HEADER_BYTES + ColdObjectWriter.TRAILER_BYTES;
        if (length < least) {
            throw new CorruptColdObjectException(key, 0, length + " bytes; expected " + least + " or more");
        }
        int tailBytes = (int) Math.min(length, TAIL_BYTES);
        long tailAt = length - tailBytes;
        byte[] tail = ranges.read(tailAt, tailBytes);
        long trailerAt = length - ColdObjectWriter.TRAILER_BYTES;
        ByteBuffer trailer = ByteBuffer.wrap(
                        tail, tailBytes - ColdObjectWriter.TRAILER_BYTES, ColdObjectWriter.TRAILER_BYTES)
                .slice()
                .order(ByteOrder.LITTLE_ENDIAN);
        if (trailer.getInt(28) != ColdObjectWriter.END_MAGIC) {
            throw new CorruptColdObjectException(
                    key, trailerAt + 28, hex("magic", ColdObjectWriter.END_MAGIC, trailer.getInt(28)));
        }
        int computed = Checksum.crc32c(trailer, 0, 24);
        if (trailer.getInt(24) != computed) {
            throw new CorruptColdObjectException(key, trailerAt + 24, hex("CRC32C", computed, trailer.getInt(24)));
        }
        int version = trailer.getInt(20);
        if (version < ColdObjectWriter.OLDEST_VERSION || version > ColdObjectWriter.VERSION) {
            throw new UnsupportedFormatException(key + ": cold object of format " + version + "; expected "
                    + ColdObjectWriter.OLDEST_VERSION + " to " + ColdObjectWriter.VERSION);
        }
        long indexAt = trailer.getLong(0);
        int stored = trailer.getInt(8);
        int inflated = trailer.getInt(12);
        if (indexAt < ColdObjectWriter.HEADER_BYTES
                || stored < 1
                || indexAt + stored != trailerAt
                || inflated < 1
                || inflated > ColdObjectWriter.MAX_INDEX_BYTES) {
            throw new CorruptColdObjectException(
                    key, trailerAt, "index of " + stored + " bytes at " + indexAt + ", " + inflated + " inflated");
        }
        byte[] packed = indexAt >= tailAt
                ? java.util.Arrays.copyOfRange(tail, (int) (indexAt - tailAt), (int) (indexAt - tailAt) + stored)
                : ranges.read(indexAt, stored);
        return readIndex(key, indexAt, packed, inflated, trailer.getInt(16));
    }

    private static ColdIndex readIndex(String key, long at, byte[] packed, int inflated, int crc) throws IOException {
        int computed = Checksum.crc32c(ByteBuffer.wrap(packed), 0, packed.length);
        if (computed != crc) {
            throw new CorruptColdObjectException(key, at, hex("index with CRC32C", crc, computed));
        }
        try {
            if (Zstd.getFrameContentSize(packed) != inflated) {
                throw new DamageException("index does not inflate to " + inflated + " bytes");
            }
            byte[] index = new byte[inflated];
            if (Zstd.decompress(index, packed) != inflated) {
                throw new DamageException("index does not inflate to " + inflated + " bytes");
            }
            return ColdIndex.read(new LaneReader(index, 0, inflated), ColdObjectWriter.HEADER_BYTES, at);
        } catch (DamageException | ZstdException e) {
            throw new CorruptColdObjectException(key, at, e.getMessage(), e);
        }
    }

    private static String hex(String what, int expected, int found) {
        return String.format("%s %08x; found %08x", what, expected, found);
    }

    public ColdIndex index() {
        return index;
    }

    /** The object's, for messages. */
    public String name() {
        return ranges.name();
    }

    /** Reads one cold block: one range. */
    public ColdRecords records(ColdBlock block) throws IOException {
        return decode(block, packed(block), zstd);
    }

    /** Reads one cold block and leaves it as it is; the bytes must not be changed. */
    public byte[] packed(ColdBlock block) throws IOException {
        byte[] packed = ranges.read(block.offset(), block.length());
        int computed = Checksum.crc32c(ByteBuffer.wrap(packed), 0, block.length());
        if (computed != block.crc()) {
            throw new CorruptColdObjectException(
                    ranges.name(), block.offset(), hex("cold block with CRC32C", block.crc(), computed));
        }
        return packed;
    }

    /** Decodes what {@link #packed} gave. Any thread, also after {@link #close}. */
    public ColdRecords decode(ColdBlock block, byte[] packed, ZstdDecompressCtx zstd) throws IOException {
        try {
            ColdRecords records = ColdRecords.decode(packed, 0, block.length(), block.plainBytes(), zstd);
            check(records, block);
            return records;
        } catch (DamageException | IllegalStateException e) {
            throw new CorruptColdObjectException(ranges.name(), block.offset(), e.getMessage(), e);
        }
    }

    /** What the index says of a block must be so: readers skip by it. */
    private void check(ColdRecords records, ColdBlock block) {
        if (records.count() != block.records()) {
            throw new DamageException(records.count() + " records; expected " + block.records());
        }
        int segment = block.firstSegment();
        SegmentTally tally = new SegmentTally();
        for (int i = 0; i < records.count(); i++) {
            int of = records.segment(i);
            if (of < segment || of > block.lastSegment()) {
                throw new DamageException(
                        "record " + i + " of segment " + of + "; expected " + segment + " to " + block.lastSegment());
            }
            segment = of;
            index.segments().get(of).epoch(records.epoch(i));
            tally.add(ColdObjectWriter.tallyEpoch(of, records.epoch(i)), records.block(i));
        }
        SegmentTotals totals = tally.totals();
        boolean same = records.segment(0) == block.firstSegment()
                && segment == block.lastSegment()
                && records.raftIndex(0) == block.firstRaftIndex()
                && records.raftIndex(records.count() - 1) == block.lastRaftIndex()
                && totals.events() == block.events()
                && totals.rawBytes() == block.rawBytes()
                && totals.levelBitmap() == block.levelBitmap()
                && totals.minTimeNanos() == block.minTimeNanos()
                && totals.maxTimeNanos() == block.maxTimeNanos();
        if (!same) {
            throw new DamageException("index: " + block + "; found " + totals);
        }
    }

    /** Reads one of the object's segments; more than one may be read at a time, each by one thread after the other. */
    public ColdSegmentReader segment(int place) {
        return new ColdSegmentReader(this, place);
    }

    @Override
    public void close() {
        zstd.close();
    }
}
