package dev.raftsman.cli;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.cluster.ClusterClient;
import dev.raftsman.policy.RetentionPlan;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "retention",
        description = "What becomes of stored segments.",
        subcommands = RetentionCommand.Plan.class)
final class RetentionCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new picocli.CommandLine.ParameterException(spec.commandLine(), "missing verb: plan");
    }

    @Command(
            name = "plan",
            description = "Prints what the policies would do now, each decision with its reason, and does nothing.")
    static final class Plan implements Callable<Integer> {
        @Option(
                names = "--policy",
                paramLabel = "FILE",
                required = true,
                description = "the retention file, such as conf/retention.yaml")
        private Path policy;

        @Option(
                names = "--cluster",
                paramLabel = "HOST:PORT",
                split = ",",
                defaultValue = "127.0.0.1:7451,127.0.0.1:7452,127.0.0.1:7453",
                description = "HTTP addresses of some or all collectors (default: ${DEFAULT-VALUE})")
        private List<String> cluster;

        @Option(names = "--json", description = "one JSON object instead of lines")
        private boolean json;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() throws IOException {
            var policies = Place.policies(policy);
            try (ClusterClient client = Place.client(cluster)) {
                CatalogView catalog = client.catalog();
                // The cluster's time: sealing times are the cluster's.
                RetentionPlan plan = RetentionPlan.of(policies, catalog, catalog.stampMillis());
                PrintWriter out = spec.commandLine().getOut();
                out.print(json ? plan.json() + "\n" : plan.text());
                out.flush();
            }
            return ExitCodes.OK;
        }
    }
}
