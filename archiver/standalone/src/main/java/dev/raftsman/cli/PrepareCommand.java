package dev.raftsman.cli;

import dev.raftsman.standalone.Bytes;
import dev.raftsman.standalone.Directories;
import dev.raftsman.standalone.Rehearsal;
import dev.raftsman.standalone.StandaloneException;
import dev.raftsman.standalone.StartArchive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(
        name = "prepare",
        description = {
            "Makes the archives of classes that let agents, collectors and commands start faster, beside the jars, for the"
                    + " Java in use: once after an installation, and again after an update of raftsman or of Java.",
            "It runs an agent and collectors on loopback for some seconds. Without a fitting archive they start as well,"
                    + " more slowly."
        })
final class PrepareCommand implements Callable<Integer> {
    @Override
    public Integer call() throws IOException {
        List<StartArchive> archives = StartArchive.all();
        if (archives.isEmpty()) {
            throw new CommandException(ExitCodes.UNAVAILABLE, "nothing to prepare: not run by the raftsman launcher");
        }
        Path beside = archives.get(0).file().getParent();
        if (!Files.isWritable(beside)) {
            throw new CommandException(ExitCodes.CANNOT_CREATE, "cannot write to " + beside + ", where the jars are");
        }
        Path dir = Files.createTempDirectory("raftsman-prepare-");
        try {
            Rehearsal.run(archives, dir);
        } catch (StandaloneException e) {
            throw new CommandException(ExitCodes.UNAVAILABLE, e.getMessage() + "; logs in " + dir.resolve("logs"), e);
        }
        for (StartArchive archive : archives) {
            System.out.println(archive.file() + ": " + Bytes.text(Files.size(archive.file())));
        }
        Directories.delete(dir);
        return ExitCodes.OK;
    }
}
