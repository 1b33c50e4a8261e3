package dev.raftsman.cli;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.cluster.ClusterClient;
import dev.raftsman.standalone.ArchiveContents;
import dev.raftsman.standalone.Audit;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "audit",
        description = {
            "What is stored, what is missing and what is there twice, for each incarnation of each producer.",
            "Ends with 1 if anything is lost or duplicated."
        })
final class AuditCommand implements Callable<Integer> {
    @ArgGroup(multiplicity = "1")
    private Place place;

    @Option(names = "--json", description = "one JSON object instead of a table")
    private boolean json;

    @Option(names = "--tenant", description = "only of this tenant")
    private String tenant;

    @Parameters(paramLabel = "STREAM", description = "only of these streams")
    private List<String> streams = List.of();

    @Spec
    private CommandSpec spec;

    private record Document(long lost, long duplicated, long events, List<Audit.Row> rows) {}

    @Override
    public Integer call() throws IOException {
        Audit all = place.isDirectory() ? ofDirectory() : ofCluster();
        Audit audit = new Audit(all.rows().stream()
                .filter(row -> tenant == null || row.tenant().equals(tenant))
                .filter(row -> streams.isEmpty() || streams.contains(row.stream()))
                .toList());
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            JsonMapper mapper = JsonMapper.builder()
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .build();
            out.println(mapper.writeValueAsString(
                    new Document(audit.lost(), audit.duplicated(), audit.events(), audit.rows())));
        } else {
            print(audit, out);
        }
        out.flush();
        return audit.lost() == 0 && audit.duplicated() == 0 ? ExitCodes.OK : ExitCodes.MISMATCH;
    }

    private Audit ofCluster() throws IOException {
        try (ClusterClient client = place.client()) {
            CatalogView catalog = client.catalog();
            return Audit.of(catalog.streams(), catalog.epochs(), catalog.segments());
        }
    }

    private Audit ofDirectory() throws IOException {
        try (ArchiveContents archive = ArchiveContents.open(place.policies())) {
            return archive.audit();
        }
    }

    private static void print(Audit audit, PrintWriter out) {
        String format = "%-10s %-28s %-34s %8s %-9s %12s %12s %8s %8s %10s %10s%n";
        out.printf(
                format,
                "TENANT",
                "STREAM",
                "PRODUCER",
                "EPOCH",
                "STATE",
                "LAST",
                "EVENTS",
                "GAPS",
                "MISSING",
                "DUPLICATED",
                "SENT AGAIN");
        for (Audit.Row row : audit.rows()) {
            out.printf(
                    format,
                    row.tenant(),
                    row.stream(),
                    row.producer(),
                    row.epoch(),
                    row.state(),
                    row.last(),
                    row.events(),
                    row.gaps() + row.declaredLost(),
                    row.missing(),
                    row.duplicated(),
                    row.sentAgain());
        }
        out.println("lost=" + audit.lost() + " duplicated=" + audit.duplicated() + " events=" + audit.events()
                + " epochs=" + audit.rows().size());
    }
}
