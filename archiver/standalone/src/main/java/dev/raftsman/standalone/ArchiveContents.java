package dev.raftsman.standalone;

import dev.raftsman.archive.Manifest;
import dev.raftsman.archive.ManifestEntry;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.objects.ObjectStore;
import dev.raftsman.policy.RetentionPolicies;
import dev.raftsman.policy.Target;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the manifests of an archive say, without any cluster. Memory: every entry. One thread. */
final class ArchiveContents implements AutoCloseable {
    private final List<ObjectStore> stores = new ArrayList<>();
    private final List<ManifestEntry> archived = new ArrayList<>();
    private final List<ManifestEntry> snapshots = new ArrayList<>();

    private ArchiveContents() {}

    /** Reads the manifests of all targets. */
    static ArchiveContents open(RetentionPolicies policies) throws IOException {
        ArchiveContents contents = new ArchiveContents();
        try {
            for (Target target : policies.targets().values()) {
                ObjectStore store = target.open();
                contents.stores.add(store);
                Manifest manifest = new Manifest(store);
                manifest.refresh();
                contents.archived.addAll(manifest.archived());
                contents.snapshots.addAll(manifest.snapshots());
            }
            return contents;
        } catch (IOException | RuntimeException e) {
            contents.close();
            throw e;
        }
    }

    List<ManifestEntry> snapshots() {
        return snapshots;
    }

    /** Events of a stream that are in objects, each segment counted once. */
    long archivedEvents(String stream) {
        return segmentsOf(archived).stream()
                .filter(segment -> segment.stream().equals(stream))
                .mapToLong(SegmentView::events)
                .sum();
    }

    /** Bytes of all objects that hold segments, each counted once. */
    long objectBytes() {
        Map<String, Long> byKey = new HashMap<>();
        archived.forEach(entry -> byKey.put(entry.key(), entry.bytes()));
        return byKey.values().stream().mapToLong(Long::longValue).sum();
    }

    /** A segment may be named by an archive and by snapshots; it is one segment all the same. */
    private static List<SegmentView> segmentsOf(List<ManifestEntry> entries) {
        Map<dev.raftsman.segment.SegmentId, SegmentView> byId = new TreeMap<>();
        entries.forEach(entry -> byId.put(entry.segment().id(), entry.segment()));
        return List.copyOf(byId.values());
    }

    @Override
    public void close() {
        stores.forEach(ObjectStore::close);
        stores.clear();
    }
}
