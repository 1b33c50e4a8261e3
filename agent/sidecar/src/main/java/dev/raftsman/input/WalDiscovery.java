package dev.raftsman.input;

import dev.raftsman.wal.WalDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Finds the WAL directories of applications under the configured roots, each once. One thread. */
public final class WalDiscovery {
    private final List<Path> roots;
    private final String tenant;
    private final OperatorLog log;
    private final Set<Path> seen = new HashSet<>();

    /** @param tenant whose events the sidecar carries; a directory of another one is left alone, loudly */
    public WalDiscovery(List<Path> roots, String tenant, OperatorLog log) {
        this.roots = List.copyOf(roots);
        this.tenant = tenant;
        this.log = log;
    }

    /** Directories that were not there at the last look, oldest first. */
    public List<WalDirectory> look() {
        List<WalDirectory> found = new ArrayList<>();
        for (Path root : roots) {
            for (WalDirectory directory : WalDirectory.list(root, this::complain)) {
                if (!seen.contains(directory.path())) {
                    seen.add(directory.path());
                    if (accepts(directory)) {
                        found.add(directory);
                    }
                }
            }
        }
        return found;
    }

    private void complain(Path path, IOException reason) {
        if (roots.contains(path)) {
            log.warn("root " + path, "WAL root cannot be read, trying on: path=" + path + ", reason=" + reason);
        } else {
            log.error(
                    "unreadable " + path,
                    "WAL cannot be read, its events stay on this host until it can: path=" + path + ", reason="
                            + reason);
        }
    }

    private boolean accepts(WalDirectory directory) {
        if (!directory.identity().tenant().equals(tenant)) {
            log.error(
                    "tenant " + directory,
                    "WAL of another tenant is left alone: path=" + directory + ", tenant="
                            + directory.identity().tenant() + ", expected=" + tenant);
            return false;
        }
        if (directory.identity().stream().isEmpty()) {
            log.error("stream " + directory, "WAL that names no stream is left alone: path=" + directory);
            return false;
        }
        log.info("reading WAL: path=" + directory + ", producer="
                + directory.identity().producer() + ", stream=" + directory.identity().stream());
        return true;
    }
}
