package dev.raftsman.objects;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** An S3 server of a few verbs over HTTP, that does to requests of one method what a test asks for. */
final class FaultyS3 implements AutoCloseable {
    /** What happens to a request. */
    enum Fault {
        INTERNAL_ERROR(500, "InternalError"),
        SLOW_DOWN(503, "SlowDown"),
        EXPIRED_TOKEN(400, "ExpiredToken"),
        ACCESS_DENIED(403, "AccessDenied"),
        NO_BUCKET(404, "NoSuchBucket"),
        BAD_DIGEST(400, "BadDigest"),
        CONFLICT(409, "ConditionalRequestConflict"),
        /** Done, and answered 500. */
        INTERNAL_ERROR_AFTERWARDS(500, "InternalError"),
        /** The connection ends before anything was done. */
        RESET(0, ""),
        /** The connection ends after all was done. */
        RESET_AFTERWARDS(0, ""),
        /** Nothing is done and nothing comes back. */
        SILENCE(0, ""),
        /** All is done and nothing comes back. */
        SILENCE_AFTERWARDS(0, ""),
        /** Answers by the key alone and hangs up, whatever of the body is still to come. */
        ANSWERS_EARLY(412, "PreconditionFailed"),
        /** Sends half of what it says that it sends. */
        HALF_A_BODY(200, "");

        private final int status;
        private final String code;

        Fault(int status, String code) {
            this.status = status;
            this.code = code;
        }

        private boolean isAfterwards() {
            return name().endsWith("_AFTERWARDS");
        }
    }

    private record Stored(byte[] content, String sha256) {}

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Map<String, Stored> objects = new ConcurrentHashMap<>();
    final List<String> asked = Collections.synchronizedList(new ArrayList<>());
    private volatile String method = "";
    private volatile Fault fault;
    private final AtomicInteger left = new AtomicInteger();

    FaultyS3() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            try (exchange) {
                asked.add(exchange.getRequestMethod());
                answer(exchange);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        server.start();
    }

    URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    /** From here on so many requests of this method fail so. */
    void fail(String requests, Fault how, int times) {
        method = requests;
        fault = how;
        left.set(times);
    }

    /** Nothing fails any more. */
    void heal() {
        left.set(0);
    }

    private Fault faultOf(HttpExchange exchange) {
        return exchange.getRequestMethod().equals(method) && left.getAndUpdate(n -> Math.max(0, n - 1)) > 0
                ? fault
                : null;
    }

    private void answer(HttpExchange exchange) throws IOException, InterruptedException {
        Fault now = faultOf(exchange);
        if (now == null) {
            serve(exchange, false);
            return;
        }
        switch (now) {
            case RESET -> {}
            case SILENCE -> closing.await();
            case ANSWERS_EARLY -> error(exchange, now.status, now.code);
            case HALF_A_BODY -> serve(exchange, true);
            default -> {
                byte[] body = body(exchange);
                if (now.isAfterwards()) {
                    store(exchange, body);
                }
                if (now == Fault.SILENCE_AFTERWARDS) {
                    closing.await();
                } else if (now != Fault.RESET_AFTERWARDS) {
                    error(exchange, now.status, now.code);
                }
            }
        }
    }

    /** Without the signatures of its chunks: length in hex, semicolon, signature, line end, the chunk, line end. */
    private static byte[] body(HttpExchange exchange) throws IOException {
        byte[] sent = exchange.getRequestBody().readAllBytes();
        if (!exchange.getRequestHeaders().containsKey("x-amz-decoded-content-length")) {
            return sent;
        }
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (int at = 0; ; ) {
            int end = at;
            while (sent[end] != ';' && sent[end] != '\r') {
                end++;
            }
            int length = Integer.parseInt(new String(sent, at, end - at, StandardCharsets.US_ASCII), 16);
            if (length == 0) {
                return body.toByteArray();
            }
            while (sent[end] != '\n') {
                end++;
            }
            body.write(sent, end + 1, length);
            at = end + 1 + length + 2;
        }
    }

    private boolean store(HttpExchange exchange, byte[] body) {
        String sha256 = exchange.getRequestHeaders().getFirst("x-amz-meta-sha256");
        return objects.putIfAbsent(exchange.getRequestURI().getPath(), new Stored(body, sha256)) == null;
    }

    private void serve(HttpExchange exchange, boolean half) throws IOException {
        Stored there = objects.get(exchange.getRequestURI().getPath());
        switch (exchange.getRequestMethod()) {
            case "PUT" -> {
                if (store(exchange, body(exchange))) {
                    exchange.sendResponseHeaders(200, -1);
                } else {
                    error(exchange, 412, "PreconditionFailed");
                }
            }
            case "HEAD" -> {
                if (there == null) {
                    exchange.sendResponseHeaders(404, -1);
                } else {
                    exchange.getResponseHeaders().set("x-amz-meta-sha256", there.sha256());
                    exchange.getResponseHeaders().set("Content-Length", String.valueOf(there.content().length));
                    exchange.sendResponseHeaders(200, -1);
                }
            }
            case "GET" -> {
                if (there == null) {
                    error(exchange, 404, "NoSuchKey");
                } else {
                    exchange.sendResponseHeaders(200, there.content().length);
                    int length = there.content().length;
                    exchange.getResponseBody().write(there.content(), 0, half ? length / 2 : length);
                }
            }
            default -> error(exchange, 405, "MethodNotAllowed");
        }
    }

    private static void error(HttpExchange exchange, int status, String code) throws IOException {
        byte[] body = ("<Error><Code>" + code + "</Code></Error>").getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
    }

    @Override
    public void close() {
        closing.countDown();
        server.stop(0);
        threads.shutdownNow();
    }
}
