package dev.raftsman.restore;

import dev.raftsman.archive.ArchiveKey;
import dev.raftsman.archive.Manifest;
import dev.raftsman.archive.ManifestEntry;
import dev.raftsman.catalog.EpochView;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.objects.ObjectKey;
import dev.raftsman.objects.ObjectStore;
import dev.raftsman.segment.SegmentId;
import dev.raftsman.snapshot.SnapshotManifest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** What an archive holds by its own manifest: no cluster is asked. */
public final class ColdArchive implements SegmentSource {
    static final int DISTANCE = 2;

    private final String target;
    private final ObjectStore store;
    private final ReadCache cache;
    private final ColdObjects objects;

    /** With a cache of its own, in memory. */
    public ColdArchive(String target, ObjectStore store) {
        this(target, store, ReadCache.inMemory(ReadCache.DEFAULT_MEMORY_BYTES));
    }

    /**
     * @param target the store's name in the policies: snapshots refer to objects by it
     * @param store closed with this source
     * @param cache closed with this source; may be others' too
     */
    public ColdArchive(String target, ObjectStore store, ReadCache cache) {
        this.target = target;
        this.store = store;
        this.cache = cache;
        this.objects = new ColdObjects(store, cache);
    }

    @Override
    public Contents look() throws IOException {
        Manifest manifest = new Manifest(store);
        manifest.refresh();
        List<Copy> copies = new ArrayList<>();
        List<SegmentView> known = new ArrayList<>();
        List<EpochView> epochs = new ArrayList<>();
        for (ManifestEntry entry : manifest.archived()) {
            if (entry.place() != null) {
                objects.knowLength(new ObjectKey(entry.key()), entry.bytes());
            }
            copies.add(copy(entry.segment(), entry.key()));
            known.add(entry.segment());
            epochs.addAll(entry.epochs());
        }
        for (ManifestEntry entry : manifest.snapshots()) {
            SnapshotManifest snapshot = SnapshotManifest.read(store, entry.snapshotId());
            epochs.addAll(snapshot.epochs());
            for (SnapshotManifest.Part part : snapshot.segments()) {
                known.add(part.segment());
                if (target.equals(part.target())) {
                    copies.add(copy(part.segment(), part.key()));
                }
            }
        }
        for (ManifestEntry entry : manifest.truncated()) {
            known.add(truncated(entry));
            epochs.addAll(entry.epochs());
        }
        return new Contents(copies, known, epochs);
    }

    private static SegmentView truncated(ManifestEntry entry) {
        SegmentView view = entry.segment();
        if (view.state() == SegmentState.TRUNCATED) {
            return view;
        }
        throw new IllegalStateException(
                "segment " + view.id() + " is on a manifest page as truncated but is " + view.state());
    }

    private Copy copy(SegmentView segment, String key) {
        ObjectKey object = new ObjectKey(key);
        return new Copy(
                segment.id(),
                segment.tenant(),
                segment.stream(),
                store.location() + key,
                DISTANCE,
                ArchiveKey.isCold(key)
                        ? new ColdOpener(object, segment.id())
                        : () -> SegmentBlocks.of(store.location() + key, store.open(object)));
    }

    private final class ColdOpener implements Opener {
        private final ObjectKey object;
        private final SegmentId id;

        /** The object's index on its way to the cache; null if it was not asked for. */
        private CompletableFuture<Void> ahead;

        ColdOpener(ObjectKey object, SegmentId id) {
            this.object = object;
            this.id = id;
        }

        @Override
        public SegmentBlocks open() throws IOException {
            return objects.segment(object, id);
        }

        @Override
        public SegmentPieces search(SearchScope scope) throws IOException {
            if (ahead != null) {
                ahead.join();
                ahead = null;
            }
            return objects.pieces(object, id, scope);
        }

        @Override
        public Runnable ahead(SearchScope scope) {
            CompletableFuture<Void> read = new CompletableFuture<>();
            Runnable index = objects.indexAhead(object);
            ahead = read;
            return () -> {
                try {
                    index.run();
                } finally {
                    read.complete(null);
                }
            };
        }
    }

    @Override
    public void close() {
        objects.close();
        cache.close();
        store.close();
    }
}
