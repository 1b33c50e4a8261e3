package dev.raftsman.restore;

import dev.raftsman.catalog.SegmentView;
import dev.raftsman.restore.StreamReader.Segment;
import dev.raftsman.restore.StreamReader.StreamName;
import dev.raftsman.search.BlockSearch.Keep;
import dev.raftsman.search.Found;
import dev.raftsman.search.Query;
import dev.raftsman.segment.EpochInfo;
import dev.raftsman.segment.SegmentHeader;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * Searches streams over hot and cold as one, in the order of the Raft log. What cannot hold an answer is left out before it
 * is fetched, by what is known of its times, levels and words; what was fetched is taken apart by a few threads, and what
 * they find handed on in order by the caller's. Copies stand in for each other as in {@link StreamReader}.
 *
 * <p>Memory: for each thread and two more, a piece of 2 MiB and what was found in it. One thread calls.
 */
public final class StreamSearch implements AutoCloseable {
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
    private final ReadAhead ahead;
    private final PieceSearch pieces;

    /** Begun and not handed on to their ends, in their order. */
    private final Deque<SegmentSearch> begun = new ArrayDeque<>();

    /**
     * @param reader stays the caller's, and must be open as long as this is
     * @param keep what of the items is wanted
     * @param offsets whether {@link Sink#found} must be told how many items lie before, which may cost more reading
     */
    public StreamSearch(StreamReader reader, Query query, Keep keep, boolean offsets) {
        this.reader = reader;
        this.scope = new SearchScope(query, keep == Keep.ALL, offsets);
        this.ahead = new ReadAhead(scope);
        this.pieces = new PieceSearch(scope, keep);
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
     * Hands on whatever is found in streams, one after the other. While one segment is handed on those behind it are begun
     * with: of a few pieces each, they would keep no more than one thread busy.
     *
     * @throws IOException as {@link StreamReader#readStream}; what was found before was handed on
     */
    public void search(List<StreamName> names, Sink sink) throws IOException {
        try {
            for (StreamName name : names) {
                for (Segment segment : reader.segments(name)) {
                    scope.counts().segment();
                    if (mayHold(segment.view)) {
                        begin(segment, reader.isLast(name, segment), sink);
                    } else {
                        scope.counts().blocks(segment.view.blocks());
                    }
                }
            }
            while (!begun.isEmpty()) {
                begun.peek().finish();
                begun.remove();
            }
        } finally {
            begun.forEach(SegmentSearch::drop);
            begun.clear();
        }
    }

    private void begin(Segment segment, boolean last, Sink sink) throws IOException {
        scope.counts().segmentRead();
        ahead.at(segment);
        SegmentSearch search = new SegmentSearch(segment, last, scope, pieces, sink);
        begun.add(search);
        search.begin(this::makeRoom);
    }

    /** By handing on what comes first. All but the newest one have brought all they have. */
    private void makeRoom() throws IOException {
        while (true) {
            SegmentSearch first = begun.peek();
            if (!first.isEmpty()) {
                if (!pieces.isFull() && !first.isNextDone()) {
                    return;
                }
                first.handOn();
            } else if (begun.size() > 1) {
                first.finish();
                begun.remove();
            } else {
                return;
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

    @Override
    public void close() {
        ahead.close();
        pieces.close();
    }
}
