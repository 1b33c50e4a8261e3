package dev.raftsman.restore;

import dev.raftsman.restore.SegmentSource.Copy;
import dev.raftsman.restore.StreamReader.Segment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Has fetched what a search of a segment begins with, such as an index, while segments before it are searched: of many short
 * segments it is what takes longest. A few segments ahead, so memory is bounded. One thread calls.
 */
final class ReadAhead implements AutoCloseable {
    private static final int MOST_WEIGHT = 64;

    /** Of a segment in a cold object, whose index has up to some MiB; of others it is some KiB. */
    private static final int COLD_WEIGHT = 8;

    private static final int THREADS = MOST_WEIGHT / COLD_WEIGHT;

    private final SearchScope scope;
    private final Queue<Segment> planned = new ArrayDeque<>();
    private final Queue<Segment> ahead = new ArrayDeque<>();
    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS, task -> {
        Thread thread = new Thread(task, "search-ahead");
        thread.setDaemon(true);
        return thread;
    });

    private int weight;

    ReadAhead(SearchScope scope) {
        this.scope = scope;
    }

    /** These come next, in this order; perhaps not all of them. */
    void plan(Collection<Segment> segments) {
        planned.addAll(segments);
    }

    /** A segment's turn has come, and that of all before it has passed. */
    void at(Segment segment) {
        if (weight <= MOST_WEIGHT / 2) {
            fetchMore();
        }
        if (ahead.contains(segment)) {
            Segment passed;
            do {
                passed = ahead.remove();
                weight -= weightOf(passed);
            } while (passed != segment);
        }
    }

    /** Not one by one: what lies in one place may be fetched at once. */
    private void fetchMore() {
        List<Runnable> fetches = new ArrayList<>();
        while (weight < MOST_WEIGHT && !planned.isEmpty()) {
            Segment next = planned.remove();
            if (!next.copies.isEmpty()) {
                fetches.add(nearest(next).opener().ahead(scope));
                ahead.add(next);
                weight += weightOf(next);
            }
        }
        fetches.forEach(threads::execute);
    }

    private static Copy nearest(Segment segment) {
        return segment.nearestFirst().get(0);
    }

    private static int weightOf(Segment segment) {
        return nearest(segment).isArchived() ? COLD_WEIGHT : 1;
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
