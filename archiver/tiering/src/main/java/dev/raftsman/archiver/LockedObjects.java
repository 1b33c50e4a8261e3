package dev.raftsman.archiver;

import dev.raftsman.archive.ArchiveListener;
import dev.raftsman.archive.ColdTargets;
import dev.raftsman.catalog.ArchiveView;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.objects.NoSuchObjectException;
import dev.raftsman.objects.ObjectKey;
import dev.raftsman.objects.Protection;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Objects that are due to go and that their store keeps: locked by a bucket or a person for longer than the policies say by
 * now, or under a legal hold. Each is told of once and counted, and not asked about before its lock is over; a hold has no
 * end, so it is asked about every hour. That a store keeps something is no failure of it. One thread.
 */
final class LockedObjects {
    private static final long ASK_AGAIN_MILLIS = TimeUnit.HOURS.toMillis(1);

    private static final Logger LOG = LoggerFactory.getLogger(LockedObjects.class);

    private final ColdTargets targets;
    private final ArchiveListener listener;
    private final Map<Place, Long> askAgainMillis = new HashMap<>();

    /** Where an object is. */
    record Place(String target, String key) {
        static Place of(ArchiveView archive) {
            return new Place(archive.target(), archive.key());
        }
    }

    LockedObjects(ColdTargets targets, ArchiveListener listener) {
        this.targets = targets;
        this.listener = listener;
    }

    /** Whether its store keeps it, as far as is known without asking. */
    boolean isKept(Place place, long nowMillis) {
        return askAgainMillis.getOrDefault(place, 0L) > nowMillis;
    }

    /**
     * Whether its store keeps it; asks unless that is known.
     *
     * @throws IOException if the store does not answer
     */
    boolean isKept(Place place, CatalogView catalog) throws IOException {
        long nowMillis = catalog.stampMillis();
        if (isKept(place, nowMillis)) {
            return true;
        }
        Protection protection;
        try {
            protection = targets.get(place.target(), catalog).store().protection(new ObjectKey(place.key()));
        } catch (NoSuchObjectException e) {
            protection = Protection.NONE; // Somebody else has deleted it.
        }
        if (protection.forbidsDeletionAt(nowMillis)) {
            keeps(place, protection, nowMillis);
            return true;
        }
        letsGo(place);
        return false;
    }

    /** The store keeps it. */
    void keeps(Place place, Protection protection, long nowMillis) {
        long again = protection.legalHold()
                ? nowMillis + ASK_AGAIN_MILLIS
                : Math.max(protection.untilMillis(), nowMillis + 1);
        if (askAgainMillis.put(place, again) == null) {
            LOG.warn(
                    "due to be deleted, and locked in its store: target={} key={} lock={}",
                    place.target(),
                    place.key(),
                    protection);
        }
    }

    void letsGo(Place place) {
        askAgainMillis.remove(place);
    }

    /** How many there are of each target. */
    void report(Iterable<String> names) {
        for (String name : names) {
            listener.locked(name, (int) askAgainMillis.keySet().stream()
                    .filter(place -> place.target().equals(name))
                    .count());
        }
    }
}
