package dev.raftsman.cli;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.StreamView;
import dev.raftsman.cluster.HostBacklog;
import dev.raftsman.standalone.Bytes;
import dev.raftsman.standalone.MetricsPage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * What went on between two looks at a cluster; the names are those of {@code raftsman top --json}.
 *
 * @param seconds between the looks
 * @param leader its node; null if nobody leads
 * @param eventsPerSecond stored, by the tables, like the raw bytes
 * @param storedBytesPerSecond encoded, as the leader took them
 * @param waitP99Millis from a block's arrival until it goes to the log; null if none came, like the next
 * @param commitP99Millis from there until a majority has it and it is applied: then it is acknowledged
 * @param streams the busiest first
 * @param agents null if no node knows
 */
record TopView(
        Instant at,
        double seconds,
        String leader,
        double eventsPerSecond,
        double rawBytesPerSecond,
        double storedBytesPerSecond,
        double refusedPerSecond,
        Double waitP99Millis,
        Double commitP99Millis,
        List<Node> nodes,
        List<Stream> streams,
        List<HostBacklog> agents) {
    private static final String BYTES = "raftsman_collector_block_bytes_total";
    private static final String BLOCKS = "raftsman_collector_blocks_total";
    private static final String REFUSED = "raftsman_collector_refused_total";
    private static final String STAGES = "raftsman_collector_stage_seconds";
    private static final String CONNECTIONS = "raftsman_collector_connections";
    private static final double NANOS = 1e9;

    /** @param error null if it answers */
    record Node(
            String address,
            String node,
            String role,
            long term,
            long appliedIndex,
            String disk,
            long diskFreeBytes,
            long connections,
            double storedBytesPerSecond,
            double blocksPerSecond,
            String error) {}

    /** @param lagBytes what agents hold of it; null if none says */
    record Stream(
            String tenant,
            String stream,
            double eventsPerSecond,
            double rawBytesPerSecond,
            long events,
            long hotBytes,
            Long lagBytes,
            Double lagSeconds) {}

    static TopView between(TopSample before, TopSample now) {
        double seconds = Math.max(1e-3, (now.nanos() - before.nanos()) / NANOS);
        MetricsPage sum = new MetricsPage("");
        MetricsPage sumBefore = new MetricsPage("");
        List<Node> nodes = new ArrayList<>();
        for (TopSample.Node node : now.nodes()) {
            TopSample.Node earlier = before.nodes().stream()
                    .filter(one -> one.address().equals(node.address()) && one.answers())
                    .findFirst()
                    .orElse(null);
            nodes.add(node(node, earlier, seconds));
            if (node.answers() && earlier != null && !restarted(node, earlier)) {
                sum = sum.plus(node.metrics());
                sumBefore = sumBefore.plus(earlier.metrics());
            }
        }
        List<Stream> streams = streams(now);
        return new TopView(
                Instant.ofEpochMilli(now.millis()),
                seconds,
                now.nodes().stream()
                        .filter(TopSample.Node::leads)
                        .map(node -> node.status().path("node").asText())
                        .findFirst()
                        .orElse(null),
                streams.stream().mapToDouble(Stream::eventsPerSecond).sum(),
                streams.stream().mapToDouble(Stream::rawBytesPerSecond).sum(),
                (sum.sum(BYTES) - sumBefore.sum(BYTES)) / seconds,
                (sum.sum(REFUSED) - sumBefore.sum(REFUSED)) / seconds,
                millis(sum.quantileSince(sumBefore, 0.99, STAGES, "stage=\"wait\"")),
                millis(sum.quantileSince(sumBefore, 0.99, STAGES, "stage=\"commit\"")),
                nodes,
                streams,
                now.agents());
    }

    /** Its counters begin anew. */
    private static boolean restarted(TopSample.Node node, TopSample.Node earlier) {
        return node.metrics().sum(BLOCKS) < earlier.metrics().sum(BLOCKS)
                || node.metrics().sum(STAGES + "_count") < earlier.metrics().sum(STAGES + "_count");
    }

    private static Double millis(OptionalDouble seconds) {
        return seconds.isPresent() ? (Double) (seconds.getAsDouble() * 1_000) : null;
    }

    private static Node node(TopSample.Node node, TopSample.Node earlier, double seconds) {
        if (!node.answers()) {
            return new Node(node.address().toString(), null, null, 0, 0, null, 0, 0, 0, 0, node.error());
        }
        boolean known = earlier != null && !restarted(node, earlier);
        return new Node(
                node.address().toString(),
                node.status().path("node").asText("?"),
                node.status().path("role").asText("?"),
                node.status().path("term").asLong(),
                node.status().path("appliedIndex").asLong(),
                node.status().path("disk").asText("?").toLowerCase(Locale.ROOT),
                node.status().path("diskFreeBytes").asLong(),
                (long) node.metrics().sum(CONNECTIONS),
                known ? (node.metrics().sum(BYTES) - earlier.metrics().sum(BYTES)) / seconds : 0,
                known ? (node.metrics().sum(BLOCKS) - earlier.metrics().sum(BLOCKS)) / seconds : 0,
                null);
    }

    private record Counts(long events, long rawBytes) {}

    private static List<Stream> streams(TopSample now) {
        if (now.tables() == null) {
            return List.of();
        }
        CatalogView catalog = now.tables().view();
        Map<Integer, Counts> earlier = new HashMap<>();
        double seconds = 0;
        if (now.earlier() != null) {
            for (StreamView stream : now.earlier().view().streams()) {
                earlier.put(stream.number(), counts(now.earlier().view(), stream));
            }
            seconds = (now.tables().nanos() - now.earlier().nanos()) / NANOS;
        }
        Map<String, List<HostBacklog>> lags = new HashMap<>();
        for (HostBacklog lag : now.agents() == null ? List.<HostBacklog>of() : now.agents()) {
            lags.computeIfAbsent(lag.tenant() + "/" + lag.stream(), name -> new ArrayList<>())
                    .add(lag);
        }
        List<Stream> streams = new ArrayList<>();
        for (StreamView stream : catalog.streams()) {
            StreamRow row = StreamRow.of(catalog, stream);
            Counts was = earlier.getOrDefault(stream.number(), new Counts(0, 0));
            List<HostBacklog> lag = lags.getOrDefault(row.tenant() + "/" + row.stream(), List.of());
            streams.add(new Stream(
                    row.tenant(),
                    row.stream(),
                    seconds > 0 ? Math.max(0, row.events() - was.events) / seconds : 0,
                    seconds > 0 ? Math.max(0, row.rawBytes() - was.rawBytes) / seconds : 0,
                    row.events(),
                    row.hot().bytes(),
                    lag.isEmpty()
                            ? null
                            : (Long) lag.stream()
                                    .mapToLong(HostBacklog::lagBytes)
                                    .sum(),
                    lag.isEmpty()
                            ? null
                            : (Double) lag.stream()
                                    .mapToDouble(HostBacklog::lagSeconds)
                                    .max()
                                    .orElse(0)));
        }
        streams.sort(Comparator.comparingDouble(Stream::eventsPerSecond)
                .reversed()
                .thenComparing(Stream::tenant)
                .thenComparing(Stream::stream));
        return streams;
    }

    private static Counts counts(CatalogView catalog, StreamView stream) {
        StreamRow row = StreamRow.of(catalog, stream);
        return new Counts(row.events(), row.rawBytes());
    }

    /** For people: totals, nodes, then streams. Lines without control characters, each with its newline. */
    String text() {
        StringBuilder text = new StringBuilder();
        text.append("raftsman top  ").append(StreamRow.text(at)).append("  ");
        text.append(leader == null ? "nobody leads" : "leader " + leader).append('\n');
        text.append(String.format(
                Locale.ROOT,
                "%,.0f events/s  %s/s raw  %s/s stored  wait p99 %s  commit p99 %s  %.1f refused/s%s%n",
                eventsPerSecond,
                Bytes.text(Math.round(rawBytesPerSecond)),
                Bytes.text(Math.round(storedBytesPerSecond)),
                latency(waitP99Millis),
                latency(commitP99Millis),
                refusedPerSecond,
                agents == null ? "" : "  " + behind()));
        text.append('\n');
        Table table = new Table("NODE", "ADDRESS", "ROLE", "TERM>", "APPLIED>", "STORED/s>", "BLOCKS/s>", "AGENTS>");
        table.and("FREE>", "DISK");
        for (Node node : nodes) {
            if (node.error() != null) {
                table.row("?", node.address(), "does not answer", "", "", "", "", "", "", "");
                continue;
            }
            table.row(
                    node.node(),
                    node.address(),
                    node.role(),
                    Long.toString(node.term()),
                    Long.toString(node.appliedIndex()),
                    Bytes.text(Math.round(node.storedBytesPerSecond())),
                    String.format(Locale.ROOT, "%,.0f", node.blocksPerSecond()),
                    Long.toString(node.connections()),
                    Bytes.text(node.diskFreeBytes()),
                    node.disk());
        }
        text.append(table.text()).append('\n');
        Table busiest = new Table("EVENTS/s>", "RAW/s>", "EVENTS>", "HOT>", "LAG>", "LAG s>", "TENANT", "STREAM");
        for (Stream stream : streams) {
            busiest.row(
                    String.format(Locale.ROOT, "%,.0f", stream.eventsPerSecond()),
                    Bytes.text(Math.round(stream.rawBytesPerSecond())),
                    Long.toString(stream.events()),
                    Bytes.text(stream.hotBytes()),
                    stream.lagBytes() == null ? "-" : Bytes.text(stream.lagBytes()),
                    stream.lagSeconds() == null ? "-" : String.format(Locale.ROOT, "%.1f", stream.lagSeconds()),
                    stream.tenant(),
                    stream.stream());
        }
        return text.append(busiest.text()).toString();
    }

    private String behind() {
        double oldest =
                agents.stream().mapToDouble(HostBacklog::lagSeconds).max().orElse(0);
        return String.format(
                Locale.ROOT,
                "lag %s, %.1f s",
                Bytes.text(agents.stream().mapToLong(HostBacklog::lagBytes).sum()),
                oldest);
    }

    private static String latency(Double millis) {
        return millis == null ? "-" : String.format(Locale.ROOT, millis < 10 ? "%.1f ms" : "%.0f ms", millis);
    }
}
