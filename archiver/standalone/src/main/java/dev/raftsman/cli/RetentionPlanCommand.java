package dev.raftsman.cli;

import dev.raftsman.archiver.CollectorFacts;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.cluster.ClusterClient;
import dev.raftsman.policy.RetentionPlan;
import dev.raftsman.policy.RetentionPolicies;
import dev.raftsman.policy.StoreFacts;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "plan",
        description = {
            "Prints what the policies would do now, each decision with its reason, and does nothing.",
            "Of a target that cannot be reached, by what the archiver that acts says, it shows what that does to decisions."
        })
final class RetentionPlanCommand implements Callable<Integer> {
    @Option(
            names = "--policy",
            paramLabel = "FILE",
            required = true,
            description = "the retention file, such as conf/retention.yaml")
    private Path policy;

    @Mixin
    private ClusterOption cluster;

    @Option(names = "--json", description = "one JSON object instead of lines")
    private boolean json;

    @Option(names = "--out", paramLabel = "PLAN", description = "writes the plan to a new file, for 'retention apply'")
    private Path out;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        RetentionPolicies policies = Place.policies(policy);
        if (out != null && Files.exists(out)) {
            throw new CommandException(ExitCodes.CANNOT_CREATE, out + " exists; a plan is never overwritten");
        }
        try (ClusterClient client = cluster.client()) {
            CatalogView catalog = client.catalog();
            long nowMillis = catalog.stampMillis();
            StoreFacts facts = CollectorFacts.ask(policies, client, catalog.outagesAt(nowMillis), nowMillis);
            // The cluster's time: sealing times are the cluster's.
            RetentionPlan plan = RetentionPlan.of(policies, catalog, facts, nowMillis);
            if (out != null) {
                Files.write(out, (plan.json() + "\n").getBytes(StandardCharsets.UTF_8));
            }
            PrintWriter print = spec.commandLine().getOut();
            print.print(json ? plan.json() + "\n" : plan.text());
            print.flush();
        }
        return ExitCodes.OK;
    }
}
