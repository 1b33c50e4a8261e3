package dev.raftsman.cli;

import dev.raftsman.standalone.Demo;
import dev.raftsman.standalone.Directories;
import dev.raftsman.standalone.StandaloneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "demo",
        description = {
            "The whole path on this machine: three collectors, an agent and an archiver as real processes.",
            "Follows the files given, one stream each, or runs a sample application; archives all of it to a directory,"
                    + " reads it back from there alone and compares."
        })
final class DemoCommand implements Callable<Integer> {
    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "keep everything in this directory; without it a temporary one is removed if all went well")
    private Path data;

    @Option(names = "--chaos", description = "kill -9 the leader on the way, and start it again")
    private boolean chaos;

    @Option(
            names = "--events",
            paramLabel = "N",
            defaultValue = "1000000",
            description = "events of the sample application (default: ${DEFAULT-VALUE})")
    private long events;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "what the sample application logs follows from it (default: ${DEFAULT-VALUE})")
    private long seed;

    @Parameters(paramLabel = "FILE", description = "files to follow instead of the sample application")
    private List<Path> files = List.of();

    @Override
    public Integer call() throws IOException {
        GivenPath.emptyDirectory(data);
        files.forEach(GivenPath::readable);
        Path dir = data == null ? Files.createTempDirectory("raftsman-demo-") : data;
        Demo.Settings settings = new Demo.Settings(dir, chaos);
        int code;
        try {
            code = files.isEmpty()
                    ? Demo.onSample(settings, events, seed, System.out)
                    : Demo.onFiles(settings, files, System.out);
        } catch (StandaloneException e) {
            throw new CommandException(ExitCodes.UNAVAILABLE, e.getMessage(), e);
        }
        if (data == null && code == ExitCodes.OK) {
            Directories.delete(dir);
        }
        return code;
    }
}
