package dev.raftsman.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.cluster.ClusterClient;
import dev.raftsman.cluster.HostBacklog;
import dev.raftsman.config.HostPort;
import dev.raftsman.standalone.MetricsPage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * One look at every node, and at the tables of one that leads or is not far behind.
 *
 * @param nanos when, by {@link System#nanoTime}
 * @param millis when, since 1970
 * @param tables null if no node has them to give; maybe those of an earlier look
 * @param earlier what they are compared with; null if there are none
 * @param agents null if no node knows
 */
record TopSample(long nanos, long millis, List<Node> nodes, Tables tables, Tables earlier, List<HostBacklog> agents) {
    /** Tables of many segments cost their collector time: no more than a part in so many of it is taken. */
    private static final int CATALOG_SHARE = 5;

    private static final ObjectMapper JSON = new ObjectMapper();

    /** @param status null if it does not answer, like its metrics; {@code error} says why */
    record Node(HostPort address, JsonNode status, MetricsPage metrics, String error) {
        boolean answers() {
            return status != null;
        }

        boolean leads() {
            return answers() && "LEADER".equalsIgnoreCase(status.path("role").asText());
        }
    }

    /**
     * The replicated tables.
     *
     * @param nanos when they were looked at, and {@code tookNanos} how long that took
     */
    record Tables(CatalogView view, long nanos, long tookNanos) {}

    boolean answered() {
        return nodes.stream().anyMatch(Node::answers);
    }

    /** @param before null the first time */
    static TopSample take(ClusterClient client, TopSample before) throws IOException {
        List<Node> nodes = new ArrayList<>();
        for (HostPort address : client.nodes()) {
            nodes.add(look(client, address));
        }
        long nanos = System.nanoTime();
        List<HostBacklog> agents =
                nodes.stream().anyMatch(Node::answers) ? client.backlogs().orElse(null) : null;
        Tables last = before == null ? null : before.tables;
        if (last != null && before.earlier != null && nanos - last.nanos < CATALOG_SHARE * last.tookNanos) {
            return new TopSample(nanos, System.currentTimeMillis(), nodes, last, before.earlier, agents);
        }
        return new TopSample(nanos, System.currentTimeMillis(), nodes, tables(client, nodes), last, agents);
    }

    private static Node look(ClusterClient client, HostPort address) {
        try {
            return new Node(
                    address, JSON.readTree(client.statusOf(address)), new MetricsPage(client.metricsOf(address)), null);
        } catch (IOException e) {
            return new Node(address, null, null, e.getMessage());
        }
    }

    private static Tables tables(ClusterClient client, List<Node> nodes) {
        List<Node> order = new ArrayList<>(nodes.stream().filter(Node::leads).toList());
        order.addAll(
                nodes.stream().filter(node -> node.answers() && !node.leads()).toList());
        for (Node node : order) {
            try {
                long begin = System.nanoTime();
                CatalogView view = client.catalogOf(node.address());
                long end = System.nanoTime();
                return new Tables(view, end, end - begin);
            } catch (IOException e) {
                continue; // It went down meanwhile: the next one has nearly the same.
            }
        }
        return null;
    }
}
