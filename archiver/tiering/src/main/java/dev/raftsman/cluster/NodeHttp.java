package dev.raftsman.cluster;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.raftsman.config.HostPort;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Requests to collectors, each to one of them and once. By Java's old client: a command that asks three times and ends would be
 * longer about making the new one than about all that it asks. Each request is a task of a thread of its own, so that one limit
 * of time holds from its beginning to the last byte of its answer, and its caller can be interrupted. Thread-safe.
 */
final class NodeHttp implements AutoCloseable {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(15);
    private static final int OK = 200;
    private static final int REDIRECTIONS = 300;
    private static final int CLIENT_ERRORS = 400;
    private static final int UNAUTHORIZED = 401;
    private static final int GONE = 410;
    private static final int TOO_MANY = 429;
    private static final int MISDIRECTED = 421;
    private static final int SERVER_ERRORS = 500;
    private static final int MAX_DETAIL = 200;

    private final String token;
    private final ObjectMapper json;
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "cluster-client");
        thread.setDaemon(true);
        return thread;
    });

    /**
     * @param page path and query
     * @param range of bytes, as the header has it; null for all
     * @param post JSON that is sent with POST; null for a GET
     */
    record Request(HostPort node, String page, String range, byte[] post) {
        static Request get(HostPort node, String page) {
            return new Request(node, page, null, null);
        }

        private String path() {
            return URI.create(page).getPath();
        }
    }

    /** A whole answer of 2xx. */
    record Answer(int status, byte[] body) {
        String text() {
            return new String(body, StandardCharsets.UTF_8);
        }
    }

    /** Reads the body of an answer of 2xx as it comes. */
    @FunctionalInterface
    interface Body<T> {
        T read(int status, InputStream body) throws IOException;
    }

    /** The node does not lead. */
    static final class NotLeaderException extends IOException {
        private static final long serialVersionUID = 1L;

        private final transient HostPort leader;

        NotLeaderException(HostPort node, HostPort leader) {
            super(node + " does not lead" + (leader == null ? ", nor knows who does" : "; " + leader + " does"));
            this.leader = leader;
        }

        /** Who does; null if the node does not know. */
        HostPort leader() {
            return leader;
        }
    }

    /** The node has dropped the segment: it is in the archive, or given up. */
    static final class GoneException extends IOException {
        private static final long serialVersionUID = 1L;

        GoneException(String message) {
            super(message);
        }
    }

    /** @param token that the collectors ask for; empty: none */
    NodeHttp(String token, ObjectMapper json) {
        this.token = token;
        this.json = json;
    }

    Answer ask(Request request) throws IOException {
        return ask(request, (status, body) -> new Answer(status, body.readAllBytes()));
    }

    /**
     * @throws NotLeaderException if it has to be asked of the leader
     * @throws GoneException if the node has dropped what is asked for
     * @throws ClusterClient.NotPermittedException if the token is not the right one
     * @throws ClusterClient.FinalAnswerException if every node would answer so, and always
     * @throws InterruptedIOException if the caller is interrupted, and stays so
     * @throws IOException naming the node, if it does not answer in time, or otherwise than with 2xx
     */
    <T> T ask(Request request, Body<T> body) throws IOException {
        Future<T> pending = threads.submit(() -> exchange(request, body));
        try {
            return pending.get(ANSWER_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException failed) {
                throw failed;
            }
            throw new IllegalStateException(e.getCause());
        } catch (TimeoutException e) {
            pending.cancel(true);
            throw new IOException(request.node() + ": no answer within " + ANSWER_TIMEOUT.toSeconds() + " s", e);
        } catch (InterruptedException e) {
            pending.cancel(true);
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for " + request.node());
        }
    }

    private <T> T exchange(Request request, Body<T> body) throws IOException {
        int status;
        byte[] refusal;
        HttpURLConnection connection = (HttpURLConnection)
                URI.create("http://" + request.node() + request.page()).toURL().openConnection();
        try {
            send(connection, request);
            status = connection.getResponseCode();
            if (status >= OK && status < REDIRECTIONS) {
                try (InputStream in = new WhileWantedInputStream(connection.getInputStream())) {
                    return body.read(status, in);
                }
            }
            refusal = refusal(connection);
        } catch (IOException e) {
            connection.disconnect();
            String why = e instanceof ConnectException
                    ? "cannot connect"
                    : e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
            throw new IOException(request.node() + ": " + why, e);
        }
        throw refused(request, status, refusal);
    }

    private void send(HttpURLConnection connection, Request request) throws IOException {
        connection.setConnectTimeout((int) CONNECT_TIMEOUT.toMillis());
        connection.setReadTimeout((int) ANSWER_TIMEOUT.toMillis());
        connection.setInstanceFollowRedirects(false);
        connection.setUseCaches(false);
        if (!token.isEmpty()) {
            connection.setRequestProperty("Authorization", "Bearer " + token);
        }
        if (request.range() != null) {
            connection.setRequestProperty("Range", request.range());
        }
        if (request.post() != null) {
            connection.setDoOutput(true);
            connection.setRequestMethod("POST");
            connection.setRequestProperty("Content-Type", "application/json");
            // By itself the client would send it twice where a connection breaks; of a known length it does not.
            connection.setFixedLengthStreamingMode(request.post().length);
            try (OutputStream out = connection.getOutputStream()) {
                out.write(request.post());
            }
        }
    }

    private static byte[] refusal(HttpURLConnection connection) throws IOException {
        try (InputStream in = connection.getErrorStream()) {
            return in == null ? new byte[0] : in.readAllBytes();
        }
    }

    /** Ends when nobody waits for it any more. */
    private static final class WhileWantedInputStream extends FilterInputStream {
        WhileWantedInputStream(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            requireWanted();
            return super.read();
        }

        @Override
        public int read(byte[] to, int offset, int length) throws IOException {
            requireWanted();
            return super.read(to, offset, length);
        }

        private static void requireWanted() throws InterruptedIOException {
            if (Thread.currentThread().isInterrupted()) {
                throw new InterruptedIOException("nobody waits for the answer any more");
            }
        }
    }

    private IOException refused(Request request, int status, byte[] body) {
        if (status == MISDIRECTED) {
            return new NotLeaderException(request.node(), leaderIn(body));
        }
        String detail = new String(body, StandardCharsets.UTF_8);
        String message = request.node() + " answers " + status + " to " + request.path() + ": "
                + detail.substring(0, Math.min(MAX_DETAIL, detail.length())).strip();
        if (status == GONE) {
            return new GoneException(message);
        }
        if (status == UNAUTHORIZED) {
            return new ClusterClient.NotPermittedException(message);
        }
        // A node behind may not know a segment yet: only what the leader is asked is final.
        boolean isFinal =
                status >= CLIENT_ERRORS && status < SERVER_ERRORS && status != TOO_MANY && request.post() != null;
        return isFinal
                ? new ClusterClient.FinalAnswerException(message, text(body, "error", detail))
                : new IOException(message);
    }

    private HostPort leaderIn(byte[] body) {
        try {
            String address = text(body, "leaderHttp", "");
            return address.isEmpty() ? null : HostPort.parse(address);
        } catch (IllegalArgumentException e) {
            return null; // The other nodes are asked in turn.
        }
    }

    private String text(byte[] body, String field, String fallback) {
        try {
            return json.readTree(body).path(field).asText(fallback);
        } catch (IOException e) {
            return fallback;
        }
    }

    /** What is under way breaks off. */
    @Override
    public void close() {
        threads.shutdownNow();
    }
}
