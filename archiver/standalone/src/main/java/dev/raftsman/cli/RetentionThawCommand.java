package dev.raftsman.cli;

import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.FreezeView;
import dev.raftsman.cluster.ClusterClient;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@picocli.CommandLine.Command(
        name = "thaw",
        description = {
            "Lets deletion go on that a clock that jumped had frozen. Look first: ages count by the cluster's time.",
            "Without --yes it only says why deletion is frozen, and ends with 1 if it is."
        })
final class RetentionThawCommand implements Callable<Integer> {
    @Mixin
    private ClusterOption cluster;

    @Option(names = "--yes", description = "do it")
    private boolean yes;

    @Option(
            names = "--by",
            paramLabel = "NAME",
            defaultValue = "${sys:user.name}",
            description = "who looked (default: ${DEFAULT-VALUE})")
    private String by;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        try (ClusterClient client = cluster.client()) {
            FreezeView freeze = client.catalog().freeze();
            if (freeze == null) {
                out.println("deletion is free");
                out.flush();
                return ExitCodes.OK;
            }
            out.println("frozen at=" + Instant.ofEpochMilli(freeze.atMillis()) + " by=" + freeze.by() + " reason=\""
                    + freeze.reason() + "\"");
            if (yes) {
                client.execute(new Command.Thaw(by));
                out.println("deletion is free");
            }
            out.flush();
            return yes ? ExitCodes.OK : ExitCodes.MISMATCH;
        }
    }
}
