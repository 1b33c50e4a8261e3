package dev.raftsman.console;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.EpochState;
import dev.raftsman.catalog.EpochView;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.StreamView;
import dev.raftsman.catalog.ThrottleView;
import dev.raftsman.query.ClusterDoor;
import dev.raftsman.query.ClusterStatus;
import dev.raftsman.query.QueryServer;
import dev.raftsman.query.QuerySource;
import dev.raftsman.search.Query;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongSupplier;

/** The pages of the console, added to those of a node. Any thread answers; see the package. */
public final class Console implements AutoCloseable {
    private static final int LEAST_GZIP_BYTES = 1_024;
    private static final int BUFFER_BYTES = 64 << 10;
    private static final int MOST_QUERY_CHARS = 8_192;

    /** How old a list may be that is shown again while the tables change all the time. */
    private static final long FRESH_MILLIS = 1_000;

    private static final Map<String, Comparator<SegmentRow>> SEGMENT_COLUMNS =
            Map.of("opened", Comparator.comparingLong(SegmentRow::openedAtMillis));

    private final QuerySource source;
    private final ClusterDoor cluster;
    private final LongSupplier clockMillis;
    private final PageFiles files = new PageFiles();
    private final Watch watch;
    private final SegmentReads reads = new SegmentReads();
    private final Derived<Overview.Totals> totals = new Derived<>(Console::totals);
    private final Derived<List<StreamRow>> streams = new Derived<>(StreamRow::of);
    private final Derived<List<AuditRow>> audit = new Derived<>(AuditRow::of);
    private final Derived<List<DecisionRow>> taken = new Derived<>(DecisionRow::taken);
    private final Derived<List<DecisionRow>> announced = new Derived<>(DecisionRow::announced);

    /** The samples of one member. */
    record NodeSamples(String node, List<Samples.Sample> samples) {}

    /** Those of all members that answer. */
    record History(long intervalMillis, List<NodeSamples> nodes) {}

    /** A part of the list of agents, and when the leader said so. */
    record AgentsPage(
            int total, int matching, int offset, List<? extends Record> rows, long asOfMillis, String trouble) {}

    /** What is wrong. */
    record Failed(String error) {}

    private Console(
            QuerySource source,
            ClusterDoor cluster,
            AckTimes acks,
            LongSupplier damagedSegments,
            LongSupplier clockMillis) {
        this.source = source;
        this.cluster = cluster;
        this.clockMillis = clockMillis;
        this.watch = new Watch(source, cluster, acks, damagedSegments, clockMillis);
    }

    /**
     * Adds the console to a node's pages and begins to take samples.
     *
     * @param acks how long this node's entries take, while it leads
     * @param damagedSegments of this node
     */
    public static Console open(
            QueryServer pages,
            QuerySource source,
            ClusterDoor cluster,
            AckTimes acks,
            LongSupplier damagedSegments,
            LongSupplier clockMillis) {
        Console console = new Console(source, cluster, acks, damagedSegments, clockMillis);
        pages.add("/console", exchange -> redirect(exchange, "console/"));
        pages.add("/console/", console::file);
        pages.add("/v1/console/node", exchange -> json(exchange, 200, console.watch.self()));
        pages.add("/v1/console/overview", exchange -> json(exchange, 200, console.overview(exchange)));
        pages.add("/v1/console/history", exchange -> json(exchange, 200, console.history(exchange)));
        console.list(pages, "streams", console.streams, StreamRow.COLUMNS, StreamRow::name);
        console.list(pages, "audit", console.audit, AuditRow.COLUMNS, AuditRow::text);
        console.list(pages, "decisions", console.taken, DecisionRow.COLUMNS, DecisionRow::text);
        console.list(pages, "pending", console.announced, DecisionRow.COLUMNS, DecisionRow::text);
        console.answer(pages, "/v1/console/agents", console::agents);
        console.answer(pages, "/v1/console/segments", console::segments);
        console.answer(pages, "/v1/console/losses", console::losses);
        console.answer(pages, "/v1/search", console::search);
        console.watch.start();
        return console;
    }

    /** Answers with JSON, or with what is wrong with the parameters. */
    private interface Page {
        /** @return null if it has answered itself */
        Record answer(HttpExchange exchange, Map<String, String> parameters) throws IOException;
    }

    private void answer(QueryServer pages, String path, Page page) {
        pages.add(path, exchange -> {
            look(exchange);
            Record answer;
            try {
                answer = page.answer(exchange, parameters(exchange));
            } catch (IllegalArgumentException e) {
                json(exchange, 400, new Failed(e.getMessage()));
                return;
            }
            if (answer != null) {
                json(exchange, 200, answer);
            }
        });
    }

    private void look(HttpExchange exchange) {
        watch.look(exchange.getRequestHeaders().getFirst("Authorization"));
    }

