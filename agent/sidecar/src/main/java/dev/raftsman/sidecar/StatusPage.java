package dev.raftsman.sidecar;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import dev.raftsman.config.HostPort;
import dev.raftsman.input.SourceLag;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Metrics and health over HTTP, for everybody who can reach the port; and for the owner, who knows what is in the control
 * file, orders to drain and events as they pass. A few threads of its own, which end when nobody asks: each listener keeps
 * one, and enough are left for the others.
 *
 * <pre>
 *  GET  /metrics /livez /readyz
 *  POST /drain?within=MILLIS      owner   'drained', or 'left' and a line for each stream; then the agent ends
 *  GET  /tap?stream=PATTERN       owner   {@link TapFrame}s until somebody hangs up; only on loopback, or if configured
 * </pre>
 */
final class StatusPage implements AutoCloseable {
    static final String DRAINED = "drained";
    static final String LEFT = "left";
    static final String BEARER = "Bearer ";

    /** After so long without an event a listener is told that there is none, or nobody would see that it hung up. */
    static final long QUIET_MILLIS = 2_000;

    /** Most time that listeners have to see the end, before their connections are closed. */
    private static final long END_MILLIS = 500;

    private static final int THREADS = Tap.MAX_LISTENERS + 4;
    private static final int TAP_BUFFER_BYTES = 64 << 10;
    private static final int OK = 200;
    private static final int BAD_REQUEST = 400;
    private static final int FORBIDDEN = 403;
    private static final int NOT_FOUND = 404;
    private static final int BAD_METHOD = 405;
    private static final int CONFLICT = 409;
    private static final int INTERNAL_ERROR = 500;
    private static final int UNAVAILABLE = 503;
    private static final String TEXT = "text/plain; charset=utf-8";

    private final Subject subject;
    private final AgentConfig.Http settings;
    private final HttpServer server;
    private final ThreadPoolExecutor executor;
    private final ControlFile control;

    /** What the page shows, and whom it passes orders to. Any thread. */
    interface Subject {
        byte[] figures() throws IOException;

        Health alive();

        Health ready();

        Tap tap();

        /** Whether this is the first who asks; only that one may {@link #drain}. */
        boolean mayDrain();

        /** @return what is left */
        List<SourceLag> drain(Duration within) throws InterruptedException;

        /** Whoever asked to drain has the answer. */
        void drained(List<SourceLag> left);
    }

