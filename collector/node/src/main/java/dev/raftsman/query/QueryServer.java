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
import dev.raftsman.search.WordFile;
import dev.raftsman.segment.SegmentFile;
import dev.raftsman.segment.SegmentId;
import dev.raftsman.store.DamagedSegmentException;
import dev.raftsman.store.Entry;
import dev.raftsman.store.Reply;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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

    private static final String JSON = "application/json";
    private static final String NO_DELAY = "sun.net.httpserver.nodelay";

    static {
        // Without it an event waits up to 40 ms for the reader's acknowledgement of the one before.
        if (System.getProperty(NO_DELAY) == null) {
            System.setProperty(NO_DELAY, "true");
        }
    }

    /** A page as the description has it: {@code GET /v1/segments/{id}}. */
    record Route(String method, String path) {}

    /** Serves a request. */
    private interface Page {
        /** @return whether another thread goes on with the exchange and closes it */
        boolean serve(HttpExchange exchange) throws IOException;
    }

    private final List<Route> routes = new ArrayList<>();

    /** Null: whoever reaches the address may read. */
    private final AccessToken token;

    private final Tails tails;
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

    private QueryServer(
            HostPort listen,
            AccessToken token,
            QuerySource source,
            AppliedSignal signal,
            ReplicatedLog log,
            ClusterDoor cluster,
            LongSupplier clockMillis,
            Duration stalled)
            throws IOException {
        this.token = token;
        this.source = source;
        this.log = log;
        this.cluster = cluster;
        this.clockMillis = clockMillis;
        this.server = HttpServer.create(listen.resolve(), 64);
        server.setExecutor(threads);
        this.tails = new Tails(source, signal, stalled);
        page("/v1/status", "GET", this::status);
        page("/v1/agents", "GET", exchange -> Answers.reply(exchange, 200, source.agents()));
        page("/v1/catalog", "GET", this::catalog);
        page("/v1/streams", "GET", this::streams);
        pages(TailRequest.PREFIX, "{tenant}/{stream}" + TailRequest.SUFFIX, "GET", this::events);
        pages("/v1/segments/", "{id}", "GET", closing(this::segment));
        page("/v1/words", "GET", this::words);
        page("/v1/reads", "GET", exchange -> Answers.reply(exchange, 200, reads.page(clockMillis.getAsLong())));
        page("/v1/commands", "POST", this::command);
        page("/v1/cluster", "GET", this::cluster);
        for (ClusterRequest.Verb verb : ClusterRequest.Verb.values()) {
            page(
                    "/v1/cluster/" + verb.name().toLowerCase(Locale.ROOT),
                    "POST",
                    exchange -> changeCluster(exchange, verb));
        }
        openPage("/metrics", this::metrics);
        openPage("/livez", this::alive);
        openPage("/readyz", this::ready);
        openPage("/openapi.yaml", QueryServer::description);
        server.createContext("/", exchange -> {
            try (exchange) {
                if (!welcomes(exchange)) {
                    Answers.error(exchange, 404, "no such page");
                }
            }
        });
        server.start();
    }

    /**
     * @param token that readers have to know; null: none
     * @param signal told of each entry that is applied
     * @throws IOException if the address cannot be bound
     */
    public static QueryServer start(
            HostPort listen,
            AccessToken token,
            QuerySource source,
            AppliedSignal signal,
            ReplicatedLog log,
            ClusterDoor cluster,
            LongSupplier clockMillis)
            throws IOException {
        return start(listen, token, source, signal, log, cluster, clockMillis, Tails.STALLED);
    }

    /** @param stalled how long a reader of a stream may take nothing */
    static QueryServer start(
            HostPort listen,
            AccessToken token,
            QuerySource source,
            AppliedSignal signal,
            ReplicatedLog log,
            ClusterDoor cluster,
            LongSupplier clockMillis,
            Duration stalled)
            throws IOException {
        return new QueryServer(listen, token, source, signal, log, cluster, clockMillis, stalled);
    }

    /** Readers that follow a stream now. */
    public int tailsOpen() {
        return tails.openCount();
    }

    /** Items that such readers were sent since the start. */
    public long itemsServed() {
        return tails.servedCount();
    }

    /** Every page for programs that there is. */
    List<Route> routes() {
        return List.copyOf(routes);
    }

    /**
     * Adds a page of a room that this one does not know. Any thread.
     *
     * @param path an exact one, or ending with a slash: all below it that no other page has
     * @param handler answers GET; the exchange is closed afterwards. Below {@code /v1/} only to those who have the token
     */
    public void add(String path, HttpHandler handler) {
        boolean forPrograms = path.startsWith("/v1/");
        if (forPrograms) {
            routes.add(new Route("GET", path));
        }
        context(path, "GET", forPrograms, closing(handler));
    }

    /** Where it listens; of use if the port was left to the system. */
    public int port() {
        return server.getAddress().getPort();
    }

    @Override
    public void close() {
        tails.close();
        server.stop(0);
        threads.shutdownNow();
    }

    /** A browser that asks for the root wants the page for people. */
    private static boolean welcomes(HttpExchange exchange) throws IOException {
        String accepted = exchange.getRequestHeaders().getFirst("Accept");
        boolean browser =
                exchange.getRequestURI().getPath().equals("/") && accepted != null && accepted.contains("text/html");
        if (browser) {
            exchange.getResponseHeaders().set("Location", "console/");
            exchange.sendResponseHeaders(302, -1);
        }
        return browser;
    }

    /** A page for those who have the token. */
    private void page(String path, String method, HttpHandler handler) {
        routes.add(new Route(method, path));
        context(path, method, true, closing(handler));
    }

    /** All pages below a path that ends with a slash. */
    private void pages(String path, String rest, String method, Page page) {
        routes.add(new Route(method, path + rest));
        context(path, method, true, page);
    }

    /** A page for everybody. */
    private void openPage(String path, HttpHandler handler) {
        routes.add(new Route("GET", path));
        context(path, "GET", false, closing(handler));
    }

    private static Page closing(HttpHandler handler) {
        return exchange -> {
            handler.handle(exchange);
            return false;
        };
    }

    private void context(String path, String method, boolean guarded, Page page) {
        server.createContext(path, exchange -> {
            boolean goesOn = false;
            try {
                goesOn = serve(exchange, path, method, guarded, page);
            } catch (IOException e) {
                LOG.debug("request broke off: {}", exchange.getRequestURI().getPath(), e);
            } catch (RuntimeException e) {
                LOG.error("request failed: {}", exchange.getRequestURI().getPath(), e);
            } finally {
                if (!goesOn) {
                    exchange.close();
                }
            }
        });
    }

    private boolean serve(HttpExchange exchange, String path, String method, boolean guarded, Page page)
            throws IOException {
        if (guarded && token != null && !token.admits(exchange)) {
            exchange.getResponseHeaders().set("WWW-Authenticate", "Bearer realm=\"raftsman\"");
            Answers.error(exchange, 401, "a token is needed: Authorization: Bearer ...");
        } else if (!path.endsWith("/") && !exchange.getRequestURI().getPath().equals(path)) {
            Answers.error(exchange, 404, "no such page");
        } else if (!exchange.getRequestMethod().equals(method)) {
            exchange.getResponseHeaders().set("Allow", method);
            Answers.error(exchange, 405, "use " + method);
        } else {
            return page.serve(exchange);
        }
        return false;
    }

    private boolean events(HttpExchange exchange) throws IOException {
        if (!exchange.getRequestURI().getRawPath().endsWith(TailRequest.SUFFIX)) {
            Answers.error(exchange, 404, "no such page");
            return false;
        }
        return tails.begin(exchange);
    }

    private void streams(HttpExchange exchange) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", JSON);
        StreamPage page = StreamPage.of(source.view());
        exchange.sendResponseHeaders(200, 0);
        CatalogJson.write(exchange.getResponseBody(), page);
    }

    private static void description(HttpExchange exchange) throws IOException {
        try (InputStream in = QueryServer.class.getResourceAsStream("openapi.yaml")) {
            byte[] text = in.readAllBytes();
            exchange.getResponseHeaders().set("Content-Type", "application/yaml");
            exchange.sendResponseHeaders(200, text.length);
            exchange.getResponseBody().write(text);
        }
    }

    private void status(HttpExchange exchange) throws IOException {
        Answers.reply(exchange, 200, source.status());
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
            id = SegmentId.parse(asked);
        } catch (IllegalArgumentException e) {
            Answers.error(exchange, 400, e.getMessage());
            return;
        }
        if (source.view().segment(id).isEmpty()) {
            Answers.error(exchange, 404, "no such segment");
            return;
        }
        Optional<SegmentFile> found;
        try {
            found = source.segment(id);
        } catch (DamagedSegmentException e) {
            Answers.error(exchange, 503, e.getMessage());
            return;
        }
        if (found.isEmpty()) {
            Answers.error(exchange, 410, "this node does not hold the segment any more");
            return;
        }
        if ("read=true".equals(exchange.getRequestURI().getQuery())) {
            reads.note(id, clockMillis.getAsLong()); // Else it is an archiver, which only moves it.
        }
        try (SegmentFile file = found.get()) {
            send(exchange, file.channel(), file.length());
        }
    }

    private void words(HttpExchange exchange) throws IOException {
        WordsRequest request;
        try {
            request = WordsRequest.parse(exchange.getRequestURI().getRawQuery());
        } catch (IllegalArgumentException e) {
            Answers.error(exchange, 400, e.getMessage());
            return;
        }
        exchange.getResponseHeaders().set("Content-Type", "application/octet-stream");
        exchange.sendResponseHeaders(200, 0);
        for (SegmentId id : request.segments()) {
            Optional<WordFile> words = Optional.empty();
            try {
                words = source.words(id, request.of());
            } catch (IOException e) {
                LOG.warn("a file of words is not used: segment={}, reason={}", id, e.getMessage());
            }
            if (words.isPresent()) {
                Channels.newChannel(exchange.getResponseBody())
                        .write(words.get().encode());
            }
        }
        exchange.getResponseBody().close();
    }

    private static void send(HttpExchange exchange, FileChannel file, long length) throws IOException {
        String asked = exchange.getRequestHeaders().getFirst("Range");
        Optional<ByteRange> range =
                asked == null ? Optional.of(new ByteRange(0, length)) : ByteRange.parse(asked, length);
        if (range.isEmpty()) {
            exchange.getResponseHeaders().set("Content-Range", "bytes */" + length);
            Answers.error(exchange, 416, "outside of 0 to " + length);
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
            Answers.error(exchange, 413, "a command has at most " + MAX_COMMAND_BYTES + " bytes");
            return;
        }
        Command command;
        try {
            command = CatalogJson.readCommand(body);
        } catch (MalformedJsonException e) {
            Answers.error(exchange, 400, e.getMessage());
            return;
        }
        if (command instanceof Command.Attest) {
            Answers.error(exchange, 403, "only the leader itself says what nodes attest");
            return;
        }
        byte[] entry = new Entry.Change(clockMillis.getAsLong(), command).encode();
        Outcome outcome = await(log.submit(ByteBuffer.wrap(entry)));
        if (outcome instanceof Outcome.Applied applied
                && Reply.decode(ByteBuffer.wrap(applied.reply())) instanceof Reply.ChangeReply change) {
            Answers.reply(exchange, 200, CatalogJson.write(change.result()));
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
            Answers.reply(exchange, 200, status);
        }
    }

    private void changeCluster(HttpExchange exchange, ClusterRequest.Verb verb) throws IOException {
        byte[] body;
        try (InputStream in = exchange.getRequestBody()) {
            body = in.readNBytes(MAX_REQUEST_BYTES + 1);
        }
        if (body.length > MAX_REQUEST_BYTES) {
            Answers.error(exchange, 413, "a request has at most " + MAX_REQUEST_BYTES + " bytes");
            return;
        }
        ClusterRequest request;
        try {
            request = CatalogJson.read(new ByteArrayInputStream(body), ClusterRequest.class)
                    .with(verb);
            String lacks = request.lacks();
            if (lacks != null) {
                Answers.error(exchange, 400, lacks);
                return;
            }
        } catch (MalformedJsonException e) {
            Answers.error(exchange, 400, e.getMessage());
            return;
        }
        ClusterDoor.Answer answer = cluster.begin(request);
        if (answer instanceof ClusterDoor.Answer.Begun begun) {
            Answers.reply(exchange, 202, begun.change());
        } else if (answer instanceof ClusterDoor.Answer.Refused refused) {
            Answers.error(exchange, 409, refused.reason());
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
            Answers.error(exchange, 503, unavailable.detail());
        } else {
            misdirected(exchange);
        }
    }

    private void misdirected(HttpExchange exchange) throws IOException {
        NodeStatus status = source.status();
        Answers.reply(exchange, 421, new Misdirected("this node does not lead", status.leader(), status.leaderHttp()));
    }

    private void metrics(HttpExchange exchange) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
        exchange.sendResponseHeaders(200, 0);
        source.writeMetrics(exchange.getResponseBody());
    }

    private void alive(HttpExchange exchange) throws IOException {
        if (source.alive()) {
            Answers.reply(exchange, 200, source.status());
        } else {
            Answers.error(exchange, 503, "the log is closed");
        }
    }

    private void ready(HttpExchange exchange) throws IOException {
        NodeStatus status = source.status();
        boolean ready = source.alive()
                && status.waiting().isEmpty()
                && !status.leader().isEmpty()
                && !status.disk().equals("FULL")
                && caughtUp();
        Answers.reply(exchange, ready ? 200 : 503, status);
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
}
