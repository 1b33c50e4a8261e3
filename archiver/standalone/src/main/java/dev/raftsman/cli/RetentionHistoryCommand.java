package dev.raftsman.cli;

import dev.raftsman.archive.Manifest;
import dev.raftsman.archiver.RetentionHistory;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.cluster.ClusterClient;
import dev.raftsman.objects.ObjectStore;
import dev.raftsman.policy.Target;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "history",
        description = "Lists what was decided before, with the reason given then, and by which policies; oldest first.")
final class RetentionHistoryCommand implements Callable<Integer> {
    @Parameters(paramLabel = "SEGMENT|STREAM", arity = "0..1", description = "of these alone")
    private String what;

    @Option(
            names = "--policy",
            paramLabel = "FILE",
            description = "the retention file, whose targets' manifests are compared")
    private Path policy;

    @Mixin
    private ClusterOption cluster;

    @Option(names = "--json", description = "one JSON object a line")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        Map<String, Manifest> manifests = new TreeMap<>();
        if (policy != null) {
            for (Target target : Place.policies(policy).targets().values()) {
                try (ObjectStore store = target.open()) {
                    Manifest manifest = new Manifest(store);
                    manifest.refresh();
                    manifests.put(target.name(), manifest);
                }
            }
        }
        try (ClusterClient client = cluster.client()) {
            CatalogView catalog = client.catalog();
            Predicate<SegmentView> wanted = what == null ? segment -> true : NamedSegments.named(what, catalog);
            PrintWriter out = spec.commandLine().getOut();
            for (RetentionHistory.Line line :
                    new RetentionHistory(wanted).add(catalog, manifests).lines()) {
                out.println(json ? line.json() : line.toString());
            }
            out.flush();
        }
        return ExitCodes.OK;
    }
}
