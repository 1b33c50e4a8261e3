package dev.raftsman.restore;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.cluster.Cluster;
import dev.raftsman.cluster.SegmentRanges;
import dev.raftsman.disk.Durable;
import dev.raftsman.search.WordFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What running collectors hold, at one moment of the Raft log: a segment is fetched to a file, read, and deleted. */
public final class HotCluster implements SegmentSource {
    private static final Logger LOG = LoggerFactory.getLogger(HotCluster.class);

    private final Cluster cluster;
    private final Path cache;
    private final WordsAhead words = new WordsAhead();

    /**
     * @param cluster stays the caller's
     * @param cache a directory of this reader's own, made if missing; has room for one segment
     */
    public HotCluster(Cluster cluster, Path cache) {
        this.cluster = cluster;
        this.cache = cache;
    }

    @Override
    public Contents look() throws IOException {
        CatalogView catalog = cluster.catalog();
        List<Copy> copies = new ArrayList<>();
        for (SegmentView segment : catalog.segments()) {
            if (segment.state().hot()) {
                copies.add(new Copy(
                        segment.id(),
                        segment.tenant(),
                        segment.stream(),
                        "segment " + segment.id() + " of the cluster",
                        1,
                        new HotOpener(segment)));
            }
        }
        return new Contents(copies, catalog.segments(), catalog.epochs());
    }

    private final class HotOpener implements Opener {
        private final SegmentView segment;

        HotOpener(SegmentView segment) {
            this.segment = segment;
        }

        @Override
        public SegmentBlocks open() throws IOException {
            return HotCluster.this.open(segment);
        }

        @Override
        public SegmentPieces search(SearchScope scope) throws IOException {
            Optional<SegmentRanges> ranges = cluster.ranges();
            if (ranges.isEmpty()) {
                return new WholePieces(open(), scope);
            }
            Optional<WordFile> file = scope.prunes() ? words(ranges.get(), scope) : Optional.empty();
            if (file.isPresent()) {
                return new SpanPieces(segment, ranges.get(), file.get(), scope);
            }
            String name = "segment " + segment.id() + " of the cluster";
            return new WholePieces(SegmentBlocks.of(name, new RangeStream(segment, ranges.get())), scope);
        }

        @Override
        public Runnable ahead(SearchScope scope) {
            Optional<SegmentRanges> ranges = cluster.ranges();
            if (ranges.isEmpty() || !scope.prunes() || segment.sha256() == null) {
                return () -> {};
            }
            words.want(segment);
            return () -> words.ask(ranges.get(), scope);
        }

        /** A file that is not what it should be is as good as none. */
        private Optional<WordFile> words(SegmentRanges ranges, SearchScope scope) {
            if (segment.sha256() == null) {
                return Optional.empty();
            }
            Optional<WordFile> file = words.of(segment, ranges, scope);
            if (file.isPresent() && file.get().segmentBytes() != segment.bytes()) {
                LOG.warn(
                        "a file of words is not used: segment={}, reason=it is of one with {} bytes",
                        segment.id(),
                        file.get().segmentBytes());
                return Optional.empty();
            }
            return file;
        }
    }

    /** A segment from its first byte to its last, fetched as it is read. */
    private static final class RangeStream extends InputStream {
        private static final int RANGE_BYTES = 4 << 20;

        private final SegmentView segment;
        private final SegmentRanges ranges;
        private byte[] range = new byte[0];
        private int at;
        private long fetched;

        RangeStream(SegmentView segment, SegmentRanges ranges) {
            this.segment = segment;
            this.ranges = ranges;
        }

        @Override
        public int read() throws IOException {
            return fill() ? Byte.toUnsignedInt(range[at++]) : -1;
        }

        @Override
        public int read(byte[] to, int offset, int length) throws IOException {
            if (length > 0 && !fill()) {
                return -1;
            }
            int count = Math.min(length, range.length - at);
            System.arraycopy(range, at, to, offset, count);
            at += count;
            return count;
        }

        /** @return false at the end */
        private boolean fill() throws IOException {
            if (at == range.length && fetched < segment.bytes()) {
                range = ranges.read(segment, fetched, (int) Math.min(RANGE_BYTES, segment.bytes() - fetched));
                fetched += range.length;
                at = 0;
            }
            return at < range.length;
        }
    }

    private SegmentBlocks open(SegmentView segment) throws IOException {
        Durable.createDirectories(cache);
        Path file = Files.createTempFile(cache, segment.id().toString(), ".seg");
        try {
            cluster.read(segment, file);
            return SegmentBlocks.open(file);
        } finally {
            Files.delete(file);
        }
    }

    @Override
    public void close() {
        // The cluster is the caller's.
    }
}