    private <T extends Record> void list(
            QueryServer pages,
            String name,
            Derived<List<T>> rows,
            Map<String, Comparator<T>> columns,
            Function<T, String> text) {
        answer(
                pages,
                "/v1/console/" + name,
                (exchange, parameters) -> Listing.of(parameters).page(rows.get(), columns, text));
    }

    /** Something worked out from the tables, kept as long as they are the same, or for a moment if they are not. */
    private final class Derived<T> {
        private final Function<CatalogView, T> from;
        private CatalogView view;
        private long atMillis;
        private T value;

        Derived(Function<CatalogView, T> from) {
            this.from = from;
        }

        @SuppressWarnings("ReferenceEquality") // comparing 100,000 rows would cost more than deriving anew
        synchronized T get() {
            long now = clockMillis.getAsLong();
            if (value == null || now - atMillis >= FRESH_MILLIS || now < atMillis) {
                CatalogView current = source.view();
                if (current != view) {
                    value = from.apply(current);
                    view = current;
                }
                atMillis = now;
            }
            return value;
        }
    }

    private void file(HttpExchange exchange) throws IOException {
        String name = exchange.getRequestURI().getPath().substring("/console/".length());
        if (!files.answer(exchange, name.isEmpty() ? PageFiles.INDEX : name)) {
            json(exchange, 404, new Failed("no such page"));
        }
    }

    private static void redirect(HttpExchange exchange, String where) throws IOException {
        PageFiles.guard(exchange.getResponseHeaders());
        exchange.getResponseHeaders().set("Location", where);
        exchange.sendResponseHeaders(302, -1);
    }

    private Overview overview(HttpExchange exchange) {
        look(exchange);
        CatalogView view = source.view();
        ClusterStatus own = cluster.status();
        Map<String, Watch.Answer> answers = watch.answers();
        Watch.Answer leader = answers.get(own.leader());
        // Lags and the change under way are known to the leader only.
        ClusterStatus told = own.leads()
                        || leader == null
                        || leader.page() == null
                        || !leader.trouble().isEmpty()
                ? own
                : leader.page().cluster();
        long now = clockMillis.getAsLong();
        List<Overview.Node> nodes = new ArrayList<>();
        for (ClusterStatus.Member member : told.members()) {
            if (member.node().equals(own.node())) {
                NodePage self = watch.self();
                nodes.add(node(member, self.status(), self.damagedSegments(), now, ""));
                continue;
            }
            Watch.Answer answer = answers.get(member.node());
            boolean known = answer != null && answer.page() != null;
            nodes.add(node(
                    member,
                    known ? answer.page().status() : null,
                    known ? answer.page().damagedSegments() : 0,
                    known ? answer.asOfMillis() : 0,
                    answer == null ? "" : answer.trouble()));
        }
        nodes.sort(Comparator.comparing(Overview.Node::node));
        return new Overview(
                now,
                own.cluster(),
                own.node(),
                own.leader(),
                told.settled(),
                told.change(),
                nodes,
                totals.get(),
                view.freeze(),
                view.lease(),
                view.activePolicies().orElse(null),
                view.outages() == null
                        ? List.of()
                        : view.outages().stream()
                                .filter(outage -> outage.untilMillis() > now)
                                .toList(),
                throttled(view, now),
                watch.agents().rows().stream()
                        .max(AgentRow.COLUMNS.get("seconds"))
                        .orElse(null),
                view.restored() != null && !view.restored().finished());
    }

    private static Overview.Node node(
            ClusterStatus.Member member,
            dev.raftsman.query.NodeStatus status,
            long damaged,
            long asOfMillis,
            String trouble) {
        return new Overview.Node(
                member.node(),
                member.state(),
                member.votes(),
                member.http(),
                member.matchIndex(),
                member.silentMillis(),
                status,
                damaged,
                asOfMillis,
                trouble);
    }

    private static int throttled(CatalogView view, long now) {
        List<ThrottleView> throttles = view.throttles() == null ? List.of() : view.throttles();
        return (int) throttles.stream()
                .filter(throttle -> throttle.untilMillis() > now)
                .count();
    }

    private static Overview.Totals totals(CatalogView view) {
        long[] of = new long[9];
        for (EpochView epoch : view.epochs()) {
            of[0] += epoch.state() == EpochState.OPEN ? 1 : 0;
            of[1] += epoch.events();
            of[2] += epoch.gapEvents();
            of[3] += epoch.lostEvents();
            of[4] += epoch.duplicatesRefused();
            of[5] += epoch.conflictsRefused();
        }
        long raw = 0;
        for (SegmentView segment : view.segments()) {
            raw += segment.rawBytes();
            int tier = switch (segment.state()) {
                case OPEN, SEALED -> 6;
                case ARCHIVED -> 7;
                case TRUNCATED -> 8;
            };
            of[tier] += segment.bytes();
        }
        return new Overview.Totals(
                view.streams().size(),
                view.epochs().size(),
                of[0],
                of[1],
                of[2],
                of[3],
                of[4],
                of[5],
                view.segments().size(),
                raw,
                of[6],
                of[7],
                of[8]);
    }

