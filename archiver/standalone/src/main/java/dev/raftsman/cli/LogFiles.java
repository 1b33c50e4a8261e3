package dev.raftsman.cli;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** The log files a bench takes: named, or all of a directory. */
final class LogFiles {
    @Option(names = "--dir", paramLabel = "DIR", description = "every file in it")
    private Path dir;

    @Option(names = "--file", paramLabel = "FILE", description = "log files; those named *.gz are unpacked first")
    private List<Path> files;

    /** @throws CommandException if there is none, or one cannot be read */
    List<Path> files() throws IOException {
        List<Path> found = files == null ? in(dir) : files;
        found.forEach(GivenPath::readable);
        return found;
    }

    private static List<Path> in(Path dir) throws IOException {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(dir, Files::isRegularFile)) {
            entries.forEach(found::add);
        } catch (IOException e) {
            throw new CommandException(ExitCodes.NO_INPUT, "cannot read directory " + dir, e);
        }
        if (found.isEmpty()) {
            throw new CommandException(ExitCodes.NO_INPUT, "no file in " + dir);
        }
        found.sort(null);
        return found;
    }

    /** As options of a command. */
    @Override
    public String toString() {
        return files == null ? " --dir " + dir : " --file " + files;
    }
}
