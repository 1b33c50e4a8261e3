package dev.raftsman.cli;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.PoliciesView;
import dev.raftsman.cluster.ClusterClient;
import dev.raftsman.policy.RetentionPolicies;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@picocli.CommandLine.Command(
        name = "adopt",
        description = {
            "Makes a file the one that the cluster's segments are decided by: archivers with another one do nothing from then",
            "on. Without --yes it only says which one counts, and ends with 1 if it is another."
        })
final class RetentionAdoptCommand implements Callable<Integer> {
    @Option(
            names = "--policy",
            paramLabel = "FILE",
            required = true,
            description = "the retention file, such as conf/retention.yaml")
    private Path policy;

    @Mixin
    private ClusterOption cluster;

    @Option(names = "--yes", description = "do it")
    private boolean yes;

    @Option(
            names = "--by",
            paramLabel = "NAME",
            defaultValue = "${sys:user.name}",
            description = "who wants it (default: ${DEFAULT-VALUE})")
    private String by;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        RetentionPolicies policies = Place.policies(policy);
        PrintWriter out = spec.commandLine().getOut();
        try (ClusterClient client = cluster.client()) {
            CatalogView catalog = client.catalog();
            PoliciesView active = catalog.activePolicies().orElse(null);
            boolean same = active != null && active.hash().equals(policies.hash());
            out.println("cluster " + (active == null ? "none" : line(active)));
            out.println("file version=" + policies.version());
            if (!same && yes) {
                adopt(client, policies, active);
                out.println("adopted version=" + policies.version());
            }
            out.flush();
            return same || yes ? ExitCodes.OK : ExitCodes.MISMATCH;
        }
    }

    private void adopt(ClusterClient client, RetentionPolicies policies, PoliciesView active) throws IOException {
        CommandResult result =
                client.execute(new Command.Adopt(by, policies.hash(), active == null ? null : active.hash(), false));
        if (result instanceof CommandResult.Refused refused) {
            throw new CommandException(ExitCodes.DATA_ERROR, refused.reason() + ": " + refused.detail());
        }
    }

    private static String line(PoliciesView active) {
        return "version=" + RetentionPolicies.version(active.hash()) + " by=" + active.by() + " at="
                + Instant.ofEpochMilli(active.atMillis())
                + (active.actor() == null ? "" : " acted-on-by=" + active.actor());
    }
}
