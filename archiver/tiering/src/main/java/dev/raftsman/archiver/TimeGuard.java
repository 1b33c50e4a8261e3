package dev.raftsman.archiver;

import dev.raftsman.archive.ArchiveListener;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.cluster.Cluster;
import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Freezes deletion in the cluster when time jumped, and deletes nothing where the cluster cannot be told. One thread. */
final class TimeGuard {
    private static final Logger LOG = LoggerFactory.getLogger(TimeGuard.class);

    private final Cluster cluster;
    private final String owner;
    private final ClockWatch clocks;
    private final ArchiveListener listener;

    private boolean reportedFrozen;

    /** A clock was wrong at the last look, whether or not the cluster could be told. */
    private boolean timeIsDoubtful;

    TimeGuard(Cluster cluster, String owner, ClockWatch clocks, ArchiveListener listener) {
        this.cluster = cluster;
        this.owner = owner;
        this.clocks = clocks;
        this.listener = listener;
    }

    /**
     * Looks at the clocks and says whether deletion is frozen.
     *
     * @return the catalog, with the freeze if one was made
     */
    CatalogView watch() throws IOException {
        CatalogView catalog = freezeIfTimeJumped(cluster.catalog());
        boolean frozen = catalog.freeze() != null;
        if (frozen != reportedFrozen) {
            reportedFrozen = frozen;
            LOG.info(
                    "deletion is {}",
                    frozen ? "frozen: reason=" + catalog.freeze().reason() : "free");
        }
        listener.frozen(frozen);
        return catalog;
    }

    /**
     * @param catalog fetched a moment ago
     * @return the catalog, with the freeze if one was made; what is deleted must have been decided by one that was looked at
     */
    CatalogView freezeIfTimeJumped(CatalogView catalog) throws IOException {
        Optional<String> wrong = clocks.look(catalog.stampMillis(), catalog.freeze() != null);
        timeIsDoubtful = wrong.isPresent();
        if (wrong.isEmpty() || catalog.freeze() != null) {
            return catalog;
        }
        LOG.error("nothing is deleted until 'raftsman retention thaw': reason=clock, {}", wrong.get());
        CommandResult result = cluster.execute(new Command.Freeze(owner, "clock: " + wrong.get()));
        if (!result.ok()) {
            LOG.error("the cluster does not freeze deletion, so only this archiver deletes nothing: {}", result);
        }
        CatalogView now = cluster.catalog();
        clocks.look(now.stampMillis(), now.freeze() != null);
        return now;
    }

    /** Whether anything may be deleted that was decided by this catalog, the last one looked at. */
    boolean mayDelete(CatalogView catalog) {
        return !timeIsDoubtful && catalog.freeze() == null;
    }
}