    /** @throws IOException if the port cannot be had */
    StatusPage(AgentConfig.Http settings, Subject subject) throws IOException {
        this.subject = subject;
        this.settings = settings;
        server = HttpServer.create(settings.listen().resolve(), 16);
        executor = new ThreadPoolExecutor(THREADS, THREADS, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
            Thread thread = new Thread(task, "raftsman-http");
            thread.setDaemon(true);
            return thread;
        });
        executor.allowCoreThreadTimeOut(true);
        server.setExecutor(executor);
        control = ControlFile.of(reachable(server.getAddress()));
        page("/metrics", "GET", this::metrics);
        page("/livez", "GET", exchange -> health(exchange, subject.alive()));
        page("/readyz", "GET", exchange -> health(exchange, subject.ready()));
        page("/drain", "POST", this::drain);
        page("/tap", "GET", this::tap);
        server.start();
    }

    /** Where this host reaches it. */
    private static HostPort reachable(InetSocketAddress bound) {
        InetAddress address =
                bound.getAddress().isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : bound.getAddress();
        return new HostPort(address.getHostAddress(), bound.getPort());
    }

    int port() {
        return server.getAddress().getPort();
    }

    /** What lets its owner give orders. */
    ControlFile control() {
        return control;
    }

    private void page(String path, String method, HttpHandler handler) {
        server.createContext(path, exchange -> {
            try (exchange) {
                if (!exchange.getRequestURI().getPath().equals(path)) {
                    exchange.sendResponseHeaders(NOT_FOUND, -1);
                } else if (!exchange.getRequestMethod().equals(method) && !(method.equals("GET") && isHead(exchange))) {
                    exchange.sendResponseHeaders(BAD_METHOD, -1);
                } else {
                    handler.handle(exchange);
                }
            }
        });
    }

    private static void answer(HttpExchange exchange, int status, String type, byte[] content) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        if (isHead(exchange)) {
            exchange.sendResponseHeaders(status, -1);
            return;
        }
        exchange.sendResponseHeaders(status, content.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(content);
        }
    }

    /** Probes may ask so. */
    private static boolean isHead(HttpExchange exchange) {
        return exchange.getRequestMethod().equals("HEAD");
    }

    private static void answer(HttpExchange exchange, int status, String line) throws IOException {
        answer(exchange, status, TEXT, (line + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private void metrics(HttpExchange exchange) throws IOException {
        answer(exchange, OK, "text/plain; version=0.0.4; charset=utf-8", subject.figures());
    }

    private static void health(HttpExchange exchange, Health health) throws IOException {
        String line = health.well() ? "ok" : "not ok: " + health.reason().replaceAll("\\p{Cntrl}", "?");
        answer(exchange, health.well() ? OK : UNAVAILABLE, line);
    }

    /** Others on this host can reach the port too, and must neither end the agent nor see payload. */
    private boolean refusesAsStranger(HttpExchange exchange) throws IOException {
        String given = exchange.getRequestHeaders().getFirst("Authorization");
        String wanted = BEARER + control.token();
        boolean owner = given != null
                && MessageDigest.isEqual(
                        given.getBytes(StandardCharsets.UTF_8), wanted.getBytes(StandardCharsets.UTF_8));
        if (!owner) {
            answer(exchange, FORBIDDEN, "only for the agent's owner, by the token in " + ControlFile.NAME);
        }
        return !owner;
    }

    private static String parameter(HttpExchange exchange, String name) {
        String query = exchange.getRequestURI().getRawQuery();
        return query != null && query.startsWith(name + "=")
                ? URLDecoder.decode(query.substring(name.length() + 1), StandardCharsets.UTF_8)
                : "";
    }

    private void drain(HttpExchange exchange) throws IOException {
        if (refusesAsStranger(exchange)) {
            return;
        }
        String within = parameter(exchange, "within");
        if (!within.matches("[0-9]{1,10}")) {
            answer(exchange, BAD_REQUEST, "within=MILLIS is missing");
        } else if (!subject.mayDrain()) {
            answer(exchange, CONFLICT, "the agent is being drained already");
        } else {
            drain(exchange, Duration.ofMillis(Long.parseLong(within)));
        }
    }

    private void drain(HttpExchange exchange, Duration within) throws IOException {
        try {
            List<SourceLag> left = subject.drain(within);
            try {
                answer(exchange, OK, said(left));
            } finally {
                exchange.close();
                subject.drained(left); // also if whoever asked is gone
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IllegalStateException e) {
            answer(exchange, INTERNAL_ERROR, e.getMessage() + ": " + e.getCause());
        }
    }

    static String said(List<SourceLag> left) {
        StringBuilder said = new StringBuilder(left.isEmpty() ? DRAINED : LEFT);
        for (SourceLag lag : left) {
            said.append('\n')
                    .append((lag.unreadBytes() + " bytes of stream " + lag.stream() + " in " + lag.path())
                            .replaceAll("\\p{Cntrl}", "?"));
        }
        return said.toString();
    }

    private void tap(HttpExchange exchange) throws IOException {
        if (refusesAsStranger(exchange)) {
            return;
        }
        if (isHead(exchange)) {
            exchange.sendResponseHeaders(BAD_METHOD, -1);
            return;
        }
        if (!settings.tap() && !server.getAddress().getAddress().isLoopbackAddress()) {
            answer(
                    exchange,
                    FORBIDDEN,
                    "events are not shown: http.listen is " + settings.listen()
                            + ", which is no loopback address; http.tap: true shows them all the same");
            return;
        }
        String pattern = parameter(exchange, "stream");
        Wildcard streams = new Wildcard(pattern.isEmpty() ? "*" : pattern);
        try (Tap.Listener listener = subject.tap().listen(streams::matches)) {
            if (listener == null) {
                answer(exchange, UNAVAILABLE, Tap.MAX_LISTENERS + " listen already, which is the most");
                return;
            }
            exchange.getResponseHeaders().set("Content-Type", "application/octet-stream");
            exchange.sendResponseHeaders(OK, 0);
            try (DataOutputStream out =
                    new DataOutputStream(new BufferedOutputStream(exchange.getResponseBody(), TAP_BUFFER_BYTES))) {
                pass(listener, out);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends with the connection, or with the agent. */
    private static void pass(Tap.Listener listener, DataOutputStream out) throws IOException, InterruptedException {
        TapFrame.writeQuiet(out); // so that whoever listens knows from when on
        out.flush();
        while (!listener.isAtEnd()) {
            Tap.Passing passing = listener.poll(QUIET_MILLIS);
            long missed = passing == null ? listener.takeMissed() : 0;
            if (passing != null) {
                new TapFrame(
                                passing.producer(),
                                passing.incarnation(),
                                passing.stream(),
                                passing.block(),
                                passing.missedEvents())
                        .write(out);
            } else if (missed > 0) {
                TapFrame.missed(missed).write(out);
            } else {
                TapFrame.writeQuiet(out);
            }
            out.flush();
        }
        TapFrame.writeEnd(out);
        out.flush();
    }

    @Override
    public void close() {
        try {
            subject.tap().end(END_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        server.stop(0);
        executor.shutdownNow();
    }
}
