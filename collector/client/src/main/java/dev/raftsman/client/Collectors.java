package dev.raftsman.client;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The nodes, and which of them to read from: the leader if it answers, since others hear of an entry up to half a second
 * later. One thread.
 */
final class Collectors {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration STATUS_TIMEOUT = Duration.ofSeconds(3);

    /** A node may read a segment once before it answers. */
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(15);

    private static final int OK = 200;

    private final List<URI> nodes;
    private final String token;
    private final HttpClient http;
    private int turn;

    /** Null: was not known when last asked. */
    private URI leader;

    /** What to leave out of the next choice: it has just failed. */
    private URI failed;

    Collectors(List<URI> nodes, String token, HttpClient http) {
        this.nodes = new ArrayList<>(nodes);
        this.token = token;
        this.http = http;
    }

    static HttpClient http() {
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT_TIMEOUT)
                .build();
    }

    int count() {
        return nodes.size();
    }

    /** The node to read from now. */
    URI choose() throws InterruptedException {
        URI asked = nodes.get(Math.floorMod(turn, nodes.size()));
        turn++;
        leader = leaderAsSeenBy(asked);
        URI chosen = leader != null && !leader.equals(failed) ? leader : asked;
        failed = null;
        return chosen;
    }

    /** Whether it was the leader, as far as is known. */
    boolean leads(URI node) {
        return node.equals(leader);
    }

    /** It did not serve: another one next. */
    void failed(URI node) {
        failed = node;
    }

    private URI leaderAsSeenBy(URI node) throws InterruptedException {
        try {
            HttpResponse<byte[]> answer =
                    http.send(request(node, "/v1/status", STATUS_TIMEOUT), HttpResponse.BodyHandlers.ofByteArray());
            String address = answer.statusCode() == OK ? RecordParser.field(answer.body(), "leaderHttp") : "";
            return address.isEmpty() ? null : URI.create("http://" + address);
        } catch (IOException | IllegalArgumentException e) {
            return null; // It is asked for the stream itself next, and says what is wrong.
        }
    }

    /** Asks for what a node has; the caller closes the body. */
    HttpResponse<InputStream> get(URI node, String path) throws IOException, InterruptedException {
        return http.send(request(node, path, ANSWER_TIMEOUT), HttpResponse.BodyHandlers.ofInputStream());
    }

    private HttpRequest request(URI node, String path, Duration timeout) {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create(node.toString().replaceFirst("/$", "") + path))
                .timeout(timeout)
                .header("Accept", "application/x-ndjson")
                .GET();
        if (!token.isEmpty()) {
            request.header("Authorization", "Bearer " + token);
        }
        return request.build();
    }
}
