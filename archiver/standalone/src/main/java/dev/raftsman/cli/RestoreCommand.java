package dev.raftsman.cli;

import dev.raftsman.catalog.EpochState;
import dev.raftsman.catalog.EpochView;
import dev.raftsman.cluster.ClusterClient;
import dev.raftsman.objects.ObjectStore;
import dev.raftsman.policy.RetentionPolicies;
import dev.raftsman.policy.Target;
import dev.raftsman.restore.AbsentProducers;
import dev.raftsman.restore.ClusterRestore;
import dev.raftsman.restore.ColdArchive;
import dev.raftsman.restore.DirectoryRestore;
import dev.raftsman.restore.LostCluster;
import dev.raftsman.restore.SegmentSource;
import dev.raftsman.restore.SnapshotContents;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "restore",
        description = {
            "Gives back what an archive holds: as files in a directory, or as an empty cluster in place of a lost one.",
            "May be killed and run again. A cluster takes no agent until its restore is through.",
            "With --settle, later: names the producers that have not come back, and with --yes waits for them no longer."
        })
final class RestoreCommand implements Callable<Integer> {
    @ArgGroup(multiplicity = "1")
    private What what;

    @Mixin
    private ClusterOption cluster;

    @Option(
            names = "--into",
            paramLabel = "DIR",
            description = "an empty or new directory; 'cat', 'audit' and the like read it by --data")
    private Path directory;

    /** One of two. */
    private static final class What {
        @SuppressWarnings("UnusedVariable") // Picocli asks for it: what is not a snapshot is the archive.
        @Option(names = "--archive", description = "everything that is archived")
        private boolean archive;

        @Option(names = "--snapshot", paramLabel = "ID", description = "the streams of one snapshot, as they were then")
        private String snapshot;
    }

    @Option(
            names = "--policy",
            paramLabel = "FILE",
            required = true,
            description = "the retention file, such as conf/retention.yaml")
    private Path policy;

    @Option(
            names = "--target",
            paramLabel = "NAME",
            split = ",",
            description =
                    "the targets of it that hold the archive (default: all of them). What lies in others counts as lost.")
    private List<String> targets = List.of();

    @Option(
            names = "--settle",
            description =
                    "of a cluster that was restored so: open epochs of which nothing came since. What the archive knows to be"
                            + " missing of each is declared as lost, and it is ABANDONED; its producer may still come and goes"
                            + " on behind that.")
    private boolean settle;

