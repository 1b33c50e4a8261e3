package dev.raftsman.cli;

import dev.raftsman.restore.Audit;
import dev.raftsman.restore.StreamReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "audit",
        description = {
            "Reads everything and says what is stored, what is missing and why, and what is there twice, for each incarnation"
                    + " of each producer.",
            "Ends with 1 if anything is lost or duplicated."
        })
final class AuditCommand implements Callable<Integer> {
    @Mixin
    private Place place;

    @Option(names = "--json", description = "one JSON object instead of lines")
    private boolean json;

    @Option(names = "--tenant", description = "only of this tenant")
    private String tenant;

    @Parameters(paramLabel = "STREAM", description = "only of these streams")
    private List<String> streams = List.of();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        try (StreamReader reader = place.open()) {
            Set<StreamReader.StreamName> names = reader.streams().stream()
                    .filter(name -> tenant == null || name.tenant().equals(tenant))
                    .filter(name -> streams.isEmpty() || streams.contains(name.stream()))
                    .collect(Collectors.toSet());
            Audit audit = reader.audit(names);
            PrintWriter out = spec.commandLine().getOut();
            out.print(json ? audit.json() + "\n" : audit.text());
            out.flush();
            return audit.lost() == 0 && audit.duplicated() == 0 ? ExitCodes.OK : ExitCodes.MISMATCH;
        }
    }
}
