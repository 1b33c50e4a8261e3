package dev.raftsman.restore;

import com.github.luben.zstd.ZstdDecompressCtx;
import dev.raftsman.block.CorruptBlockException;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.restore.SegmentPieces.Piece;
import dev.raftsman.restore.SegmentSource.Copy;
import dev.raftsman.restore.StreamReader.Segment;
import dev.raftsman.restore.StreamReader.SinkFailedException;
import dev.raftsman.restore.StreamReader.StreamName;
import dev.raftsman.search.BlockSearch;
import dev.raftsman.search.BlockSearch.Keep;
import dev.raftsman.search.Found;
import dev.raftsman.search.Query;
import dev.raftsman.segment.EpochInfo;
import dev.raftsman.segment.SegmentHeader;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Searches streams over hot and cold as one, in the order of the Raft log. What cannot hold an answer is left out before it
 * is fetched, by what is known of its times, levels and words; what was fetched is taken apart by a few threads, and what
 * they find handed on in order by the caller's. Copies stand in for each other as in {@link StreamReader}.
 *
 * <p>Memory: for each thread and two more, a piece of 2 MiB and what was found in it. One thread calls.
 */
public final class StreamSearch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StreamSearch.class);
    private static final int MAX_THREADS = 4;
    private static final int WAITING_PIECES = 2;

    /** Takes what was found, in order. */
    @FunctionalInterface
    public interface Sink {
        /**
         * @param segment the segment it lies in, with tenant and stream
         * @param epoch whose it is
         * @param raftIndex of the entry that brought it
         * @param itemsBefore how many items of the same entry and stream lie before the block; less than 0 if offsets were
         *     not asked for and it is not known
         */
        void found(SegmentHeader segment, EpochInfo epoch, long raftIndex, int itemsBefore, Found found)
                throws IOException;
    }

    private final StreamReader reader;
    private final SearchScope scope;
    private final Keep keep;
    private final ReadAhead ahead;
    private final int threads =
            Math.max(1, Math.min(MAX_THREADS, Runtime.getRuntime().availableProcessors()));
    private final ExecutorService workers = Executors.newFixedThreadPool(threads, task -> {
        Thread thread = new Thread(task, "search");
        thread.setDaemon(true);
        return thread;
    });
    private final Queue<Tools> tools = new ConcurrentLinkedQueue<>();

    /** Of one worker at a time. */
    private static final class Tools implements AutoCloseable {
        private final BlockSearch search;
        private final ZstdDecompressCtx zstd = new ZstdDecompressCtx();

        Tools(Query query, Keep keep) {
            search = new BlockSearch(query, keep);
        }

        @Override
        public void close() {
            search.close();
            zstd.close();
        }
    }

    private record Hit(BlockRecord record, Found found) {}

    private record Result(List<Hit> hits, int blocks, Position end) {}

    /** Up to where a segment was handed on: the last entry, and the blocks of it. */
    private record Position(long raftIndex, List<BlockKey> blocks) {
        private static final Position START = new Position(-1, List.of());

        boolean isBehind(BlockRecord record) {
            return record.raftIndex() < raftIndex
                    || record.raftIndex() == raftIndex && blocks.contains(BlockKey.of(record));
        }

        /** Where records end. */
        static Position of(List<BlockRecord> records) {
            if (records.isEmpty()) {
                return START;
            }
            long last = records.get(records.size() - 1).raftIndex();
            List<BlockKey> keys = new ArrayList<>();
            for (BlockRecord record : records) {
                if (record.raftIndex() == last) {
                    keys.add(BlockKey.of(record));
                }
            }
            return new Position(last, keys);
        }

        /** An entry may lie in several pieces. */
        Position then(Position next) {
            if (next.raftIndex != raftIndex) {
                return next.raftIndex < raftIndex ? this : next;
            }
            List<BlockKey> keys = new ArrayList<>(blocks);
            keys.addAll(next.blocks);
            return new Position(raftIndex, keys);
        }
    }

    private record BlockKey(long epoch, long firstSequence) {
        static BlockKey of(BlockRecord record) {
            return new BlockKey(record.epoch().epoch(), record.block().firstSequence());
        }
    }

    /**
     * @param reader stays the caller's, and must be open as long as this is
     * @param keep what of the items is wanted
     * @param offsets whether {@link Sink#found} must be told how many items lie before, which may cost more reading
     */
    public StreamSearch(StreamReader reader, Query query, Keep keep, boolean offsets) {
        this.reader = reader;
        this.scope = new SearchScope(query, keep == Keep.ALL, offsets);
        this.keep = keep;
        this.ahead = new ReadAhead(scope);
    }

    /** How much had to be read so far. */
    public ReadCounts counts() {
        return scope.counts();
    }

    /** What is to come, in this order: so it is counted, and fetched ahead. Once. */
    public void plan(List<StreamName> names) {
        for (StreamName name : names) {
            List<Segment> segments = reader.segments(name);
            scope.counts().planned(segments.size());
            ahead.plan(
                    segments.stream().filter(segment -> mayHold(segment.view)).toList());
        }
    }

    /**
     * Hands on whatever is found in a stream.
     *
     * @throws IOException as {@link StreamReader#readStream}; what was found before was handed on
     */
    public void search(StreamName name, Sink sink) throws IOException {
        for (Segment segment : reader.segments(name)) {
            scope.counts().segment();
            if (mayHold(segment.view)) {
                search(segment, reader.isLast(name, segment), sink);
            } else {
                scope.counts().blocks(segment.view.blocks());
            }
        }
    }

    /** By its row in the catalog; only of a finished one, to which nothing is added any more. */
    private boolean mayHold(SegmentView view) {
        return view == null
                || view.sha256() == null
                || scope.everyBlockOf(view.gapEvents())
                || scope.query().mayBeAt(view.minTimeNanos(), view.maxTimeNanos())
                        && scope.query().mayHaveLevel(view.levelBitmap());
    }

    private void search(Segment segment, boolean last, Sink sink) throws IOException {
        scope.counts().segmentRead();
        ahead.at(segment);
        Position position = Position.START;
        boolean readable = false;
        List<String> problems = new ArrayList<>();
        for (Copy copy : segment.nearestFirst()) {
            // Where ranges do not come whole, perhaps the whole does: another node is asked for it.
            for (boolean whole : new boolean[] {false, true}) {
                Reading reading = new Reading(position, sink);
                try (SegmentPieces pieces = whole
                        ? new WholePieces(copy.opener().open(), scope)
                        : copy.opener().search(scope)) {
                    reading.read(pieces);
                    readable = true;
                    if (pieces.isWhole()) {
                        return;
                    }
                    problems.add(copy.where() + " " + pieces.ending());
                    position = reading.position;
                    break;
                } catch (SinkFailedException e) {
                    throw e.failure;
                } catch (InterruptedIOException e) {
                    throw e;
                } catch (IOException | CorruptBlockException e) {
                    LOG.warn("copy not readable, the next is tried: segment={} reason={}", segment.id, e.getMessage());
                    if (whole) {
                        problems.add(String.valueOf(e.getMessage()));
                    }
                }
                position = reading.position;
            }
        }
        if (segment.mustBeWhole(last) || !readable) {
            throw segment.wholeNowhere(problems);
        }
    }

    /** One copy, from where another ended. */
    private final class Reading {
        private final Position start;
        private final Sink sink;
        private final Queue<Future<Result>> waiting = new ArrayDeque<>();
        private Position position;

        Reading(Position start, Sink sink) {
            this.start = start;
            this.position = start;
            this.sink = sink;
        }

        void read(SegmentPieces pieces) throws IOException {
            try {
                for (Piece piece = pieces.next(); piece != null; piece = pieces.next()) {
                    Piece next = piece;
                    waiting.add(workers.submit(() -> searched(next, start)));
                    while (waiting.size() > threads + WAITING_PIECES
                            || !waiting.isEmpty() && waiting.peek().isDone()) {
                        handOn(pieces.header());
                    }
                }
                while (!waiting.isEmpty()) {
                    handOn(pieces.header());
                }
            } finally {
                waiting.forEach(piece -> piece.cancel(false));
            }
        }

        private void handOn(SegmentHeader header) throws IOException {
            Result result = result(waiting.remove());
            scope.counts().blocksRead(result.blocks());
            for (Hit hit : result.hits()) {
                BlockRecord record = hit.record();
                try {
                    sink.found(header, record.epoch(), record.raftIndex(), record.itemsBefore(), hit.found());
                } catch (IOException e) {
                    throw new SinkFailedException(e);
                }
            }
            position = position.then(result.end());
        }
    }

    private static Result result(Future<Result> piece) throws IOException {
        try {
            return piece.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException failed) {
                throw failed;
            }
            if (e.getCause() instanceof RuntimeException failed) {
                throw failed;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while searching");
        }
    }

    /** By a worker. */
    private Result searched(Piece piece, Position start) throws IOException {
        Tools own = tools.poll();
        if (own == null) {
            own = new Tools(scope.query(), keep);
        }
        try {
            List<BlockRecord> records = piece.records(own.zstd);
            List<Hit> hits = new ArrayList<>();
            int blocks = 0;
            for (BlockRecord record : records) {
                if (!start.isBehind(record)) {
                    blocks++;
                    Found found = own.search.search(record.block());
                    if (found != null) {
                        hits.add(new Hit(record, found));
                    }
                }
            }
            return new Result(hits, blocks, Position.of(records));
        } finally {
            tools.add(own);
        }
    }

    @Override
    public void close() {
        ahead.close();
        workers.shutdown();
        try {
            // What they are at is a piece each; the memory outside of the heap is theirs until then.
            if (workers.awaitTermination(1, TimeUnit.MINUTES)) {
                tools.forEach(Tools::close);
                tools.clear();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
