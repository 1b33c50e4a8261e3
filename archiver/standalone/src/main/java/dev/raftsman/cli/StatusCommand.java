package dev.raftsman.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.cluster.ClusterClient;
import dev.raftsman.cluster.HostBacklog;
import dev.raftsman.config.HostPort;
import dev.raftsman.standalone.Bytes;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "status",
        description =
                "Each collector, who leads, and each stream: hot, archived, truncated. Ends with 69 if no one leads.")
final class StatusCommand implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Mixin
    private ClusterOption cluster;

    @Option(names = "--json", description = "one JSON object instead of lines")
    private boolean json;

    @Spec
    private CommandSpec spec;

    /** A collector; what it says of itself, or why it does not. */
    record Node(String address, JsonNode status, String error) {
        boolean leads() {
            return status != null
                    && "LEADER".equalsIgnoreCase(status.path("role").asText());
        }

        String says(String what) {
            return status.path(what).asText("?");
        }
    }

    /**
     * What {@code --json} says.
     *
     * @param members null if nobody leads, as streams are
     * @param agents null if no collector knows
     */
    record Document(List<Node> nodes, JsonNode members, List<StreamRow> streams, List<HostBacklog> agents) {
        boolean led() {
            return nodes.stream().anyMatch(Node::leads);
        }
    }

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        try (ClusterClient client = cluster.client()) {
            Document document = ask(client);
            out.print(json ? Json.of(document) + "\n" : text(document));
            out.flush();
            if (!document.led()) {
                throw new CommandException(ExitCodes.UNAVAILABLE, "none of " + client.nodes() + " leads");
            }
        }
        return ExitCodes.OK;
    }

    private static Document ask(ClusterClient client) throws IOException {
        List<Node> nodes = new ArrayList<>();
        for (HostPort node : client.nodes()) {
            try {
                nodes.add(new Node(node.toString(), JSON.readTree(client.statusOf(node)), null));
            } catch (IOException e) {
                nodes.add(new Node(node.toString(), null, e.getMessage()));
            }
        }
        if (nodes.stream().noneMatch(Node::leads)) {
            return new Document(nodes, null, null, null);
        }
        CatalogView catalog = client.catalog();
        return new Document(
                nodes,
                JSON.readTree(client.members()),
                catalog.streams().stream()
                        .map(stream -> StreamRow.of(catalog, stream))
                        .sorted(Comparator.comparing(StreamRow::tenant).thenComparing(StreamRow::stream))
                        .toList(),
                client.backlogs().orElse(null));
    }

    private static String text(Document document) {
        Table nodes = new Table("ADDRESS", "NODE", "ROLE", "TERM>", "APPLIED>", "COMMITTED>", "DISK", "FREE>", "");
        for (Node node : document.nodes()) {
            if (node.status() == null) {
                nodes.row(node.address(), "?", "?", "?", "?", "?", "?", "?", "does not answer: " + node.error());
                continue;
            }
            String waiting = node.status().path("waiting").asText("");
            nodes.row(
                    node.address(),
                    node.says("node"),
                    node.says("role"),
                    node.says("term"),
                    node.says("appliedIndex"),
                    node.says("commitIndex"),
                    node.says("disk").toLowerCase(Locale.ROOT),
                    Bytes.text(node.status().path("diskFreeBytes").asLong()),
                    waiting.isEmpty() ? "" : "does not vote: " + waiting);
        }
        StringBuilder text = new StringBuilder(nodes.text());
        if (document.led()) {
            text.append(members(document.members()))
                    .append(lag(document.agents()))
                    .append('\n')
                    .append(streams(document.streams()));
        }
        return text.toString();
    }

    private static String members(JsonNode members) {
        long votes = 0;
        for (JsonNode member : members.path("members")) {
            votes += member.path("votes").asBoolean() ? 1 : 0;
        }
        return "members: " + votes + " vote"
                + (members.path("settled").asBoolean(true) ? "" : "; a change of them is under way") + "\n";
    }

    private static String lag(List<HostBacklog> agents) {
        if (agents == null) {
            return "";
        }
        if (agents.isEmpty()) {
            return "agents: none reports\n";
        }
        HostBacklog oldest = agents.stream()
                .max(Comparator.comparingDouble(HostBacklog::lagSeconds))
                .orElseThrow();
        return String.format(
                Locale.ROOT,
                "agents: %d, %s not acknowledged, the oldest for %.1f s%s%n",
                agents.stream().map(HostBacklog::agent).distinct().count(),
                Bytes.text(agents.stream().mapToLong(HostBacklog::lagBytes).sum()),
                oldest.lagSeconds(),
                oldest.lagBytes() == 0
                        ? ""
                        : EventText.printable(" (" + oldest.stream() + " of " + oldest.agent() + ")"));
    }

    private static String streams(List<StreamRow> streams) {
        Table table = new Table("TENANT", "STREAM", "EVENTS>", "HOT>", "ARCHIVED>", "TRUNCATED>", "SEGMENTS>");
        for (StreamRow row : streams) {
            table.row(
                    row.tenant(),
                    row.stream(),
                    Long.toString(row.events()),
                    Long.toString(row.hot().events()),
                    Long.toString(row.archived().events()),
                    Long.toString(row.truncated().events()),
                    Long.toString(row.hot().segments()
                            + row.archived().segments()
                            + row.truncated().segments()));
        }
        return table.text();
    }
}
