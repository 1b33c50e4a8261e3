package dev.raftsman.archiver;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.raftsman.config.HostPort;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;

/** {@code /metrics}, {@code /livez} and {@code /readyz}. Two threads of its own. */
final class StatusPages implements AutoCloseable {
    private static final int THREADS = 2;
    private static final int BACKLOG = 16;

    private final HttpServer server;
    private final ExecutorService threads;

    private StatusPages(HttpServer server, ExecutorService threads) {
        this.server = server;
        this.threads = threads;
    }

    /** @throws java.net.BindException if the port is in use */
    static StatusPages start(HostPort listen, ArchiverMetrics metrics, BooleanSupplier ready) throws IOException {
        HttpServer server = HttpServer.create(listen.resolve(), BACKLOG);
        ExecutorService threads = Executors.newFixedThreadPool(THREADS, task -> {
            Thread thread = new Thread(task, "status-pages");
            thread.setDaemon(true);
            return thread;
        });
        server.setExecutor(threads);
        server.createContext("/metrics", exchange -> {
            ByteArrayOutputStream page = new ByteArrayOutputStream();
            metrics.write(page);
            answer(exchange, 200, ArchiverMetrics.CONTENT_TYPE, page.toByteArray());
        });
        server.createContext("/livez", exchange -> answer(exchange, 200, "text/plain", text("ok")));
        server.createContext("/readyz", exchange -> {
            boolean isReady = ready.getAsBoolean();
            answer(exchange, isReady ? 200 : 503, "text/plain", text(isReady ? "ok" : "no round finished yet"));
        });
        server.start();
        return new StatusPages(server, threads);
    }

    /** @return the port, given by the system where the configuration said 0 */
    int port() {
        return server.getAddress().getPort();
    }

    private static byte[] text(String line) {
        return (line + "\n").getBytes(StandardCharsets.UTF_8);
    }

    private static void answer(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
        try (exchange) {
            exchange.getRequestBody().readAllBytes();
            exchange.getResponseHeaders().set("Content-Type", type);
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
