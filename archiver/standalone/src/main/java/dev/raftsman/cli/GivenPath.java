package dev.raftsman.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What a verb asks of a path on its command line before it begins, so that nothing long ends for want of it. */
final class GivenPath {
    private GivenPath() {}

    /** @throws CommandException unless it is a file that can be read */
    static Path readable(Path file) {
        if (!Files.exists(file)) {
            throw new CommandException(
                    ExitCodes.NO_INPUT, "cannot read " + file + ": nothing is there; expected a file");
        }
        if (!Files.isRegularFile(file)) {
            throw new CommandException(ExitCodes.NO_INPUT, "cannot read " + file + ": it is no file; expected a file");
        }
        if (!Files.isReadable(file)) {
            throw new CommandException(
                    ExitCodes.NO_INPUT, "cannot read " + file + ": permission denied; expected a file to be read");
        }
        return file;
    }

    /** @param file what will be written at the end; null if nothing will */
    static void writable(Path file) {
        if (file == null) {
            return;
        }
        Path parent = file.toAbsolutePath().getParent();
        if (Files.isDirectory(file) || parent == null || !Files.isDirectory(parent)) {
            throw new CommandException(
                    ExitCodes.CANNOT_CREATE,
                    "cannot write " + file + ": "
                            + (Files.isDirectory(file) ? "it is a directory" : "no directory " + parent)
                            + "; expected a file in a directory that is there");
        }
    }

    /** @param dir what will be made if it is not there; null for a temporary one */
    static void directory(Path dir) {
        if (dir != null && Files.exists(dir) && !Files.isDirectory(dir)) {
            throw new CommandException(
                    ExitCodes.CANNOT_CREATE, dir + " is no directory; expected a directory, or nothing there");
        }
    }

    /** @param dir as {@link #directory} */
    static void emptyDirectory(Path dir) throws IOException {
        directory(dir);
        if (dir != null && Files.exists(dir)) {
            try (Stream<Path> entries = Files.list(dir)) {
                if (entries.findAny().isPresent()) {
                    throw new CommandException(
                            ExitCodes.CANNOT_CREATE, dir + " is not empty; expected an empty or a new directory");
                }
            }
        }
    }
}
