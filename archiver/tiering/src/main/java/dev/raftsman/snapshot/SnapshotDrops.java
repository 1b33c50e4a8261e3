package dev.raftsman.snapshot;

import dev.raftsman.archive.ColdTargets.Cold;
import dev.raftsman.archive.Lease;
import dev.raftsman.archive.ManifestEntry;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.SnapshotView;
import dev.raftsman.catalog.TruncationView;
import dev.raftsman.objects.LockedObjectException;
import dev.raftsman.objects.ObjectKey;
import java.io.IOException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finishes what was given up, in the steps of this package's page. One thread. */
final class SnapshotDrops {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotDrops.class);

    private final Lease lease;

    SnapshotDrops(Lease lease) {
        this.lease = lease;
    }

    /** Whatever step it stands at. */
    void finish(Cold cold, CatalogView catalog) throws IOException {
        for (SnapshotView snapshot : catalog.snapshots()) {
            if (snapshot.target().equals(cold.name())) {
                if (!snapshot.kept()) {
                    publish(cold, snapshot, snapshot.givenUp());
                }
                if (cold.manifest().isDropped(snapshot.id())) {
                    drop(cold, snapshot);
                }
            }
        }
    }

    private void publish(Cold cold, SnapshotView snapshot, TruncationView why) throws IOException {
        cold.manifest()
                .publish(
                        lease.owner(),
                        why.atMillis(),
                        List.of(ManifestEntry.dropped(snapshot.id(), snapshot.key(), why.policy(), why.reason())));
    }

    private void drop(Cold cold, SnapshotView snapshot) throws IOException {
        CommandResult result = lease.execute(new Command.DropSnapshot(lease.owner(), snapshot.id()));
        if (result instanceof CommandResult.Refused refused) {
            LOG.warn("drop refused: snapshot={} reason={} {}", snapshot.id(), refused.reason(), refused.detail());
            return;
        }
        delete(cold, new ObjectKey(snapshot.key()));
        LOG.info("dropped snapshot={}", snapshot.id());
    }

    /** A bucket may lock each object that is put into it: a dropped snapshot's file then stays until a start after that. */
    static void delete(Cold cold, ObjectKey file) throws IOException {
        try {
            cold.store().delete(file);
        } catch (LockedObjectException e) {
            LOG.info("file of a dropped snapshot stays for now: reason={}", e.getMessage());
        }
    }
}
