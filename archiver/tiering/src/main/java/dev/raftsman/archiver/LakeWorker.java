package dev.raftsman.archiver;

import dev.raftsman.archive.ColdTargets;
import dev.raftsman.archive.Manifest;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.lake.LakeExport;
import dev.raftsman.lake.LakeListener;
import dev.raftsman.objects.ObjectStore;
import dev.raftsman.policy.RetentionPolicies;
import dev.raftsman.policy.Target;
import dev.raftsman.restore.ColdArchive;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Exports what is archived into the tables, by a thread of its own: however long that takes or fails, archiving goes on.
 * Which segments are exported already, the tables say; nothing is remembered here but whether there is news. One thread.
 */
final class LakeWorker implements AutoCloseable {
    /** Wants nothing exported. */
    static final Predicate<SegmentView> NO_SEGMENTS = segment -> false;

    private static final Logger LOG = LoggerFactory.getLogger(LakeWorker.class);

    private final RetentionPolicies policies;
    private final Predicate<SegmentView> wanted;
    private final ColdTargets.Opener opener;
    private final Path staging;
    private final BooleanSupplier active;
    private final LakeListener listener;
    private final Map<String, Lake> lakes = new HashMap<>();

    /**
     * @param wanted segments that a policy wants in the table
     * @param staging a directory of this worker's own
     * @param active whether this archiver is the one that acts; the tables stay whole if two do, but one is enough
     */
    LakeWorker(
            RetentionPolicies policies,
            Predicate<SegmentView> wanted,
            ColdTargets.Opener opener,
            Path staging,
            BooleanSupplier active,
            LakeListener listener) {
        this.policies = policies;
        this.wanted = wanted;
        this.opener = opener;
        this.staging = staging;
        this.active = active;
        this.listener = listener;
    }

    /** One target: its manifest to see news by, and the export. */
    private static final class Lake {
        private static final long NEVER = -1;

        private final String target;
        private final ObjectStore store;
        private final Manifest manifest;
        private final LakeExport export;
        private long exportedPages = NEVER;
        private String lastFailure = "";

        Lake(String target, ObjectStore store, LakeExport export) {
            this.target = target;
            this.store = store;
            this.manifest = new Manifest(store);
            this.export = export;
        }
    }

    /** Whether there is anything that it would ever do. */
    boolean isNeeded() {
        return !wanted.equals(NO_SEGMENTS);
    }

    /** Exports what is due of every target; what fails is reported and tried again by the next call. */
    void step() {
        for (Target target : policies.targets().values()) {
            if (!active.getAsBoolean()) {
                return;
            }
            try {
                step(lake(target));
            } catch (IOException e) {
                failed(target.name(), e);
            } catch (RuntimeException e) {
                // The engine's own, or a mistake of ours: other targets, and the next look, are not held up by it.
                LOG.error("lake export stopped by what it cannot explain: target={}", target.name(), e);
                failed(target.name(), new IOException(e));
            }
        }
    }

    private Lake lake(Target target) throws IOException {
        Lake known = lakes.get(target.name());
        if (known != null) {
            return known;
        }
        ObjectStore store = opener.open(target);
        try {
            Lake lake =
                    new Lake(target.name(), store, LakeExport.open(store, staging.resolve(target.name()), listener));
            lakes.put(target.name(), lake);
            return lake;
        } catch (IOException | RuntimeException e) {
            store.close();
            throw e;
        }
    }

    private void step(Lake lake) throws IOException {
        lake.manifest.refresh();
        long pages = lake.manifest.pages();
        if (pages == lake.exportedPages || pages == 0) {
            return;
        }
        LakeExport.Outcome outcome =
                lake.export.run(LakeExport.archived(new ColdArchive(lake.target, lake.store).look(), wanted));
        if (outcome.failed() == 0) {
            lake.exportedPages = pages;
        }
        lake.lastFailure = "";
    }

    private void failed(String target, IOException e) {
        listener.failed("lake");
        Lake lake = lakes.get(target);
        String failure = String.valueOf(e.getMessage());
        if (lake == null || !failure.equals(lake.lastFailure)) {
            LOG.warn("lake export failed, will be tried again: target={} reason={}", target, failure);
        }
        if (lake != null) {
            lake.lastFailure = failure;
        }
    }

    @Override
    public void close() {
        for (Lake lake : lakes.values()) {
            lake.export.close();
            lake.store.close();
        }
        lakes.clear();
    }
}
