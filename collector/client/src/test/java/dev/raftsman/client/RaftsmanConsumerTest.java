package dev.raftsman.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against collectors that answer what the test says. */
final class RaftsmanConsumerTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    @TempDir
    private Path directory;

    private final List<HttpServer> servers = new ArrayList<>();
    private final List<String> asked = new CopyOnWriteArrayList<>();

    /** What every node answers to the next question. */
    private interface Answer {
        void to(HttpExchange exchange, int from) throws IOException;
    }

    private volatile Answer answer = (exchange, from) -> records(exchange, from, 3, 0);
    private volatile String leader = "";

    @BeforeEach
    void start() throws IOException {
        for (int node = 0; node < 2; node++) {
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/v1/status", exchange -> {
                try (exchange) {
                    send(exchange, 200, "{\"node\":\"n\",\"leaderHttp\":\"" + leader + "\"}");
                }
            });
            int number = node;
            server.createContext("/v1/streams/", exchange -> {
                try (exchange) {
                    String query = exchange.getRequestURI().getQuery();
                    asked.add(number + " " + query);
                    String from = query.replaceFirst("from=", "").replaceFirst("&.*", "");
                    answer.to(exchange, from.equals("earliest") ? 0 : Integer.parseInt(from.split("\\.")[1]));
                }
            });
            server.start();
            servers.add(server);
        }
    }

    @AfterEach
    void stop() {
        servers.forEach(server -> server.stop(0));
    }

    private static void send(HttpExchange exchange, int code, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(code, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    /** So many records of the entry 7, and the first bytes of one more. */
    private static void records(HttpExchange exchange, int from, int count, int torn) throws IOException {
        StringBuilder text = new StringBuilder();
        for (int i = from; i < from + count; i++) {
            text.append(record(i));
        }
        text.append(record(from + count), 0, torn);
        send(exchange, 200, text.toString());
    }

    private static String record(int ordinal) {
        return "{\"offset\":\"7." + ordinal + "\",\"message\":\"m" + ordinal
                + "\",\"new\":{\"to\":[1]},\"producer\":\"app\",\"epoch\":1,\"sequence\":" + ordinal + "}\n";
    }

    private RaftsmanConsumer.Builder consumer() {
        return RaftsmanConsumer.of(servers.stream()
                        .map(server -> URI.create(
                                "http://127.0.0.1:" + server.getAddress().getPort()))
                        .toList())
                .stream("acme", "audit");
    }

    private static List<Long> take(RaftsmanConsumer consumer, int count) throws InterruptedException {
        List<Long> sequences = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            sequences.add(consumer.poll(LIMIT).sequence());
        }
        return sequences;
    }

    @Test
    void goesOnBehindTheLastWholeRecordWhereverAnAnswerBreaksOff() throws Exception {
        int length = record(1).length();
        answer = (exchange, from) -> records(exchange, from, 1, 1 + from * 7 % (length - 2));
        try (RaftsmanConsumer consumer = consumer().open()) {
            assertThat(take(consumer, 8)).containsExactly(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L);
        }
        assertThat(asked.get(1)).contains("from=7.1&");
    }

    @Test
    void anotherNodeIsAskedWhenOneIsBusyOrDoesNotKnowTheStream() throws Exception {
        answer = (exchange, from) -> {
            switch (asked.size()) {
                case 1 -> send(exchange, 503, "{\"error\":\"32 readers\"}");
                case 2 -> send(exchange, 404, "{\"error\":\"no stream\"}");
                default -> records(exchange, from, 1, 0);
            }
        };
        try (RaftsmanConsumer consumer = consumer().open()) {
            assertThat(take(consumer, 1)).containsExactly(0L);
        }
        assertThat(asked.subList(0, 2))
                .extracting(question -> question.substring(0, 1))
                .containsExactly("0", "1");
    }

    @Test
    void readsFromTheLeader() throws Exception {
        leader = "127.0.0.1:" + servers.get(1).getAddress().getPort();
        try (RaftsmanConsumer consumer = consumer().open()) {
            take(consumer, 10);
        }
        assertThat(asked).hasSizeGreaterThan(2).allMatch(question -> question.startsWith("1 "));
    }

    @Test
    void theNextConsumerBeginsAtTheCheckpoint() throws Exception {
        Path file = directory.resolve("checkpoint");
        try (RaftsmanConsumer consumer = consumer().checkpointFile(file).open()) {
            take(consumer, 4);
            consumer.checkpoint();
            take(consumer, 1);
        }
        try (RaftsmanConsumer consumer =
                consumer().checkpointFile(file).fromLatest(5).open()) {
            assertThat(take(consumer, 1)).containsExactly(4L);
        }
    }

    @Test
    void refusalsThatWillNotChangeEndIt() throws Exception {
        answer = (exchange, from) ->
                send(exchange, 410, "{\"error\":\"gone\",\"trimmedAt\":\"9.0\",\"state\":\"ARCHIVED\"}");
        try (RaftsmanConsumer consumer = consumer().from(Offset.parse("7.2")).open()) {
            assertThatThrownBy(() -> consumer.iterator().next())
                    .isInstanceOfSatisfying(TrimmedException.class, trimmed -> {
                        assertThat(trimmed.trimmedAt()).isEqualTo(Offset.parse("9.0"));
                        assertThat(trimmed.archived()).isTrue();
                    });
            assertThatThrownBy(() -> consumer.poll(LIMIT)).as("again").isInstanceOf(TrimmedException.class);
        }
        answer = (exchange, from) -> send(exchange, 401, "{\"error\":\"a token is needed\"}");
        try (RaftsmanConsumer consumer = consumer().token("wrong").open()) {
            assertThatThrownBy(() -> consumer.poll(LIMIT))
                    .isInstanceOf(ConsumerException.class)
                    .hasMessageContaining("a token is needed")
                    .hasMessageNotContaining("wrong");
        }
    }

    @Test
    void endsWhenItIsToAndNothingIsLeft() throws Exception {
        answer = (exchange, from) -> records(exchange, from, from < 5 ? 2 : 0, 0);
        List<Long> sequences = new ArrayList<>();
        try (RaftsmanConsumer consumer = consumer().untilEnd().open()) {
            for (StreamRecord record : consumer) {
                sequences.add(record.sequence());
            }
        }
        assertThat(sequences).containsExactly(0L, 1L, 2L, 3L, 4L, 5L);
    }
}
