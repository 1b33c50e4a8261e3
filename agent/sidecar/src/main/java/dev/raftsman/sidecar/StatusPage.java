package dev.raftsman.sidecar;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.raftsman.config.HostPort;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;

/** Metrics and health over HTTP. One thread of its own. */
final class StatusPage implements AutoCloseable {
    private static final int OK = 200;
    private static final int UNAVAILABLE = 503;

    private final HttpServer server;
    private final ExecutorService executor;

    private interface Page {
        byte[] content() throws IOException;
    }

    /** @throws IOException if the port cannot be had */
    StatusPage(HostPort listen, AgentMetrics metrics, BooleanSupplier alive, BooleanSupplier ready) throws IOException {
        server = HttpServer.create(listen.resolve(), 16);
        executor = Executors.newSingleThreadExecutor(task -> {
            Thread thread = new Thread(task, "raftsman-http");
            thread.setDaemon(true);
            return thread;
        });
        server.setExecutor(executor);
        server.createContext(
                "/metrics", exchange -> answer(exchange, "/metrics", OK, "text/plain; version=0.0.4", metrics::page));
        server.createContext("/livez", exchange -> health(exchange, "/livez", alive.getAsBoolean()));
        server.createContext("/readyz", exchange -> health(exchange, "/readyz", ready.getAsBoolean()));
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    private static void health(HttpExchange exchange, String path, boolean well) throws IOException {
        byte[] word = (well ? "ok\n" : "not ok\n").getBytes(StandardCharsets.UTF_8);
        answer(exchange, path, well ? OK : UNAVAILABLE, "text/plain", () -> word);
    }

    private static void answer(HttpExchange exchange, String path, int status, String type, Page page)
            throws IOException {
        try (exchange) {
            if (!exchange.getRequestURI().getPath().equals(path)) {
                exchange.sendResponseHeaders(404, -1);
                return;
            }
            byte[] content = page.content();
            exchange.getResponseHeaders().set("Content-Type", type + "; charset=utf-8");
            exchange.sendResponseHeaders(status, content.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(content);
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
        executor.shutdownNow();
    }
}
