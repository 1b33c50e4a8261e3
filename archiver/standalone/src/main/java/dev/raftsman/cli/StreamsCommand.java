package dev.raftsman.cli;

import dev.raftsman.archiver.CollectorFacts;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.StreamView;
import dev.raftsman.cluster.ClusterClient;
import dev.raftsman.policy.Decision;
import dev.raftsman.policy.Glob;
import dev.raftsman.policy.Policy;
import dev.raftsman.policy.RetentionPlan;
import dev.raftsman.policy.RetentionPolicies;
import dev.raftsman.standalone.Bytes;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "streams",
        description = {
            "Each stream: how much of it is where, from when to when, its policy and what comes next.",
            "Sizes are those of segments as collectors store them; RAW is what sources had. Without --policy, the policy is the"
                    + " one that last decided, and what comes next is what is decided already."
        })
final class StreamsCommand implements Callable<Integer> {
    @Mixin
    private ClusterOption cluster;

    @Option(
            names = "--policy",
            paramLabel = "FILE",
            description = "a retention file: says which of its policies decides, and what it would do now")
    private Path policy;

    @Option(names = "--tenant", description = "only of this tenant")
    private String tenant;

    @Option(names = "--json", description = "one JSON object instead of lines")
    private boolean json;

    @Parameters(paramLabel = "GLOB", description = "only streams of such names")
    private List<String> names = List.of();

    @Spec
    private CommandSpec spec;

    /** What {@code --json} says. */
    record Document(long appliedIndex, long stampMillis, List<StreamRow> streams) {}

    @Override
    public Integer call() throws IOException {
        RetentionPolicies policies = policy == null ? null : Place.policies(policy);
        List<Glob> globs = GlobConverter.of(names, spec);
        PrintWriter out = spec.commandLine().getOut();
        try (ClusterClient client = cluster.client()) {
            CatalogView catalog = client.catalog();
            Map<Integer, List<Decision>> decided = policies == null ? null : decisions(policies, client, catalog);
            List<StreamRow> rows = new ArrayList<>();
            for (StreamView stream : catalog.streams()) {
                if (wanted(stream, globs)) {
                    StreamRow row = StreamRow.of(catalog, stream);
                    rows.add(
                            policies == null
                                    ? row
                                    : row.decidedBy(
                                            policies.policyFor(catalog, stream)
                                                    .map(Policy::name)
                                                    .orElse(null),
                                            next(decided.getOrDefault(stream.number(), List.of()), row)));
                }
            }
            rows.sort(Comparator.comparing(StreamRow::tenant).thenComparing(StreamRow::stream));
            if (json) {
                out.println(Json.of(new Document(catalog.appliedIndex(), catalog.stampMillis(), rows)));
            } else {
                print(rows, out);
            }
            out.flush();
            return ExitCodes.OK;
        }
    }

    private boolean wanted(StreamView stream, List<Glob> globs) {
        return (tenant == null || stream.tenant().equals(tenant))
                && (globs.isEmpty() || globs.stream().anyMatch(glob -> glob.matches(stream.stream())));
    }

    private static Map<Integer, List<Decision>> decisions(
            RetentionPolicies policies, ClusterClient client, CatalogView catalog) throws IOException {
        long nowMillis = catalog.stampMillis();
        RetentionPlan plan = RetentionPlan.of(
                policies,
                catalog,
                CollectorFacts.ask(policies, client, catalog.outagesAt(nowMillis), nowMillis),
                nowMillis);
        Map<Integer, List<Decision>> decisions = new HashMap<>();
        for (Decision decision : plan.decisions()) {
            decision.subject()
                    .map(SegmentView::streamNumber)
                    .ifPresent(stream -> decisions
                            .computeIfAbsent(stream, number -> new ArrayList<>())
                            .add(decision));
        }
        return decisions;
    }

    /** What is to be done, the first of it with its reason; else why the oldest stays. */
    private static String next(List<Decision> decisions, StreamRow row) {
        List<Decision> acting = decisions.stream().filter(Decision::acts).toList();
        if (row.next() != null && acting.isEmpty()) {
            return row.next();
        }
        List<Decision> told = acting.isEmpty() ? decisions : acting;
        if (told.isEmpty()) {
            return null;
        }
        Decision first = told.get(0);
        long same = told.stream().filter(one -> one.verb().equals(first.verb())).count();
        return first.verb() + " " + same + ": " + first.reason();
    }

    private static void print(List<StreamRow> rows, PrintWriter out) {
        Table table = new Table(
                        "TENANT", "STREAM", "EVENTS>", "RAW>", "HOT>", "ARCHIVED>", "TRUNCATED>", "FIRST", "LAST")
                .and("POLICY", "LABELS", "NEXT");
        for (StreamRow row : rows) {
            table.row(
                    row.tenant(),
                    row.stream(),
                    Long.toString(row.events()),
                    Bytes.text(row.rawBytes()),
                    Bytes.text(row.hot().bytes()),
                    Bytes.text(row.archived().bytes()),
                    Bytes.text(row.truncated().bytes()),
                    StreamRow.text(row.first()),
                    StreamRow.text(row.last()),
                    row.policy() == null ? "-" : row.policy(),
                    row.labels() == null || row.labels().isEmpty()
                            ? "-"
                            : row.labels().toString().replaceAll("[{} ]", ""),
                    row.next() == null ? "-" : row.next());
        }
        out.print(table.text());
    }
}
