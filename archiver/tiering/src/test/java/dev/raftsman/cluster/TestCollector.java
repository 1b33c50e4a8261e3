package dev.raftsman.cluster;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.raftsman.catalog.CatalogJson;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.config.HostPort;
import dev.raftsman.segment.SegmentFile;
import dev.raftsman.segment.SegmentId;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** One collector's HTTP API over a real state, with the faults of a test. */
final class TestCollector implements AutoCloseable {
    private final HttpServer server;
    private final TestState state;
    final AtomicInteger commands = new AtomicInteger();

    /** Requests for segments that said that somebody reads. */
    final AtomicInteger reads = new AtomicInteger();

    volatile String recentReads = "{\"reads\":[]}";

    /** Whom it names as the leader; null while it leads itself. */
    volatile HostPort redirect;

    /** Leads nobody knows: 421 without a name. */
    volatile boolean ignorant;

    volatile boolean answersUnavailable;
    volatile boolean dropsAnswers;
    volatile boolean flipsBits;
    volatile boolean holdsNothing;

    /** Files of words, one behind the other, whatever it is asked for. */
    volatile byte[] words = {};

    /** What it was asked for words. */
    final List<String> wordsAsked = new CopyOnWriteArrayList<>();

    TestCollector(TestState state) throws IOException {
        this.state = state;
        this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/v1/catalog", exchange -> {
            if (leads(exchange)) {
                answer(exchange, 200, CatalogJson.write(state.catalog()));
            }
        });
        server.createContext("/v1/commands", exchange -> {
            byte[] body = exchange.getRequestBody().readAllBytes();
            if (leads(exchange)) {
                commands.incrementAndGet();
                byte[] result = CatalogJson.write(state.execute(CatalogJson.readCommand(body)));
                if (dropsAnswers) {
                    dropsAnswers = false;
                    exchange.close();
                } else {
                    answer(exchange, 200, result);
                }
            }
        });
        server.createContext("/v1/segments/", this::segment);
        server.createContext("/v1/words", exchange -> {
            wordsAsked.add(exchange.getRequestURI().getRawQuery());
            answer(exchange, answersUnavailable ? 503 : 200, words);
        });
        server.createContext("/v1/reads", exchange -> answer(exchange, 200, bytes(recentReads)));
        server.start();
    }

    HostPort address() {
        return new HostPort("127.0.0.1", server.getAddress().getPort());
    }

    private boolean leads(HttpExchange exchange) throws IOException {
        if (answersUnavailable) {
            answer(exchange, 503, bytes("{\"error\":\"no majority\"}"));
            return false;
        }
        if (ignorant) {
            answer(exchange, 421, bytes("{\"error\":\"does not lead\",\"leader\":\"\",\"leaderHttp\":\"\"}"));
            return false;
        }
        if (redirect != null) {
            answer(
                    exchange,
                    421,
                    bytes("{\"error\":\"does not lead\",\"leader\":\"n\",\"leaderHttp\":\"" + redirect + "\"}"));
            return false;
        }
        return true;
    }

    private void segment(HttpExchange exchange) throws IOException {
        if (answersUnavailable) {
            answer(exchange, 503, bytes("{\"error\":\"this node's copy is damaged\"}"));
            return;
        }
        if (holdsNothing) {
            answer(exchange, 410, bytes("{\"error\":\"not here any more\"}"));
            return;
        }
        if ("read=true".equals(exchange.getRequestURI().getQuery())) {
            reads.incrementAndGet();
        }
        SegmentId id = SegmentId.parse(exchange.getRequestURI().getPath().substring("/v1/segments/".length()));
        SegmentView view = state.catalog().segment(id).orElseThrow();
        String[] range = exchange.getRequestHeaders()
                .getFirst("Range")
                .substring("bytes=".length())
                .split("-");
        int from = Integer.parseInt(range[0]);
        ByteBuffer bytes = ByteBuffer.allocate(Integer.parseInt(range[1]) + 1 - from);
        try (SegmentFile file = state.segment(view)) {
            while (bytes.hasRemaining() && file.channel().read(bytes, from + bytes.position()) > 0) {}
        }
        if (flipsBits) {
            bytes.array()[bytes.position() / 2] ^= 1;
        }
        answer(exchange, 206, bytes.array());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
        try (exchange) {
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