    private History history(HttpExchange exchange) {
        look(exchange);
        List<NodeSamples> nodes = new ArrayList<>();
        NodePage self = watch.self();
        nodes.add(new NodeSamples(self.status().node(), self.samples()));
        watch.answers().forEach((node, answer) -> {
            if (answer.page() != null) {
                nodes.add(new NodeSamples(node, answer.page().samples()));
            }
        });
        return new History(Samples.INTERVAL_MILLIS, nodes);
    }

    private Record agents(HttpExchange exchange, Map<String, String> parameters) {
        Watch.Agents agents = watch.agents();
        Listing.Page page = Listing.of(parameters).page(agents.rows(), AgentRow.COLUMNS, AgentRow::text);
        return new AgentsPage(
                page.total(), page.matching(), page.offset(), page.rows(), agents.asOfMillis(), agents.trouble());
    }

    private Record segments(HttpExchange exchange, Map<String, String> parameters) {
        int stream = (int) Listing.number(parameters, "stream", 0, 1, Integer.MAX_VALUE);
        List<SegmentRow> rows =
                source.view().segmentsOf(stream).stream().map(SegmentRow::of).toList();
        return Listing.of(parameters)
                .page(rows, SEGMENT_COLUMNS, row -> row.id() + " " + row.state() + " " + row.reason());
    }

    private Record losses(HttpExchange exchange, Map<String, String> parameters) throws IOException {
        long epoch = Listing.number(parameters, "epoch", 0L, 1, Long.MAX_VALUE);
        try (SegmentReads.Read read = reads.begin()) {
            if (read == null) {
                busy(exchange);
                return null;
            }
            return Losses.of(source, source.view(), epoch, read);
        }
    }

    private Record search(HttpExchange exchange, Map<String, String> parameters) throws IOException {
        Query query = HotSearch.query(parameters);
        int limit = HotSearch.limit(parameters);
        String tenant = parameters.getOrDefault("tenant", "");
        String name = parameters.getOrDefault("stream", "");
        CatalogView view = source.view();
        Optional<StreamView> stream = view.stream(tenant, name);
        if (stream.isEmpty()) {
            json(exchange, 404, new Failed("no stream '" + name + "' of tenant '" + tenant + "' here"));
            return null;
        }
        try (SegmentReads.Read read = reads.begin()) {
            if (read == null) {
                busy(exchange);
                return null;
            }
            PageFiles.guard(exchange.getResponseHeaders());
            exchange.getResponseHeaders().set("Cache-Control", "no-store");
            exchange.getResponseHeaders().set("Content-Type", "application/x-ndjson");
            exchange.sendResponseHeaders(200, 0);
            try (OutputStream out = new BufferedOutputStream(exchange.getResponseBody(), BUFFER_BYTES)) {
                new HotSearch(source, query, limit, read).run(view, stream.get(), out);
            }
        }
        return null;
    }

    private static void busy(HttpExchange exchange) throws IOException {
        exchange.getResponseHeaders().set("Retry-After", "1");
        json(
                exchange,
                503,
                new Failed("this node reads segments for " + SegmentReads.AT_A_TIME
                        + " others; try again, or another node"));
    }

    /** @throws IllegalArgumentException if they are malformed */
    static Map<String, String> parameters(HttpExchange exchange) {
        Map<String, String> parameters = new HashMap<>();
        String query = exchange.getRequestURI().getRawQuery();
        if (query == null || query.isEmpty()) {
            return parameters;
        }
        if (query.length() > MOST_QUERY_CHARS) {
            throw new IllegalArgumentException("the query has more than " + MOST_QUERY_CHARS + " characters");
        }
        for (String pair : query.split("&", -1)) {
            int equals = pair.indexOf('=');
            String name = equals < 0 ? pair : pair.substring(0, equals);
            String value = equals < 0 ? "" : pair.substring(equals + 1);
            parameters.put(
                    URLDecoder.decode(name, StandardCharsets.UTF_8), URLDecoder.decode(value, StandardCharsets.UTF_8));
        }
        return parameters;
    }

    static void json(HttpExchange exchange, int code, Record value) throws IOException {
        byte[] body = ConsoleJson.bytes(value);
        Headers headers = exchange.getResponseHeaders();
        PageFiles.guard(headers);
        headers.set("Cache-Control", "no-store");
        headers.set("Content-Type", "application/json");
        if (body.length >= LEAST_GZIP_BYTES && PageFiles.takesGzip(exchange)) {
            body = PageFiles.gzip(body);
            headers.set("Content-Encoding", "gzip");
        }
        exchange.sendResponseHeaders(code, body.length);
        exchange.getResponseBody().write(body);
    }

    @Override
    public void close() {
        watch.close();
    }
}
