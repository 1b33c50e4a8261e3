package dev.raftsman.console;

import com.fasterxml.jackson.databind.JsonNode;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.query.ClusterDoor;
import dev.raftsman.query.ClusterStatus;
import dev.raftsman.query.NodeStatus;
import dev.raftsman.query.QuerySource;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes this node's samples and, while somebody looks, asks the other members what they say of themselves and the leader for
 * its agents. A member that does not answer is waited for {@link #ANSWER} and shown as what it is; nobody's request waits
 * for it. One thread of its own; what it found is read by any.
 */
final class Watch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Watch.class);
    private static final Duration ANSWER = Duration.ofMillis(1_500);
    private static final long TICK_MILLIS = 1_000;
    private static final long ASK_MILLIS = 2_000;

    /** How long after the last look it goes on asking. */
    private static final long LOOK_MILLIS = 30_000;

    private final QuerySource source;
    private final ClusterDoor cluster;
    private final AckTimes acks;
    private final LongSupplier damagedSegments;
    private final LongSupplier clockMillis;
    private final Samples samples = new Samples();
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread watch = new Thread(task, "console");
        watch.setDaemon(true);
        return watch;
    });

    private volatile long lookedMillis = Long.MIN_VALUE / 2;

    /** What the one who looked last may see, the other members are asked for in his name; null if he gave none. */
    private volatile String authorization;

    private volatile Map<String, Answer> answers = Map.of();
    private volatile Agents agents = new Agents(List.of(), 0, "not asked yet");

    // Of the thread alone.
    private HttpClient client;
    private long askedMillis = Long.MIN_VALUE / 2;
    private long sampledMillis = Long.MIN_VALUE / 2;
    private Sums before;

    /**
     * What a member said last.
     *
     * @param page null if it never answered
     * @param trouble why it did not answer when it was asked last; empty if it did
     */
    record Answer(NodePage page, long asOfMillis, String trouble) {}

    /** What the leader said last of its agents; {@code trouble} as above. */
    record Agents(List<AgentRow> rows, long asOfMillis, String trouble) {}

    /** What only grows, so that two of them make a rate. */
    private record Sums(long atMillis, long events, long rawBytes, long bytes, long hotBytes) {
        static Sums of(CatalogView view, long nowMillis) {
            long events = 0;
            long raw = 0;
            long bytes = 0;
            long hot = 0;
            for (SegmentView segment : view.segments()) {
                events += segment.events();
                raw += segment.rawBytes();
                bytes += segment.bytes();
                hot += segment.state().hot() ? segment.bytes() : 0;
            }
            return new Sums(nowMillis, events, raw, bytes, hot);
        }

        double rate(long now, long then, Sums before) {
            // Rows of segments that are long gone are forgotten: then the sum falls.
            return Math.max(0, now - then) * 1e3 / Math.max(1, atMillis - before.atMillis);
        }
    }

    Watch(
            QuerySource source,
            ClusterDoor cluster,
            AckTimes acks,
            LongSupplier damagedSegments,
            LongSupplier clockMillis) {
        this.source = source;
        this.cluster = cluster;
        this.acks = acks;
        this.damagedSegments = damagedSegments;
        this.clockMillis = clockMillis;
    }

    void start() {
        ScheduledFuture<?> unused = thread.scheduleWithFixedDelay(this::tick, 0, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }

    /**
     * Somebody looks. Any thread.
     *
     * @param given the header {@code Authorization}; null without one
     */
    void look(String given) {
        authorization = given;
        lookedMillis = clockMillis.getAsLong();
    }

    /** This node by itself. Any thread. */
    NodePage self() {
        return new NodePage(source.status(), cluster.status(), damagedSegments.getAsLong(), samples.list());
    }

    /** What the other members said last, by name. Any thread. */
    Map<String, Answer> answers() {
        return answers;
    }

    /** Any thread. */
    Agents agents() {
        return agents;
    }

    private void tick() {
        try {
            long now = clockMillis.getAsLong();
            if (now - sampledMillis >= Samples.INTERVAL_MILLIS || now < sampledMillis) {
                sampledMillis = now - Math.floorMod(now, Samples.INTERVAL_MILLIS);
                sample(now);
            }
            if (now - lookedMillis < LOOK_MILLIS && now - askedMillis >= ASK_MILLIS) {
                askedMillis = now;
                ask();
            }
        } catch (RuntimeException e) {
            LOG.error("the console's watch failed", e);
        }
    }

    private void sample(long now) {
        Sums sums = Sums.of(source.view(), now);
        AckTimes.Taken taken = acks.take();
        NodeStatus status = source.status();
        if (before != null) {
            samples.add(new Samples.Sample(
                    now,
                    sums.rate(sums.events, before.events, before),
                    sums.rate(sums.rawBytes, before.rawBytes, before),
                    sums.rate(sums.bytes, before.bytes, before),
                    taken.count(),
                    taken.p50Millis(),
                    taken.p99Millis(),
                    Math.max(0, status.commitIndex() - status.appliedIndex()),
                    sums.hotBytes,
                    status.diskFreeBytes()));
        }
        before = sums;
    }

    private void ask() {
        ClusterStatus known = cluster.status();
        Map<String, CompletableFuture<HttpResponse<byte[]>>> asked = new HashMap<>();
        for (ClusterStatus.Member member : known.members()) {
            boolean other = !member.node().equals(known.node());
            if (other && !member.state().equals("RETIRED") && !member.http().isEmpty()) {
                asked.put(member.node(), get(member.http(), "/v1/console/node"));
            }
        }
        CompletableFuture<HttpResponse<byte[]>> ofLeader = known.leaderHttp().isEmpty()
                ? CompletableFuture.failedFuture(new IOException("no leader is known"))
                : get(known.leaderHttp(), "/v1/agents");
        Map<String, Answer> found = new HashMap<>();
        asked.forEach((node, answer) -> found.put(node, answer(answers.get(node), answer)));
        answers = Map.copyOf(found);
        agents = agents(agents, ofLeader);
    }

    private CompletableFuture<HttpResponse<byte[]>> get(String address, String path) {
        if (client == null) {
            client = HttpClient.newBuilder()
                    .connectTimeout(ANSWER)
                    .version(HttpClient.Version.HTTP_1_1)
                    .build();
        }
        try {
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://" + address + path))
                    .timeout(ANSWER);
            String given = authorization;
            if (given != null) {
                request.header("Authorization", given);
            }
            return client.sendAsync(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        } catch (IllegalArgumentException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private Answer answer(Answer last, CompletableFuture<HttpResponse<byte[]>> asked) {
        try {
            return new Answer(ConsoleJson.read(body(asked), NodePage.class), clockMillis.getAsLong(), "");
        } catch (IOException e) {
            return new Answer(
                    last == null ? null : last.page,
                    last == null ? 0 : last.asOfMillis,
                    String.valueOf(e.getMessage()));
        }
    }

    private Agents agents(Agents last, CompletableFuture<HttpResponse<byte[]>> asked) {
        try {
            List<AgentRow> rows = new ArrayList<>();
            for (JsonNode agent : ConsoleJson.tree(body(asked)).path("agents")) {
                JsonNode streams = agent.path("streams");
                for (JsonNode stream : streams) {
                    rows.add(row(agent, stream));
                }
                if (streams.isEmpty()) {
                    rows.add(row(agent, null));
                }
            }
            return new Agents(List.copyOf(rows), clockMillis.getAsLong(), "");
        } catch (IOException e) {
            return new Agents(last.rows, last.asOfMillis, String.valueOf(e.getMessage()));
        }
    }

    private static AgentRow row(JsonNode agent, JsonNode stream) {
        return new AgentRow(
                agent.path("tenant").asText(),
                agent.path("agent").asText(),
                agent.path("address").asText(),
                agent.path("connectedSince").asLong(),
                agent.path("connected").asBoolean(true),
                stream == null ? null : stream.path("stream").asText(),
                stream == null ? 0 : stream.path("lagBytes").asLong(),
                stream == null ? 0 : stream.path("lagSeconds").asDouble(),
                stream == null ? 0 : stream.path("asOfMillis").asLong());
    }

    /** @throws IOException if there is none, in words for people */
    private static byte[] body(CompletableFuture<HttpResponse<byte[]>> asked) throws IOException {
        HttpResponse<byte[]> response;
        try {
            response = asked.get(2 * ANSWER.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("this node is ending", e);
        } catch (java.util.concurrent.ExecutionException e) {
            throw new IOException(words(e.getCause()), e);
        } catch (java.util.concurrent.TimeoutException e) {
            throw new IOException("no answer", e);
        }
        if (response.statusCode() != 200) {
            throw new IOException("answers " + response.statusCode());
        }
        return response.body();
    }

    private static String words(Throwable cause) {
        if (cause instanceof java.net.http.HttpTimeoutException) {
            return "does not answer within " + ANSWER.toMillis() + " ms";
        }
        if (cause instanceof java.net.ConnectException) {
            return "does not take connections";
        }
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
