package dev.raftsman.restore;

import dev.raftsman.block.Block;
import dev.raftsman.cold.ByteRanges;
import dev.raftsman.cold.ColdBlock;
import dev.raftsman.cold.ColdIndex;
import dev.raftsman.cold.ColdObjectReader;
import dev.raftsman.cold.ColdRecords;
import dev.raftsman.cold.ColdSegmentReader;
import dev.raftsman.cold.CorruptColdObjectException;
import dev.raftsman.objects.ObjectInfo;
import dev.raftsman.objects.ObjectKey;
import dev.raftsman.objects.ObjectStore;
import dev.raftsman.segment.EpochInfo;
import dev.raftsman.segment.SegmentHeader;
import dev.raftsman.segment.SegmentId;
import dev.raftsman.segment.SegmentTotals;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Cold objects of one store, read by ranges through a cache. Neighbouring segments share objects and cold blocks: the object
 * and the block read last stay as they are, decoded. Memory: one index, those read ahead, one cold block.
 * One thread, but for {@link #indexAhead}.
 */
final class ColdObjects implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ColdObjects.class);

    private final ObjectStore store;
    private final ReadCache cache;

    /** Lengths of objects, as a manifest says or as was asked; two numbers an object. */
    private final Map<ObjectKey, Long> lengths = new HashMap<>();

    /** Read ahead, until their objects are opened. */
    private final Map<ObjectKey, ColdIndex> indexes = new ConcurrentHashMap<>();

    private ObjectKey openKey;
    private ColdObjectReader open;
    private ColdBlock lastBlock;
    private ColdRecords lastRecords;
    private ColdPieces.Packed lastPacked;

    /** Both stay the caller's. */
    ColdObjects(ObjectStore store, ReadCache cache) {
        this.store = store;
        this.cache = cache;
    }

    /** Saves asking the store. */
    void knowLength(ObjectKey key, long bytes) {
        lengths.put(key, bytes);
    }

    /** @throws IOException if the object cannot be read, is damaged, or has no such segment */
    SegmentBlocks segment(ObjectKey key, SegmentId id) throws IOException {
        ColdIndex index = object(key).index();
        int place = index.find(id)
                .orElseThrow(() -> new IOException(store.location() + key + " does not hold segment " + id));
        return new Blocks(new ColdSegmentReader(index, block -> records(key, block), place));
    }

    /** The same, of what may hold what is looked for. */
    SegmentPieces pieces(ObjectKey key, SegmentId id, SearchScope scope) throws IOException {
        ColdObjectReader object = object(key);
        int place = object.index()
                .find(id)
                .orElseThrow(() -> new IOException(store.location() + key + " does not hold segment " + id));
        return new ColdPieces(object, place, new Fetched(key), scope);
    }

    /** Reads an object's index, by any thread, before the object is opened; a failure shows then. */
    Runnable indexAhead(ObjectKey key) {
        Long length = key.equals(openKey) ? null : lengths.get(key);
        return () -> {
            if (length != null && !indexes.containsKey(key)) {
                try {
                    indexes.put(key, ColdObjectReader.readIndex(new Ranges(key, length)));
                } catch (IOException e) {
                    LOG.debug("index not read ahead", e);
                }
            }
        };
    }

    /** Cold blocks as they are stored. The one asked for last is kept: its neighbour's segment may be in it too. */
    private final class Fetched implements ColdPieces.Source {
        private final ObjectKey key;

        Fetched(ObjectKey key) {
            this.key = key;
        }

        @Override
        public ColdPieces.Packed packed(ColdObjectReader object, ColdBlock block, ReadCounts counts)
                throws IOException {
            if (lastPacked == null || !lastPacked.isOf(object, block)) {
                lastPacked = null;
                lastPacked = new ColdPieces.Packed(object, block, fetched(object, block));
                counts.bytesFetched(block.length());
            }
            return lastPacked;
        }

        @Override
        public void fetchTogether(ColdObjectReader object, List<ColdBlock> run) throws IOException {
            new Ranges(key, length(key)).readTogether(run);
        }
    }

    /** Once more if it is damaged: it may be so in the store, or only have been on its way. */
    private byte[] fetched(ColdObjectReader object, ColdBlock block) throws IOException {
        try {
            return object.packed(block);
        } catch (CorruptColdObjectException e) {
            cache.forget(object.name(), block.offset(), block.length());
            return object.packed(block);
        }
    }

    private ColdObjectReader object(ObjectKey key) throws IOException {
        ColdIndex index = indexes.remove(key);
        if (!key.equals(openKey)) {
            close();
            Ranges ranges = new Ranges(key, length(key));
            open = index == null ? ColdObjectReader.open(ranges) : ColdObjectReader.open(ranges, index);
            openKey = key;
        }
        return open;
    }

    private long length(ObjectKey key) throws IOException {
        Long known = lengths.get(key);
        if (known == null) {
            known = store.head(key)
                    .map(ObjectInfo::bytes)
                    .orElseThrow(() -> new IOException("no object " + key + " in " + store.location()));
            lengths.put(key, known);
        }
        return known;
    }

    private ColdRecords records(ObjectKey key, ColdBlock block) throws IOException {
        ColdObjectReader reader = object(key);
        if (!block.equals(lastBlock)) {
            lastRecords = null; // Before the next is decoded: not both in memory.
            lastBlock = null;
            lastRecords = records(reader, block);
            lastBlock = block;
        }
        return lastRecords;
    }

    /** Fetched once more if it is damaged: it may be so in the store, or only have been on its way. */
    private ColdRecords records(ColdObjectReader reader, ColdBlock block) throws IOException {
        try {
            return reader.records(block);
        } catch (CorruptColdObjectException e) {
            cache.forget(reader.name(), block.offset(), block.length());
            return reader.records(block);
        }
    }

    @Override
    public void close() {
        if (open != null) {
            open.close();
        }
        open = null;
        openKey = null;
        lastBlock = null;
        lastRecords = null;
        lastPacked = null;
    }

    /** One object's ranges, from the cache or the store. */
    private final class Ranges implements ByteRanges {
        private final ObjectKey key;
        private final String name;
        private final long length;

        Ranges(ObjectKey key, long length) {
            this.key = key;
            this.name = store.location() + key;
            this.length = length;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public long length() {
            return length;
        }

        @Override
        public byte[] read(long offset, int bytes) throws IOException {
            return cache.get(name, offset, bytes, () -> fetch(offset, bytes));
        }

        /** Neighbours, with one request if they are not there, to be found in the cache each by itself. */
        void readTogether(List<ColdBlock> run) throws IOException {
            long begin = run.get(0).offset();
            if (run.size() == 1) {
                read(begin, run.get(0).length());
                return;
            }
            if (run.stream().allMatch(block -> cache.has(name, block.offset(), block.length()))) {
                return;
            }
            ColdBlock last = run.get(run.size() - 1);
            byte[] bytes = fetch(begin, (int) (last.offset() + last.length() - begin));
            for (ColdBlock block : run) {
                int from = (int) (block.offset() - begin);
                cache.put(name, block.offset(), Arrays.copyOfRange(bytes, from, from + block.length()));
            }
        }

        private byte[] fetch(long offset, int bytes) throws IOException {
            try (InputStream in = store.open(key, offset, bytes)) {
                byte[] range = in.readNBytes(bytes);
                if (range.length < bytes) {
                    throw new EOFException(
                            name + " ends at " + (offset + range.length) + "; expected " + length + " bytes");
                }
                return range;
            }
        }
    }

    /** The blocks of a segment in a cold object; one that ends has been seen to be whole. */
    private static final class Blocks implements SegmentBlocks {
        private final ColdSegmentReader reader;
        private boolean ended;

        Blocks(ColdSegmentReader reader) {
            this.reader = reader;
        }

        @Override
        public boolean next() throws IOException {
            ended = !reader.next();
            return !ended;
        }

        @Override
        public boolean isWhole() {
            return ended;
        }

        @Override
        public String ending() {
            return ended ? "ends whole" : "was not read to its end";
        }

        @Override
        public SegmentHeader header() {
            return reader.header();
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
            return false;
        }

        @Override
        public long sealRaftIndex() {
            return reader.segment().sealRaftIndex();
        }

        @Override
        public long sealStampMillis() {
            return reader.segment().sealStampMillis();
        }

        @Override
        public SegmentTotals totals() {
            return reader.segment().totals();
        }

        @Override
        public void close() {
            // The object stays open for the segment behind this one.
        }
    }
}
