package dev.raftsman.standalone;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Where things lie in this checkout and beside it. */
final class Checkout {
    private Checkout() {}

    /** The directory of the reactor's pom.xml. */
    static Path root() {
        Path dir = Path.of("").toAbsolutePath();
        while (dir != null && !Files.isExecutable(dir.resolve("raftsman"))) {
            dir = dir.getParent();
        }
        if (dir == null) {
            throw new IllegalStateException("no launcher above " + Path.of("").toAbsolutePath());
        }
        return dir;
    }

    /** Real logs shared by the project's developers: {@code RAFTSMAN_SHARED}, or {@code ../shared} beside the checkout. */
    static Optional<Path> sharedLogs() {
        String named = System.getenv("RAFTSMAN_SHARED");
        Path shared = named == null ? root().resolveSibling("shared") : Path.of(named);
        return Optional.of(shared.resolve("data/logs")).filter(Files::isDirectory);
    }

    /** Whether a command is on the PATH. */
    static boolean has(String command) {
        for (String dir : System.getenv("PATH").split(":")) {
            if (!dir.isEmpty() && Files.isExecutable(Path.of(dir, command))) {
                return true;
            }
        }
        return false;
    }
}
