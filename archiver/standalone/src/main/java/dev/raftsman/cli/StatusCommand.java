package dev.raftsman.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.StreamView;
import dev.raftsman.cluster.ClusterClient;
import dev.raftsman.config.HostPort;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
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
    @Option(
            names = "--cluster",
            paramLabel = "HOST:PORT",
            split = ",",
            defaultValue = "127.0.0.1:7451,127.0.0.1:7452,127.0.0.1:7453",
            description = "HTTP addresses of all collectors (default: ${DEFAULT-VALUE})")
    private List<String> cluster;

    @Mixin
    private AccessOption access;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        try (ClusterClient client = Place.client(cluster, access.token())) {
            boolean led = false;
            ObjectMapper json = new ObjectMapper();
            out.printf("%-22s %-14s %-12s %6s %14s %14s%n", "ADDRESS", "NODE", "ROLE", "TERM", "APPLIED", "COMMITTED");
            for (HostPort node : client.nodes()) {
                try {
                    JsonNode status = json.readTree(client.statusOf(node));
                    led |= "LEADER".equalsIgnoreCase(status.path("role").asText());
                    out.printf(
                            "%-22s %-14s %-12s %6s %14s %14s%n",
                            node,
                            status.path("node").asText("?"),
                            status.path("role").asText("?"),
                            status.path("term").asText("?"),
                            status.path("appliedIndex").asText("?"),
                            status.path("commitIndex").asText("?"));
                    String waiting = status.path("waiting").asText("");
                    if (!waiting.isEmpty()) {
                        out.println("  does not vote: " + waiting);
                    }
                } catch (IOException e) {
                    out.printf("%-22s %s%n", node, "does not answer: " + e.getMessage());
                }
            }
            if (!led) {
                out.flush();
                throw new CommandException(ExitCodes.UNAVAILABLE, "none of " + client.nodes() + " leads");
            }
            printStreams(client.catalog(), out);
        }
        out.flush();
        return ExitCodes.OK;
    }

    private static void printStreams(CatalogView catalog, PrintWriter out) {
        String format = "%-10s %-28s %14s %14s %14s %14s %9s%n";
        out.println();
        out.printf(format, "TENANT", "STREAM", "EVENTS", "HOT", "ARCHIVED", "TRUNCATED", "SEGMENTS");
        for (StreamView stream : catalog.streams()) {
            List<SegmentView> segments = catalog.segmentsOf(stream.number());
            out.printf(
                    format,
                    stream.tenant(),
                    stream.stream(),
                    segments.stream().mapToLong(SegmentView::events).sum(),
                    segments.stream()
                            .filter(s -> s.state().hot())
                            .mapToLong(SegmentView::events)
                            .sum(),
                    events(segments, SegmentState.ARCHIVED),
                    events(segments, SegmentState.TRUNCATED),
                    segments.size());
        }
    }

    private static long events(List<SegmentView> segments, SegmentState state) {
        return segments.stream()
                .filter(segment -> segment.state() == state)
                .mapToLong(SegmentView::events)
                .sum();
    }
}
