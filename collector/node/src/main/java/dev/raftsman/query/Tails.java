package dev.raftsman.query;

import com.sun.net.httpserver.HttpExchange;
import dev.raftsman.catalog.StreamView;
import dev.raftsman.segment.Offset;
import dev.raftsman.store.DamagedSegmentException;
import dev.raftsman.store.ReplicatedState;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The readers that follow streams, each with a thread of its own and at most {@link #MOST} at a time. What is applied on a
 * node is committed, so any node serves; one that is behind makes its readers wait. A reader that does not take what is
 * written to it for {@link #STALLED} is cut off; until then it holds up nobody but itself.
 *
 * <p>Memory of each: a block as it is stored and once inflated, 10 MiB at most and some hundred KiB as a rule.
 */
final class Tails implements AutoCloseable {
    static final int MOST = 32;
    static final Duration STALLED = Duration.ofSeconds(30);

    private static final Logger LOG = LoggerFactory.getLogger(Tails.class);
    private static final long BEAT_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final int BUFFER_BYTES = 16 << 10;

    private final QuerySource source;
    private final AppliedSignal signal;
    private final long stalledNanos;
    private final Semaphore places = new Semaphore(MOST);
    private final Set<Tail> open = ConcurrentHashMap.newKeySet();
    private final AtomicLong served = new AtomicLong();
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> thread(task, "tail"));
    private final ScheduledExecutorService watch =
            Executors.newSingleThreadScheduledExecutor(task -> thread(task, "tail-watch"));

    private volatile boolean closed;

    /** What was asked for is not here any more. */
    record Trimmed(String error, String trimmedAt, String state) {}

    Tails(QuerySource source, AppliedSignal signal, Duration stalled) {
        this.source = source;
        this.signal = signal;
        this.stalledNanos = stalled.toNanos();
        long every = Math.min(TimeUnit.SECONDS.toNanos(1), stalledNanos / 4);
        watch.scheduleWithFixedDelay(this::endStalled, every, every, TimeUnit.NANOSECONDS);
    }

    private static Thread thread(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    /** Readers now. */
    int openCount() {
        return MOST - places.availablePermits();
    }

    /** Items sent since the start. */
    long servedCount() {
        return served.get();
    }

    private void endStalled() {
        open.forEach(tail -> tail.endIfStalled(System.nanoTime()));
    }

    /**
     * Answers, or has one of the threads answer.
     *
     * @return whether the exchange is another thread's now
     */
    boolean begin(HttpExchange exchange) throws IOException {
        TailRequest request;
        try {
            request = TailRequest.parse(
                    exchange.getRequestURI().getRawPath(),
                    exchange.getRequestURI().getRawQuery(),
                    exchange.getRequestHeaders().getFirst("Accept"),
                    exchange.getRequestHeaders().getFirst("Last-Event-ID"));
        } catch (IllegalArgumentException e) {
            Answers.error(exchange, 400, e.getMessage());
            return false;
        }
        ReplicatedState state = source.state();
        Optional<StreamView> stream =
                state == null ? Optional.empty() : state.stream(request.tenant(), request.stream());
        if (stream.isEmpty()) {
            Answers.error(
                    exchange, 404, "no stream '" + request.stream() + "' of tenant '" + request.tenant() + "' here");
            return false;
        }
        if (closed || !places.tryAcquire()) {
            exchange.getResponseHeaders().set("Retry-After", "1");
            Answers.error(exchange, 503, "this node has " + MOST + " readers already; ask another");
            return false;
        }
        threads.execute(new Tail(exchange, request, stream.get().number()));
        return true;
    }

    @Override
    public void close() {
        closed = true;
        watch.shutdownNow();
        threads.shutdownNow();
    }

    /** One reader. */
    private final class Tail implements Runnable {
        private final HttpExchange exchange;
        private final TailRequest request;
        private final int stream;
        private Thread thread;
        private long writingSinceNanos;
        private boolean writing;

        Tail(HttpExchange exchange, TailRequest request, int stream) {
            this.exchange = exchange;
            this.request = request;
            this.stream = stream;
        }

        @Override
        public void run() {
            synchronized (this) {
                thread = Thread.currentThread();
            }
            open.add(this);
            signal.listen();
            try (exchange) {
                serve();
            } catch (IOException | UncheckedIOException e) {
                LOG.debug("reader gone: stream={}", request.stream(), e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt(); // The node ends.
            } catch (RuntimeException e) {
                LOG.error("reading failed: stream={}", request.stream(), e);
            } finally {
                signal.listenNoMore();
                open.remove(this);
                places.release();
                synchronized (this) {
                    thread = null;
                }
            }
        }

        private void serve() throws IOException, InterruptedException {
            try (StreamWalk walk = new StreamWalk(source::state, stream, begin())) {
                long seen = signal.count();
                StreamWalk.Step step;
                try {
                    step = walk.step();
                    if (step == StreamWalk.Step.TRIMMED && request.earliest()) {
                        walk.passed(walk.resumesAt());
                        step = walk.step();
                    }
                } catch (DamagedSegmentException e) {
                    exchange.getResponseHeaders().set("Retry-After", "1");
                    Answers.error(exchange, 503, e.getMessage());
                    return;
                }
                if (step == StreamWalk.Step.TRIMMED) {
                    refuseTrimmed(walk);
                    return;
                }
                exchange.getResponseHeaders()
                        .set(
                                "Content-Type",
                                request.events() ? "text/event-stream; charset=utf-8" : "application/x-ndjson");
                exchange.getResponseHeaders().set("Cache-Control", "no-store");
                exchange.getResponseHeaders().set("X-Raftsman-From", walk.from().toString());
                exchange.sendResponseHeaders(200, 0);
                try (OutputStream out =
                                new BufferedOutputStream(new Watched(exchange.getResponseBody()), BUFFER_BYTES);
                        ItemWriter items = new ItemWriter(out, request.events())) {
                    follow(walk, step, seen, items, out);
                }
            }
        }

        private Offset begin() throws IOException {
            if (request.from() != null) {
                return request.from();
            }
            if (request.earliest()) {
                return Offset.EARLIEST;
            }
            ReplicatedState state = source.state();
            return request.last() > 0 ? StreamWalk.last(state, stream, request.last()) : state.nextOffset();
        }

        private void refuseTrimmed(StreamWalk walk) throws IOException {
            Answers.reply(
                    exchange,
                    410,
                    new Trimmed(
                            "what is at " + walk.from() + " is not hot any more, or may not be",
                            walk.resumesAt().toString(),
                            walk.trimmed().state().name()));
        }

        private void follow(StreamWalk walk, StreamWalk.Step first, long counted, ItemWriter items, OutputStream out)
                throws IOException, InterruptedException {
            StreamWalk.Step step = first;
            long seen = counted;
            long quietSince = System.nanoTime();
            long beatAt = quietSince + BEAT_NANOS;
            out.flush(); // The head, before the first item comes.
            while (step != StreamWalk.Step.TRIMMED) {
                if (step == StreamWalk.Step.BLOCK) {
                    long before = items.written();
                    items.write(walk.epoch(), walk.block(), walk.first(), walk.from(), request.limit());
                    walk.passed(items.next());
                    served.addAndGet(items.written() - before);
                    if (items.written() >= request.limit()) {
                        return;
                    }
                } else {
                    out.flush();
                    long now = System.nanoTime();
                    long left =
                            request.patience() == null ? 0 : request.patience().toNanos() - (now - quietSince);
                    if (left <= 0) {
                        return;
                    }
                    if (now - beatAt >= 0) {
                        items.beat();
                        out.flush();
                        beatAt = now + BEAT_NANOS;
                    }
                    signal.await(seen, Math.min(left, beatAt - now));
                }
                seen = signal.count();
                boolean waited = step == StreamWalk.Step.END;
                step = walk.step();
                if (step == StreamWalk.Step.BLOCK && waited) {
                    quietSince = System.nanoTime();
                    beatAt = quietSince + BEAT_NANOS;
                }
            }
            // Trimmed while it was read: who asks again is told.
        }

        private synchronized void writes(boolean now) {
            writing = now;
            writingSinceNanos = System.nanoTime();
        }

        synchronized void endIfStalled(long nowNanos) {
            if (writing && thread != null && nowNanos - writingSinceNanos > stalledNanos) {
                writing = false;
                LOG.warn(
                        "reader cut off: stream={}, reason=it took nothing for {} s",
                        request.stream(),
                        TimeUnit.NANOSECONDS.toSeconds(stalledNanos));
                thread.interrupt(); // Closes the connection under the write.
            }
        }

        /** Lets the watch see how long a write takes. */
        private final class Watched extends OutputStream {
            private final OutputStream to;

            Watched(OutputStream to) {
                this.to = to;
            }

            @Override
            public void write(int b) throws IOException {
                write(new byte[] {(byte) b}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                writes(true);
                try {
                    to.write(bytes, offset, length);
                } finally {
                    writes(false);
                }
            }

            @Override
            public void flush() throws IOException {
                writes(true);
                try {
                    to.flush();
                } finally {
                    writes(false);
                }
            }

            @Override
            public void close() throws IOException {
                writes(true);
                try {
                    to.close();
                } finally {
                    writes(false);
                }
            }
        }
    }
}
