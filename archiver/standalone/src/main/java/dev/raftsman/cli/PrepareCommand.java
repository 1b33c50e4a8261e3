package dev.raftsman.cli;

import dev.raftsman.standalone.Bytes;
import dev.raftsman.standalone.Directories;
import dev.raftsman.standalone.Rehearsal;
import dev.raftsman.standalone.StandaloneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(
        name = "prepare",
        description = {
            "Makes the archive of classes that lets agents start faster, beside the jars, for the Java in use:"
                    + " once after an installation, and again after an update of raftsman or of Java.",
            "It runs an agent and a collector on loopback for some seconds. Without a fitting archive an agent starts as"
                    + " well, more slowly."
        })
final class PrepareCommand implements Callable<Integer> {
    @Override
    public Integer call() throws IOException {
        String named = System.getProperty("raftsman.archive");
        if (named == null) {
            throw new CommandException(ExitCodes.UNAVAILABLE, "nothing to prepare: not run by the raftsman launcher");
        }
        Path archive = Path.of(named);
        if (!Files.isWritable(archive.getParent())) {
            throw new CommandException(
                    ExitCodes.CANNOT_CREATE, "cannot write to " + archive.getParent() + ", where the jars are");
        }
        Path dir = Files.createTempDirectory("raftsman-prepare-");
        try {
            long bytes = Rehearsal.run(archive, dir);
            System.out.println(archive + ": " + Bytes.text(bytes));
        } catch (StandaloneException e) {
            throw new CommandException(ExitCodes.UNAVAILABLE, e.getMessage() + "; logs in " + dir.resolve("logs"), e);
        }
        Directories.delete(dir);
        return ExitCodes.OK;
    }
}
