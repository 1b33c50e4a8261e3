package dev.raftsman.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import dev.raftsman.block.LineBlockBuilder;
import dev.raftsman.catalog.CatalogJson;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.event.Loss;
import dev.raftsman.segment.SegmentFile;
import dev.raftsman.segment.SegmentId;
import dev.raftsman.store.Entry;
import dev.raftsman.store.EpochBlock;
import dev.raftsman.store.ReplicatedState;
import dev.raftsman.store.Reply;
import dev.raftsman.store.StoreSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** A collector's state behind as much of its HTTP door as the verbs of retention use; its clock is real. */
final class ServedState implements AutoCloseable {
    private final ReplicatedState state;
    private final HttpServer server;
    private long index;

    private static final String MEMBERS =
            "{\"cluster\":\"test\",\"node\":\"n1\",\"settled\":true,\"members\":[{\"node\":\"n1\",\"votes\":true}]}";

    /** What it is, by itself. */
    volatile String role = "LEADER";

    /** What its page of metrics says, each time. */
    volatile Supplier<String> metrics = () -> "";

    /** What it knows of agents, as JSON; null if it is of a version that does not know. */
    volatile String agents;

    /** What is asked for below {@code /v1/}; null: nothing. */
    volatile String token;

    /** What was asked for there, and how often without the token. */
    final List<String> asked = new CopyOnWriteArrayList<>();

    final AtomicInteger refused = new AtomicInteger();

    /** How far behind now the entries are stamped. */
    long behindMillis;

    ServedState(Path directory) throws IOException {
        state = ReplicatedState.open(directory, StoreSettings.DEFAULT);
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        serve("/v1/catalog", exchange -> answer(exchange, CatalogJson.write(state.view())));
        serve("/v1/commands", exchange -> {
            byte[] body = exchange.getRequestBody().readAllBytes();
            answer(exchange, CatalogJson.write(execute(CatalogJson.readCommand(body))));
        });
        serve("/v1/status", exchange -> answer(exchange, status()));
        serve("/v1/cluster", exchange -> answer(exchange, MEMBERS));
        server.createContext("/metrics", exchange -> answer(exchange, metrics.get()));
        serve("/v1/agents", exchange -> {
            if (agents == null) {
                exchange.sendResponseHeaders(404, -1);
                exchange.close();
            } else {
                answer(exchange, agents);
            }
        });
        serve("/v1/words", exchange -> answer(exchange, ""));
        serve("/v1/segments/", this::segment);
        server.start();
    }

    private void serve(String path, HttpHandler handler) {
        server.createContext(path, exchange -> {
            String given = exchange.getRequestHeaders().getFirst("Authorization");
            asked.add(exchange.getRequestURI().getPath());
            if (token != null && !("Bearer " + token).equals(given)) {
                byte[] body = "{\"error\":\"a token is needed\"}".getBytes(StandardCharsets.UTF_8);
                try (exchange) {
                    refused.incrementAndGet();
                    exchange.sendResponseHeaders(401, body.length);
                    exchange.getResponseBody().write(body);
                }
                return;
            }
            handler.handle(exchange);
        });
    }

    String address() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    CatalogView catalog() {
        return state.view();
    }

    /** Applies an encoded entry. @return the encoded reply */
    synchronized byte[] applied(ByteBuffer entry) {
        index++;
        return state.apply(1, index, entry);
    }

    private Reply apply(Entry entry) {
        return Reply.decode(ByteBuffer.wrap(applied(ByteBuffer.wrap(entry.encode()))));
    }

    CommandResult execute(Command command) {
        return ((Reply.ChangeReply) apply(new Entry.Change(stamp(), command))).result();
    }

    private long stamp() {
        return System.currentTimeMillis() - behindMillis;
    }

    /** A sealed segment with these lines. */
    void sealed(String stream, String... lines) throws IOException {
        UUID incarnation = UUID.randomUUID();
        long epoch = ((CommandResult.Opened) execute(new Command.Open("acme", "app", incarnation, stream))).epoch();
        byte[] text = (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
        ByteBuffer raw = ByteBuffer.allocateDirect(text.length).put(text).flip();
        long nanos = stamp() * 1_000_000;
        try (LineBlockBuilder builder = new LineBlockBuilder()) {
            ByteBuffer block = builder.build(raw, 0, lines.length, Loss.NONE, nanos, nanos);
            apply(new Entry.Append(stamp(), List.of(new EpochBlock(epoch, block))));
        }
        execute(new Command.Seal("acme", stream, 0));
    }

    private void segment(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        try (SegmentFile file = state.openForRead(SegmentId.parse(path.substring("/v1/segments/".length())))
                .orElseThrow()) {
            String[] range = exchange.getRequestHeaders()
                    .getFirst("Range")
                    .substring("bytes=".length())
                    .split("-");
            long from = Long.parseLong(range[0]);
            ByteBuffer bytes = ByteBuffer.allocate((int) (Long.parseLong(range[1]) + 1 - from));
            while (bytes.hasRemaining() && file.channel().read(bytes, from + bytes.position()) > 0) {}
            exchange.sendResponseHeaders(206, bytes.capacity());
            exchange.getResponseBody().write(bytes.array());
        } finally {
            exchange.close();
        }
    }

    private String status() {
        return "{\"node\":\"n1\",\"role\":\"" + role + "\",\"term\":1,\"appliedIndex\":" + index + ",\"commitIndex\":"
                + index + ",\"disk\":\"ENOUGH\",\"diskFreeBytes\":99999999999}";
    }

    private static void answer(HttpExchange exchange, String body) throws IOException {
        answer(exchange, body.getBytes(StandardCharsets.UTF_8));
    }

    private static void answer(HttpExchange exchange, byte[] body) throws IOException {
        try (exchange) {
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    @Override
    public void close() throws IOException {
        server.stop(0);
        state.close();
    }
}
