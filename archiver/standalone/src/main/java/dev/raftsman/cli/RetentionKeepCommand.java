package dev.raftsman.cli;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.SegmentRef;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.SnapshotView;
import dev.raftsman.cluster.ClusterClient;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The two verbs that keep segments from being deleted, and let them go again. */
abstract class RetentionKeepCommand implements Callable<Integer> {
    @Parameters(paramLabel = "SEGMENT|STREAM|SNAPSHOT", arity = "1..*", description = "as 'retention plan' prints it")
    private List<String> what;

    @Mixin
    private ClusterOption cluster;

    @Option(
            names = "--by",
            paramLabel = "NAME",
            defaultValue = "${sys:user.name}",
            description = "who wants it (default: ${DEFAULT-VALUE})")
    private String by;

    @Spec
    private CommandSpec spec;

    /** Takes marks away, and keeps the policies from setting them again. */
    @picocli.CommandLine.Command(
            name = "undo",
            description = {
                "Takes marks of deletion away and holds the segments: they are not deleted before 'retention release'.",
                "A segment may be held that is not marked, as a snapshot; of a stream, those that are marked. Ends with 65 if",
                "it is too late."
            })
    static final class Undo extends RetentionKeepCommand {
        @Option(
                names = "--reason",
                paramLabel = "TEXT",
                required = true,
                description = "why, for whoever finds it held")
        private String reason;

        @Override
        boolean concerns(SegmentView segment, boolean named) {
            return named || segment.mark() != null;
        }

        @Override
        Command command(String whoever, List<SegmentRef> segments) {
            return new Command.Unmark(whoever, segments, reason, true);
        }

        @Override
        Command command(String whoever, SnapshotView snapshot) {
            return new Command.UnmarkSnapshot(whoever, snapshot.id(), reason, true);
        }
    }

    /** Leaves the decision to the policies again. */
    @picocli.CommandLine.Command(
            name = "release",
            description =
                    "Lets segments and snapshots go that 'retention undo' holds: the policies decide about them again.")
    static final class Release extends RetentionKeepCommand {
        @Override
        boolean concerns(SegmentView segment, boolean named) {
            return segment.hold() != null;
        }

        @Override
        Command command(String whoever, List<SegmentRef> segments) {
            return new Command.Release(whoever, segments);
        }

        @Override
        Command command(String whoever, SnapshotView snapshot) {
            return new Command.ReleaseSnapshot(whoever, snapshot.id());
        }
    }

    /** @param named by its own id, not as one of a stream */
    abstract boolean concerns(SegmentView segment, boolean named);

    abstract Command command(String whoever, List<SegmentRef> segments);

    abstract Command command(String whoever, SnapshotView snapshot);

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        try (ClusterClient client = cluster.client()) {
            CatalogView catalog = client.catalog();
            int changed = 0;
            int snapshots = 0;
            for (String name : what) {
                Optional<SnapshotView> snapshot = catalog.snapshots().stream()
                        .filter(one -> one.id().equals(name))
                        .findFirst();
                if (snapshot.isPresent()) {
                    snapshots += send(client, command(by, snapshot.get()));
                    continue;
                }
                List<SegmentView> all = catalog.segments().stream()
                        .filter(NamedSegments.named(name, catalog))
                        .toList();
                boolean named = all.size() == 1 && all.get(0).id().toString().equals(name);
                List<SegmentRef> segments = all.stream()
                        .filter(segment -> named || segment.state() != SegmentState.TRUNCATED)
                        .filter(segment -> segment.state() != SegmentState.OPEN)
                        .filter(segment -> concerns(segment, named))
                        .map(SegmentView::ref)
                        .toList();
                for (int from = 0; from < segments.size(); from += SegmentRef.MAX_IN_COMMAND) {
                    changed += send(
                            client,
                            command(
                                    by,
                                    segments.subList(
                                            from, Math.min(segments.size(), from + SegmentRef.MAX_IN_COMMAND))));
                }
            }
            out.println(spec.name() + " segments=" + changed + (snapshots == 0 ? "" : " snapshots=" + snapshots));
            out.flush();
        }
        return ExitCodes.OK;
    }

    private static int send(ClusterClient client, Command command) throws IOException {
        CommandResult result = client.execute(command);
        if (result instanceof CommandResult.Done done) {
            return done.changed();
        }
        CommandResult.Refused refused = (CommandResult.Refused) result;
        throw new CommandException(ExitCodes.DATA_ERROR, refused.reason() + ": " + refused.detail());
    }
}
