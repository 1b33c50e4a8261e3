package dev.raftsman.restore;

import com.github.luben.zstd.ZstdDecompressCtx;
import dev.raftsman.restore.SegmentPieces.Piece;
import dev.raftsman.search.BlockSearch;
import dev.raftsman.search.BlockSearch.Keep;
import dev.raftsman.search.Found;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** A few threads that take pieces apart and search them. Results are taken by one thread, the one that brings the pieces. */
final class PieceSearch implements AutoCloseable {
    private static final int MAX_THREADS = 4;
    private static final int WAITING_PIECES = 2;

    private final SearchScope scope;
    private final Keep keep;
    private final int threads =
            Math.max(1, Math.min(MAX_THREADS, Runtime.getRuntime().availableProcessors()));
    private final ExecutorService workers = Executors.newFixedThreadPool(threads, task -> {
        Thread thread = new Thread(task, "search");
        thread.setDaemon(true);
        return thread;
    });
    private final Queue<Tools> tools = new ConcurrentLinkedQueue<>();
    private int under;

    /** Of one worker at a time. */
    private static final class Tools implements AutoCloseable {
        private final BlockSearch search;
        private final ZstdDecompressCtx zstd = new ZstdDecompressCtx();

        Tools(SearchScope scope, Keep keep) {
            search = new BlockSearch(scope.query(), keep);
        }

        @Override
        public void close() {
            search.close();
            zstd.close();
        }
    }

    /** What was found in a block. */
    record Hit(BlockRecord record, Found found) {}

    /**
     * Of a piece.
     *
     * @param blocks that were searched
     * @param end where the piece ends
     */
    record Result(List<Hit> hits, int blocks, ReadPosition end) {}

    PieceSearch(SearchScope scope, Keep keep) {
        this.scope = scope;
        this.keep = keep;
    }

    /** A piece that was brought, and is to be {@link #take taken} or {@link #drop dropped}. */
    Future<Result> bring(Piece piece, ReadPosition start) {
        under++;
        return workers.submit(() -> searched(piece, start));
    }

    /** Whether more is under way than is needed for every worker to have something to do. */
    boolean isFull() {
        return under > threads + WAITING_PIECES;
    }

    /** Waits for a piece's result. @throws IOException if it is damaged */
    Result take(Future<Result> piece) throws IOException {
        under--;
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

    /** Its result is not wanted. */
    void drop(Future<Result> piece) {
        under--;
        piece.cancel(false);
    }

    /** By a worker. */
    private Result searched(Piece piece, ReadPosition start) throws IOException {
        Tools own = tools.poll();
        if (own == null) {
            own = new Tools(scope, keep);
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
            return new Result(hits, blocks, ReadPosition.of(records));
        } finally {
            tools.add(own);
        }
    }

    @Override
    public void close() {
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
