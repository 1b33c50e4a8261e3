package dev.raftsman.archiver;

import dev.raftsman.archive.ArchiveListener;
import dev.raftsman.archive.ColdTargets;
import dev.raftsman.archive.Lease;
import dev.raftsman.archive.ManifestEntry;
import dev.raftsman.archiver.LockedObjects.Place;
import dev.raftsman.catalog.ArchiveView;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.objects.LockedObjectException;
import dev.raftsman.objects.ObjectKey;
import dev.raftsman.segment.SegmentId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes objects all of whose segments have expired in Raft, and are on a manifest page as such: whoever reads the archive
 * by its manifest is told that they are gone before they are. After a restart each is deleted once more, which does no harm.
 * One thread.
 */
final class ExpiredObjects {
    private static final Logger LOG = LoggerFactory.getLogger(ExpiredObjects.class);

    private final ColdTargets targets;
    private final Lease lease;
    private final ArchiveListener listener;
    private final LockedObjects locked;
    private final Set<Place> deleted = new HashSet<>();

    ExpiredObjects(ColdTargets targets, Lease lease, LockedObjects locked, ArchiveListener listener) {
        this.targets = targets;
        this.lease = lease;
        this.locked = locked;
        this.listener = listener;
    }

    /** Deletes what can go; a target that fails is left for the next round. */
    void delete(CatalogView catalog) throws IOException {
        Map<Place, List<SegmentView>> objects = new LinkedHashMap<>();
        for (SegmentView segment : catalog.segments()) {
            ArchiveView archive = segment.archive();
            if (archive != null) {
                objects.computeIfAbsent(Place.of(archive), place -> new ArrayList<>())
                        .add(segment);
            }
        }
        Map<String, Set<SegmentId>> listed = new HashMap<>(); // Read once for each target, not for each object.
        for (Map.Entry<Place, List<SegmentView>> object : objects.entrySet()) {
            boolean expired = object.getValue().stream()
                    .allMatch(segment -> segment.state() == SegmentState.TRUNCATED
                            && segment.archive().snapshotId() == null);
            boolean goes = !deleted.contains(object.getKey()) && !locked.isKept(object.getKey(), catalog.stampMillis());
            if (expired && goes) {
                delete(object.getKey(), object.getValue(), catalog, listed);
            }
        }
    }

    private void delete(
            Place place, List<SegmentView> segments, CatalogView catalog, Map<String, Set<SegmentId>> listed)
            throws IOException {
        lease.keep();
        try {
            ColdTargets.Cold cold = targets.get(place.target(), catalog);
            Set<SegmentId> gone = listed.computeIfAbsent(
                    place.target(),
                    name -> cold.manifest().truncated().stream()
                            .map(ManifestEntry::segment)
                            .map(SegmentView::id)
                            .collect(Collectors.toSet()));
            if (segments.stream().allMatch(segment -> gone.contains(segment.id()))) {
                cold.store().delete(new ObjectKey(place.key()));
                deleted.add(place);
                locked.letsGo(place);
                LOG.info("expired object deleted: target={} key={}", place.target(), place.key());
            }
        } catch (LockedObjectException e) {
            locked.keeps(place, e.protection(), catalog.stampMillis());
        } catch (IOException e) {
            LOG.warn(
                    "delete failed, will be tried again: target={} key={} reason={}",
                    place.target(),
                    place.key(),
                    e.getMessage());
            listener.failed("delete");
        }
    }
}
