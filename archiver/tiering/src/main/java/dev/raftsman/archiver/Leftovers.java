package dev.raftsman.archiver;

import dev.raftsman.archive.ArchiveKey;
import dev.raftsman.archive.ArchiveListener;
import dev.raftsman.archive.ColdTargets;
import dev.raftsman.archive.Lease;
import dev.raftsman.archive.ManifestEntry;
import dev.raftsman.archiver.LockedObjects.Place;
import dev.raftsman.objects.LockedObjectException;
import dev.raftsman.objects.ObjectKey;
import dev.raftsman.segment.SegmentId;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes objects that nobody will ever need: an archiver was killed after it had stored one whose upload was then given up,
 * or it slept and stored one after another had given the upload up, or had even let the segments expire. The store is
 * searched when a tenure begins and once a day. A key is never used again, so what the manifest says of it stays true;
 * objects that it says nothing of, and those that were kept as evidence, are left alone. One thread.
 */
final class Leftovers {
    private static final long EVERY_MILLIS = Duration.ofHours(24).toMillis();

    private static final Logger LOG = LoggerFactory.getLogger(Leftovers.class);

    private final ColdTargets targets;
    private final Lease lease;
    private final LockedObjects locked;
    private final ArchiveListener listener;

    /** When each target was searched last, by the cluster's time. */
    private final Map<String, Long> sweptMillis = new HashMap<>();

    Leftovers(ColdTargets targets, Lease lease, LockedObjects locked, ArchiveListener listener) {
        this.targets = targets;
        this.lease = lease;
        this.locked = locked;
        this.listener = listener;
    }

    /** Another has acted since: everything is looked through again. */
    void beginTenure() {
        sweptMillis.clear();
    }

    /**
     * Looks through those targets that are in use and due; one that fails is due again in the next round.
     *
     * @return whether any was due
     */
    boolean sweep(long nowMillis) throws IOException {
        boolean any = false;
        for (ColdTargets.Cold cold : targets.opened()) {
            Long before = sweptMillis.get(cold.name());
            if (before == null || nowMillis - before >= EVERY_MILLIS) {
                any = true;
                try {
                    sweep(cold, nowMillis);
                    sweptMillis.put(cold.name(), nowMillis);
                } catch (Lease.FencedException e) {
                    throw e;
                } catch (IOException e) {
                    LOG.warn("sweep failed, will be tried again: target={} reason={}", cold.name(), e.getMessage());
                    listener.failed("sweep");
                }
            }
        }
        return any;
    }

    private void sweep(ColdTargets.Cold cold, long nowMillis) throws IOException {
        cold.manifest().refresh();
        Set<String> unneeded = new HashSet<>(cold.manifest().abandoned());
        unneeded.addAll(expired(cold));
        List<ObjectKey> found = new ArrayList<>();
        cold.store().list(ArchiveKey.FOLDER + "/", info -> {
            if (unneeded.contains(info.key().value())) {
                found.add(info.key());
            }
        });
        for (ObjectKey key : found) {
            Place place = new Place(cold.name(), key.value());
            if (locked.isKept(place, nowMillis)) {
                continue;
            }
            lease.keep();
            try {
                cold.store().delete(key);
                locked.letsGo(place);
                LOG.info("leftover deleted: target={} key={}", cold.name(), key);
            } catch (LockedObjectException e) {
                locked.keeps(place, e.protection(), nowMillis);
            }
        }
    }

    /** Keys of objects all of whose segments are given up. */
    private static Set<String> expired(ColdTargets.Cold cold) {
        Set<SegmentId> truncated = cold.manifest().truncated().stream()
                .map(entry -> entry.segment().id())
                .collect(Collectors.toSet());
        Set<String> expired = new HashSet<>();
        Set<String> needed = new HashSet<>();
        for (ManifestEntry entry : cold.manifest().archived()) {
            (truncated.contains(entry.segment().id()) ? expired : needed).add(entry.key());
        }
        expired.removeAll(needed);
        return expired;
    }
}
