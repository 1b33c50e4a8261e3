package dev.raftsman.restore;

import dev.raftsman.restore.StreamReader.Segment;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Queue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Has fetched what a search of a segment begins with, such as an index, while segments before it are searched: of many short
 * segments it is what takes longest. A few segments ahead, so memory is bounded. One thread calls.
 */
final class ReadAhead implements AutoCloseable {
    private static final int SEGMENTS = 8;
    private static final int THREADS = 4;

    private final SearchScope scope;
    private final Queue<Segment> planned = new ArrayDeque<>();
    private final Queue<Segment> ahead = new ArrayDeque<>();
    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS, task -> {
        Thread thread = new Thread(task, "search-ahead");
        thread.setDaemon(true);
        return thread;
    });

    ReadAhead(SearchScope scope) {
        this.scope = scope;
    }

    /** These come next, in this order; perhaps not all of them. */
    void plan(Collection<Segment> segments) {
        planned.addAll(segments);
    }

    /** A segment's turn has come, and that of all before it has passed. */
    void at(Segment segment) {
        while (!ahead.isEmpty() && ahead.remove() != segment) {
            // Passed over.
        }
        while (ahead.size() < SEGMENTS && !planned.isEmpty()) {
            Segment next = planned.remove();
            if (next != segment && !next.copies.isEmpty()) {
                next.nearestFirst().get(0).opener().ahead(scope, threads);
                ahead.add(next);
            }
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
