package dev.raftsman.standalone;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** Directories of the processes that are run here. */
public final class Directories {
    private Directories() {}

    /** How many files lie in a directory and those below it; none if it is not there. */
    static long files(Path dir) {
        try (Stream<Path> all = Files.walk(dir)) {
            return all.filter(Files::isRegularFile).count();
        } catch (NoSuchFileException e) {
            return 0;
        } catch (IOException e) {
            throw new StandaloneException("cannot list " + dir + ": " + e.getMessage(), e);
        }
    }

    /** Deletes a directory with all that is in it, if it is there. */
    public static void delete(Path dir) throws IOException {
        if (!Files.exists(dir)) {
            return;
        }
        try (Stream<Path> all = Files.walk(dir)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