    @Option(names = "--yes", description = "with --settle: do it; else it is only said what would be done")
    private boolean yes;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        if ((directory != null) == cluster.isGiven()) {
            throw new CommandException(
                    ExitCodes.USAGE, "expected one of --into DIR and --cluster HOST:PORT: a restore is told where to");
        }
        RetentionPolicies policies = Place.policies(policy);
        List<LostCluster.Archive> archives = new ArrayList<>();
        List<String> names = (targets.isEmpty() ? policies.targets().keySet() : targets)
                .stream().sorted().toList();
        try {
            for (String name : names) {
                Target target = policies.targets().get(name);
                if (target == null) {
                    throw new CommandException(
                            ExitCodes.USAGE,
                            policy + " has no target '" + name + "'; it has "
                                    + String.join(
                                            ", ",
                                            policies.targets().keySet().stream()
                                                    .sorted()
                                                    .toList()));
                }
                archives.add(new LostCluster.Archive(name, target.open()));
            }
            if (settle && directory != null) {
                throw new CommandException(ExitCodes.USAGE, "--settle is for a cluster; a directory has no producers");
            }
            if (yes && !settle) {
                throw new CommandException(
                        ExitCodes.USAGE, "--yes is for --settle; a restore never overwrites anything");
            }
            return settle ? settle(archives) : directory == null ? intoCluster(archives) : intoDirectory(archives);
        } finally {
            archives.stream().map(LostCluster.Archive::store).forEach(ObjectStore::close);
        }
    }

    private int intoDirectory(List<LostCluster.Archive> archives) throws IOException {
        List<SegmentSource.Contents> looks = new ArrayList<>();
        List<String> locations = new ArrayList<>();
        for (LostCluster.Archive archive : archives) {
            looks.add(new ColdArchive(archive.target(), archive.store()).look());
            locations.add(archive.store().location());
        }
        SegmentSource.Contents contents = SnapshotContents.all(looks);
        String source = String.join(", ", locations);
        if (what.snapshot != null) {
            contents = SnapshotContents.of(
                    LostCluster.holding(what.snapshot, archives).store(), what.snapshot, contents);
            source = "snapshot " + what.snapshot + " in " + source;
        }
        DirectoryRestore.Outcome outcome;
        try {
            outcome = DirectoryRestore.run(contents, source, directory, System.currentTimeMillis());
        } catch (DirectoryRestore.OccupiedException e) {
            throw new CommandException(ExitCodes.CANNOT_CREATE, e.getMessage(), e);
        }
        PrintWriter out = spec.commandLine().getOut();
        out.printf(
                "restored segments=%d (kept from before: %d) events=%d bytes=%d into %s%n",
                outcome.segments() + outcome.kept(), outcome.kept(), outcome.events(), outcome.bytes(), directory);
        out.flush();
        return ExitCodes.OK;
    }

    private LostCluster lost(List<LostCluster.Archive> archives) throws IOException {
        return what.snapshot == null
                ? LostCluster.ofArchives(archives)
                : LostCluster.ofSnapshot(LostCluster.holding(what.snapshot, archives), what.snapshot);
    }

    private int settle(List<LostCluster.Archive> archives) throws IOException {
        LostCluster lost = lost(archives);
        PrintWriter out = spec.commandLine().getOut();
        try (ClusterClient client = cluster.client()) {
            AbsentProducers producers = AbsentProducers.of(client.catalog(), lost);
            List<AbsentProducers.Absent> back = yes ? producers.abandon(client) : List.of();
            for (AbsentProducers.Absent each : producers.absent()) {
                EpochView epoch = each.epoch();
                out.printf(
                        "%s tenant=%s stream=%s producer=%s epoch=%d last=%d acknowledged=%d lost=%d%n",
                        !yes ? "absent" : back.contains(each) ? "came-back" : "abandoned",
                        epoch.tenant(),
                        each.stream(),
                        epoch.producer(),
                        epoch.epoch(),
                        epoch.last(),
                        each.through(),
                        each.lost());
            }
            long lostWith = producers.lost()
                    - back.stream().mapToLong(AbsentProducers.Absent::lost).sum();
            out.printf(
                    "%s producers=%d lost=%d%s%n",
                    yes ? "abandoned" : "absent",
                    producers.absent().size() - back.size(),
                    lostWith,
                    yes ? "" : "; nothing was done: say --yes if they will not come");
            out.flush();
            return ExitCodes.OK;
        }
    }

    private int intoCluster(List<LostCluster.Archive> archives) throws IOException {
        LostCluster lost = lost(archives);
        PrintWriter out = spec.commandLine().getOut();
        try (ClusterClient client = cluster.client()) {
            boolean restored = new ClusterRestore(client, lost).run(System.currentTimeMillis());
            if (!restored) {
                out.println("the cluster was restored from this archive before; nothing was changed");
            } else {
                out.printf(
                        "restored streams=%d segments=%d events=%d producers=%d (open: %d) declared as lost=%d%n",
                        lost.streams().size(),
                        lost.segments().size(),
                        lost.events(),
                        lost.epochs().size(),
                        lost.epochs().stream()
                                .filter(epoch -> epoch.state() == EpochState.OPEN)
                                .count(),
                        lost.lostSequences());
                out.println("when the agents are back: 'raftsman restore --settle' names the producers that are not");
                if (what.snapshot != null) {
                    out.println(
                            "archive from now on into a target of its own: the old one holds more than this cluster knows,"
                                    + " so no archiver of it writes there");
                }
            }
            out.flush();
            return ExitCodes.OK;
        } catch (ClusterRestore.RefusedException e) {
            throw new CommandException(ExitCodes.UNAVAILABLE, e.getMessage(), e);
        }
    }
}
