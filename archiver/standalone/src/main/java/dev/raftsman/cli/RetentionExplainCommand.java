package dev.raftsman.cli;

import dev.raftsman.archiver.CollectorFacts;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.cluster.ClusterClient;
import dev.raftsman.policy.Explanation;
import dev.raftsman.policy.RetentionPolicies;
import dev.raftsman.policy.StoreFacts;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "explain",
        description =
                "Says of a segment, or of each of a stream, where it is and why: policy, row of the table, numbers.")
final class RetentionExplainCommand implements Callable<Integer> {
    @Parameters(paramLabel = "SEGMENT|STREAM", description = "as 'retention plan' prints it")
    private String what;

    @Option(
            names = "--policy",
            paramLabel = "FILE",
            required = true,
            description = "the retention file, such as conf/retention.yaml")
    private Path policy;

    @Mixin
    private ClusterOption cluster;

    @Option(names = "--json", description = "one JSON object a line")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        RetentionPolicies policies = Place.policies(policy);
        try (ClusterClient client = cluster.client()) {
            CatalogView catalog = client.catalog();
            long nowMillis = catalog.stampMillis();
            StoreFacts facts = CollectorFacts.ask(policies, client, catalog.outagesAt(nowMillis), nowMillis);
            PrintWriter out = spec.commandLine().getOut();
            for (Explanation explanation :
                    Explanation.of(policies, catalog, facts, nowMillis, NamedSegments.named(what, catalog))) {
                out.println(json ? explanation.json() : explanation.toString());
            }
            out.flush();
        }
        return ExitCodes.OK;
    }
}
