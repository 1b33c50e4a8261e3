package dev.raftsman.query;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import dev.raftsman.catalog.CatalogJson;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.MalformedJsonException;
import dev.raftsman.config.HostPort;
import dev.raftsman.raft.Outcome;
import dev.raftsman.raft.ReplicatedLog;
import dev.raftsman.segment.SegmentFile;
import dev.raftsman.segment.SegmentId;
import dev.raftsman.store.DamagedSegmentException;
import dev.raftsman.store.Entry;
import dev.raftsman.store.Reply;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The HTTP door of a node. */
public final class QueryServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(QueryServer.class);
    private static final int THREADS = 4;
    private static final int MAX_COMMAND_BYTES = 1 << 20;
    private static final int MAX_REQUEST_BYTES = 8 << 10;
    private static final int COPY_BYTES = 128 << 10;
    private static final long ANSWER_SECONDS = 20;
    /** To apply what the leader has committed; a node that needs longer is not ready. */
    private static final long READY_SECONDS = 2;

    private static final String WORDS = "/words";
    private static final String JSON = "application/json";

    private final QuerySource source;
    private final ReplicatedLog log;
    private final ClusterDoor cluster;
    private final LongSupplier clockMillis;
    private final RecentReads reads = new RecentReads();
    private final HttpServer server;
    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS, task -> {
        Thread thread = new Thread(task, "query");
        thread.setDaemon(true);
        return thread;
    });

    /** Whom to ask instead. */
    record Misdirected(String error, String leader, String leaderHttp) {}

    /** What is wrong. */
    record Failed(String error) {}

    private QueryServer(
            HostPort listen, QuerySource source, ReplicatedLog log, ClusterDoor cluster, LongSupplier clockMillis)
            throws IOException {
        this.source = source;
        this.log = log;
        this.cluster = cluster;
        this.clockMillis = clockMillis;
        this.server = HttpServer.create(listen.resolve(), 64);
        server.setExecutor(threads);
        page("/v1/status", "GET", this::status);
        page("/v1/catalog", "GET", this::catalog);
        page("/v1/segments/", "GET", this::segment);
        page("/v1/reads", "GET", exchange -> reply(exchange, 200, reads.page(clockMillis.getAsLong())));
        page("/v1/commands", "POST", this::command);
        page("/v1/cluster", "GET", this::cluster);
        for (ClusterRequest.Verb verb : ClusterRequest.Verb.values()) {
            page(
                    "/v1/cluster/" + verb.name().toLowerCase(Locale.ROOT),
                    "POST",
                    exchange -> changeCluster(exchange, verb));
        }
        page("/metrics", "GET", this::metrics);
        page("/livez", "GET", this::alive);
        page("/readyz", "GET", this::ready);
        page("/", "GET", exchange -> error(exchange, 404, "no such page"));
        server.start();
    }

    /** @throws IOException if the address cannot be bound */
    public static QueryServer start(
            HostPort listen, QuerySource source, ReplicatedLog log, ClusterDoor cluster, LongSupplier clockMillis)
            throws IOException {
        return new QueryServer(listen, source, log, cluster, clockMillis);
    }

    /** Where it listens; of use if the port was left to the system. */
    public int port() {
        return server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void page(String path, String method, HttpHandler handler) {
        server.createContext(path, exchange -> {
            try (exchange) {
                if (!path.endsWith("/") && !exchange.getRequestURI().getPath().equals(path)) {
                    error(exchange, 404, "no such page");
                } else if (exchange.getRequestMethod().equals(method)) {
                    handler.handle(exchange);
                } else {
                    exchange.getResponseHeaders().set("Allow", method);
                    error(exchange, 405, "use " + method);
                }
            } catch (IOException e) {
                LOG.debug("request broke off: {}", exchange.getRequestURI(), e);
            } catch (RuntimeException e) {
                LOG.error("request failed: {}", exchange.getRequestURI(), e);
            }
        });
    }

    private void status(HttpExchange exchange) throws IOException {
        reply(exchange, 200, source.status());
    }

    private void catalog(HttpExchange exchange) throws IOException {
        String query = exchange.getRequestURI().getQuery();
        if (query != null && query.contains("linearizable=true")) {
            Outcome outcome = await(log.readBarrier());
            if (!(outcome instanceof Outcome.Applied)) {
                refuse(exchange, outcome);
                return;
            }
        }
        CatalogView view = source.view();
        exchange.getResponseHeaders().set("X-Raftsman-Applied-Index", Long.toString(view.appliedIndex()));
        // As it is made: of a hundred thousand segments it has some sixty megabytes, which no node has room for.
        exchange.getResponseHeaders().set("Content-Type", JSON);
        exchange.sendResponseHeaders(200, 0);
        CatalogJson.write(exchange.getResponseBody(), view);
    }

    private void segment(HttpExchange exchange) throws IOException {
        SegmentId id;
        try {
            String asked = exchange.getRequestURI().getPath().substring("/v1/segments/".length());
            if (asked.endsWith(WORDS)) {
                words(exchange, SegmentId.parse(asked.substring(0, asked.length() - WORDS.length())));
                return;
            }
            id = SegmentId.parse(asked);
        } catch (IllegalArgumentException e) {
            error(exchange, 400, e.getMessage());
            return;
        }
        if (source.view().segment(id).isEmpty()) {
            error(exchange, 404, "no such segment");
            return;
        }
        Optional<SegmentFile> found;
        try {
            found = source.segment(id);
        } catch (DamagedSegmentException e) {
            error(exchange, 503, e.getMessage());
            return;
        }
        if (found.isEmpty()) {
            error(exchange, 410, "this node does not hold the segment any more");
            return;
        }
        if ("read=true".equals(exchange.getRequestURI().getQuery())) {
            reads.note(id, clockMillis.getAsLong()); // Else it is an archiver, which only moves it.
        }
        try (SegmentFile file = found.get()) {
            send(exchange, file.channel(), file.length());
        }
    }

    private void words(HttpExchange exchange, SegmentId id) throws IOException {
        Optional<byte[]> words = source.words(id);
        if (words.isEmpty()) {
            error(exchange, 404, "this node has no words of the segment");
            return;
        }
        exchange.getResponseHeaders().set("Content-Type", "application/octet-stream");
        exchange.sendResponseHeaders(200, words.get().length);
        exchange.getResponseBody().write(words.get());
    }

    private static void send(HttpExchange exchange, FileChannel file, long length) throws IOException {
        String asked = exchange.getRequestHeaders().getFirst("Range");
        Optional<ByteRange> range =
                asked == null ? Optional.of(new ByteRange(0, length)) : ByteRange.parse(asked, length);
        if (range.isEmpty()) {
            exchange.getResponseHeaders().set("Content-Range", "bytes */" + length);
            error(exchange, 416, "outside of 0 to " + length);
            return;
        }
        long position = range.get().start();
        long end = range.get().end();
        exchange.getResponseHeaders().set("Content-Type", "application/octet-stream");
        exchange.getResponseHeaders().set("Accept-Ranges", "bytes");
        if (asked != null) {
            exchange.getResponseHeaders().set("Content-Range", range.get().contentRange(length));
        }
        exchange.sendResponseHeaders(asked == null ? 200 : 206, end == position ? -1 : end - position);
        ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(COPY_BYTES, Math.max(1, end - position)));
        OutputStream out = exchange.getResponseBody();
        while (position < end) {
            buffer.clear().limit((int) Math.min(buffer.capacity(), end - position));
            int read = file.read(buffer, position);
            if (read <= 0) {
                throw new IOException("segment ends at " + position + "; the catalog says " + length);
            }
            out.write(buffer.array(), 0, read);
            position += read;
        }
    }

    private void command(HttpExchange exchange) throws IOException {
        byte[] body;
        try (InputStream in = exchange.getRequestBody()) {
            body = in.readNBytes(MAX_COMMAND_BYTES + 1);
        }
        if (body.length > MAX_COMMAND_BYTES) {
            error(exchange, 413, "a command has at most " + MAX_COMMAND_BYTES + " bytes");
            return;
        }
        Command command;
        try {
            command = CatalogJson.readCommand(body);
        } catch (MalformedJsonException e) {
            error(exchange, 400, e.getMessage());
            return;
        }
        if (command instanceof Command.Attest) {
            error(exchange, 403, "only the leader itself says what nodes attest");
            return;
        }
        byte[] entry = new Entry.Change(clockMillis.getAsLong(), command).encode();
        Outcome outcome = await(log.submit(ByteBuffer.wrap(entry)));
        if (outcome instanceof Outcome.Applied applied
                && Reply.decode(ByteBuffer.wrap(applied.reply())) instanceof Reply.ChangeReply change) {
            reply(exchange, 200, CatalogJson.write(change.result()));
        } else {
            refuse(exchange, outcome);
        }
    }

    private void cluster(HttpExchange exchange) throws IOException {
        ClusterStatus status = cluster.status();
        String query = exchange.getRequestURI().getQuery();
        if (query != null && query.contains("leader=true") && !status.leads()) {
            misdirected(exchange);
        } else {
            reply(exchange, 200, status);
        }
    }

    private void changeCluster(HttpExchange exchange, ClusterRequest.Verb verb) throws IOException {
        byte[] body;
        try (InputStream in = exchange.getRequestBody()) {
            body = in.readNBytes(MAX_REQUEST_BYTES + 1);
        }
        if (body.length > MAX_REQUEST_BYTES) {
            error(exchange, 413, "a request has at most " + MAX_REQUEST_BYTES + " bytes");
            return;
        }
        ClusterRequest request;
        try {
            request = CatalogJson.read(new ByteArrayInputStream(body), ClusterRequest.class)
                    .with(verb);
            String lacks = request.lacks();
            if (lacks != null) {
                error(exchange, 400, lacks);
                return;
            }
        } catch (MalformedJsonException e) {
            error(exchange, 400, e.getMessage());
            return;
        }
        ClusterDoor.Answer answer = cluster.begin(request);
        if (answer instanceof ClusterDoor.Answer.Begun begun) {
            reply(exchange, 202, begun.change());
        } else if (answer instanceof ClusterDoor.Answer.Refused refused) {
            error(exchange, 409, refused.reason());
        } else {
            misdirected(exchange);
        }
    }

    private static Outcome await(CompletableFuture<Outcome> future) {
        try {
            return future.get(ANSWER_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            return new Outcome.Unavailable("no majority within " + ANSWER_SECONDS + " s");
        } catch (ExecutionException e) {
            return new Outcome.Unavailable(e.getCause().toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Outcome.Unavailable("shutting down");
        }
    }

    private void refuse(HttpExchange exchange, Outcome outcome) throws IOException {
        if (outcome instanceof Outcome.Unavailable unavailable) {
            error(exchange, 503, unavailable.detail());
        } else {
            misdirected(exchange);
        }
    }

    private void misdirected(HttpExchange exchange) throws IOException {
        NodeStatus status = source.status();
        reply(exchange, 421, new Misdirected("this node does not lead", status.leader(), status.leaderHttp()));
    }

    private void metrics(HttpExchange exchange) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
        exchange.sendResponseHeaders(200, 0);
        source.writeMetrics(exchange.getResponseBody());
    }

    private void alive(HttpExchange exchange) throws IOException {
        if (source.alive()) {
            reply(exchange, 200, source.status());
        } else {
            error(exchange, 503, "the log is closed");
        }
    }

    private void ready(HttpExchange exchange) throws IOException {
        NodeStatus status = source.status();
        boolean ready = source.alive()
                && status.waiting().isEmpty()
                && !status.leader().isEmpty()
                && !status.disk().equals("FULL")
                && caughtUp();
        reply(exchange, ready ? 200 : 503, status);
    }

    /** The leader's commit index is asked for: a node that fetches a snapshot knows none that is newer than its own. */
    private boolean caughtUp() {
        try {
            return log.readBarrier().get(READY_SECONDS, TimeUnit.SECONDS) instanceof Outcome.Applied;
        } catch (TimeoutException | ExecutionException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static void error(HttpExchange exchange, int code, String what) throws IOException {
        reply(exchange, code, new Failed(what));
    }

    private static void reply(HttpExchange exchange, int code, Record value) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        CatalogJson.write(body, value);
        reply(exchange, code, body.toByteArray());
    }

    private static void reply(HttpExchange exchange, int code, byte[] json) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", JSON);
        exchange.sendResponseHeaders(code, json.length);
        exchange.getResponseBody().write(json);
    }
}
