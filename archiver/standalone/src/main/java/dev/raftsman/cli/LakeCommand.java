package dev.raftsman.cli;

import dev.raftsman.lake.LakeExport;
import dev.raftsman.lake.LakeListener;
import dev.raftsman.objects.ObjectStore;
import dev.raftsman.policy.Glob;
import dev.raftsman.policy.RetentionPolicies;
import dev.raftsman.policy.Target;
import dev.raftsman.restore.ColdArchive;
import dev.raftsman.restore.SegmentSource;
import dev.raftsman.standalone.Directories;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "lake",
        description = "Archived events as a Delta Lake table, for Spark, Flink, Trino and DuckDB.",
        subcommands = {LakeCommand.Export.class, LakeCommand.Status.class})
final class LakeCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "missing verb: export or status");
    }

    /** Which archive, and what of it. */
    private static final class Which {
        @Option(
                names = "--policy",
                paramLabel = "FILE",
                required = true,
                description = "the retention file, such as conf/retention.yaml")
        private Path policy;

        @Option(names = "--target", paramLabel = "NAME", required = true, description = "one of its targets")
        private String target;

        @Option(
                names = "--stream",
                paramLabel = "GLOB",
                converter = GlobConverter.class,
                defaultValue = "*",
                description = "only streams of such names (default: ${DEFAULT-VALUE})")
        private Glob stream;

        private interface Work {
            int of(LakeExport export, List<LakeExport.Archived> archived) throws IOException;
        }

        private int with(LakeListener listener, Work work) throws IOException {
            Path staging = Files.createTempDirectory("raftsman-lake-");
            try (ObjectStore store = target().open();
                    LakeExport export = LakeExport.open(store, staging, listener)) {
                SegmentSource.Contents contents = new ColdArchive(target, store).look();
                return work.of(export, LakeExport.archived(contents, segment -> stream.matches(segment.stream())));
            } finally {
                Directories.delete(staging);
            }
        }

        private Target target() throws IOException {
            RetentionPolicies policies = Place.policies(policy);
            Target found = policies.targets().get(target);
            if (found == null) {
                throw new CommandException(
                        ExitCodes.USAGE,
                        policy + " has no target '" + target + "'; it has "
                                + String.join(
                                        ", ",
                                        policies.targets().keySet().stream()
                                                .sorted()
                                                .toList()));
            }
            return found;
        }
    }

    @Command(
            name = "export",
            description = {
                "Adds to the table what is archived and not yet in it. May be killed, run again, and run beside the archiver:"
                        + " every event is in the table once.",
                "Ends with 75 if a segment could not be read."
            })
    static final class Export implements Callable<Integer> {
        @Mixin
        private Which which;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() throws IOException {
            PrintWriter out = spec.commandLine().getOut();
            return which.with(LakeListener.NOBODY, (export, archived) -> {
                LakeExport.Outcome outcome = export.run(archived);
                out.printf(
                        "exported segments=%d rows=%d bytes=%d, already there=%d, failed=%d%n",
                        outcome.segments(),
                        outcome.rows(),
                        outcome.bytes(),
                        archived.size() - outcome.segments() - outcome.failed(),
                        outcome.failed());
                out.flush();
                return outcome.failed() == 0 ? ExitCodes.OK : ExitCodes.TEMPORARY;
            });
        }
    }

    @Command(
            name = "status",
            description = "Says of each table where it is, what is in it, and what is archived and not yet in it.")
    static final class Status implements Callable<Integer> {
        @Mixin
        private Which which;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() throws IOException {
            PrintWriter out = spec.commandLine().getOut();
            return which.with(LakeListener.NOBODY, (export, archived) -> {
                for (LakeExport.Status table : export.status(archived)) {
                    out.printf(
                            "tenant=%s table=%s version=%d segments=%d waiting=%d files=%d bytes=%d%n",
                            table.tenant(),
                            table.location(),
                            table.version(),
                            table.segments(),
                            table.waiting(),
                            table.files(),
                            table.bytes());
                }
                out.flush();
                return ExitCodes.OK;
            });
        }
    }
}
