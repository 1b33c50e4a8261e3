package dev.raftsman.restore;

import dev.raftsman.catalog.EpochView;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.objects.ObjectStore;
import dev.raftsman.segment.SegmentId;
import dev.raftsman.snapshot.SnapshotManifest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Contents put together from several sources, or narrowed to what a snapshot shows. */
public final class SnapshotContents {
    private SnapshotContents() {}

    /** What all of them hold and know. */
    public static SegmentSource.Contents all(List<SegmentSource.Contents> parts) {
        List<SegmentSource.Copy> copies = new ArrayList<>();
        List<SegmentView> known = new ArrayList<>();
        List<EpochView> epochs = new ArrayList<>();
        for (SegmentSource.Contents part : parts) {
            copies.addAll(part.copies());
            known.addAll(part.known());
            epochs.addAll(part.epochs());
        }
        return new SegmentSource.Contents(copies, known, epochs);
    }

    /**
     * The segments of a snapshot, wherever their copies are, with producers as they stood then.
     *
     * @param store that holds the snapshot
     */
    public static SegmentSource.Contents of(ObjectStore store, String id, SegmentSource.Contents all)
            throws IOException {
        SnapshotManifest snapshot = SnapshotManifest.read(store, id);
        List<SegmentView> segments =
                snapshot.segments().stream().map(SnapshotManifest.Part::segment).toList();
        Set<SegmentId> ids = segments.stream().map(SegmentView::id).collect(Collectors.toSet());
        return new SegmentSource.Contents(
                all.copies().stream().filter(copy -> ids.contains(copy.id())).toList(), segments, snapshot.epochs());
    }
}
