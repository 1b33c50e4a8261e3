package dev.raftsman.cli;

import dev.raftsman.archive.ArchiveListener;
import dev.raftsman.archive.ColdTargets;
import dev.raftsman.archiver.RetentionRound;
import dev.raftsman.archiver.RetentionRound.Applied;
import dev.raftsman.cluster.ClusterClient;
import dev.raftsman.policy.Decision;
import dev.raftsman.policy.PlanFile;
import dev.raftsman.policy.RetentionPolicies;
import dev.raftsman.policy.Target;
import dev.raftsman.standalone.Directories;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "apply",
        description = {
            "Does exactly what a plan says, or nothing: if anything it stands on has changed, that is named and the end is 1.",
            "Deletions are marked and wait for their time of grace; the archiver does them then, unless they are undone.",
            "Ends with 75 while an archiver acts by itself: give it 'act: false', or stop it."
        })
final class RetentionApplyCommand implements Callable<Integer> {
    @Parameters(paramLabel = "PLAN", description = "what 'retention plan --out' wrote")
    private Path plan;

    @Option(
            names = "--policy",
            paramLabel = "FILE",
            required = true,
            description = "the retention file that the plan was made by")
    private Path policy;

    @Mixin
    private ClusterOption cluster;

    @Option(
            names = "--staging",
            paramLabel = "DIR",
            description = "room for one segment on its way (default: a directory for temporary files)")
    private Path staging;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        RetentionPolicies policies = Place.policies(policy);
        GivenPath.readable(plan);
        PlanFile planned = read();
        // Its own: what is left in a staging directory is swept.
        Path room = staging == null
                ? Files.createTempDirectory("raftsman-apply-")
                : Files.createTempDirectory(Files.createDirectories(staging), "raftsman-apply-");
        PrintWriter out = spec.commandLine().getOut();
        Reporter reporter = new Reporter(out);
        try (ClusterClient client = cluster.client();
                ColdTargets targets = new ColdTargets(policies, Target::open)) {
            RetentionRound round = RetentionRound.open(
                    policies, client, targets, "apply-" + UUID.randomUUID(), room, Clock.systemUTC(), reporter);
            return report(round.apply(planned), reporter, out);
        } finally {
            out.flush();
            Directories.delete(room);
        }
    }

    private PlanFile read() throws IOException {
        try {
            return PlanFile.read(plan);
        } catch (PlanFile.NoPlanException e) {
            throw new CommandException(ExitCodes.DATA_ERROR, e.getMessage(), e);
        }
    }

    private int report(Applied applied, Reporter reporter, PrintWriter out) {
        if (applied instanceof Applied.Refused refused) {
            refused.changes().forEach(change -> out.println("changed: " + change));
            throw new CommandException(
                    ExitCodes.MISMATCH,
                    "nothing was done: " + refused.changes().size() + " of the plan's facts changed; make a new plan");
        }
        if (applied instanceof Applied.Standby) {
            throw new CommandException(
                    ExitCodes.TEMPORARY,
                    "another archiver acts: wait for its lease to run out, or give it 'act: false'");
        }
        int decisions = ((Applied.Done) applied).decisions();
        out.println("applied decisions=" + decisions + " done=" + reporter.done + " marked=" + reporter.marked
                + " failed=" + reporter.failed);
        return reporter.failed == 0 ? ExitCodes.OK : ExitCodes.IO_ERROR;
    }

    /** A line for each thing done. */
    private static final class Reporter implements ArchiveListener {
        private final PrintWriter out;
        private int done;
        private int marked;
        private int failed;

        Reporter(PrintWriter out) {
            this.out = out;
        }

        @Override
        public void done(Decision decision) {
            done++;
            out.println(decision);
        }

        @Override
        public void marked(Decision.Deletion decision) {
            marked++;
            out.println("marked: " + decision);
        }

        @Override
        public void stored(String target, long bytes) {
            // Told of with the decision it was for.
        }

        @Override
        public void failed(String step) {
            failed++;
            out.println("failed: " + step);
        }

        @Override
        public void locked(String target, int objects) {
            if (objects > 0) {
                out.println("kept by the store: target=" + target + " locked-objects=" + objects);
            }
        }

        @Override
        public void mismatch() {
            failed++;
            out.println("failed: an object is not what was stored");
        }
    }
}
