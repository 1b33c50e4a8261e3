package dev.raftsman.archive;

import dev.raftsman.archive.ColdTargets.Cold;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.policy.Decision;
import dev.raftsman.policy.RetentionPolicies;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Archives segments, target by target: chooses what goes into an object and a batch, and leaves the steps to the {@link
 * Uploader}. Holding the lease is the caller's part; {@link Lease.FencedException} ends a round. One thread.
 */
public final class SegmentArchiver {
    private static final Logger LOG = LoggerFactory.getLogger(SegmentArchiver.class);

    private final ColdTargets targets;
    private final ArchiveSettings.ByPolicy settings;
    private final ObjectLocks locks;
    private final Uploader uploader;
    private final ArchiveListener listener;

    /** With the same settings for every policy. */
    public SegmentArchiver(
            RetentionPolicies policies, Lease lease, ColdTargets targets, VerifiedCopy copy, ArchiveListener listener) {
        this(policies, lease, targets, copy, policy -> ArchiveSettings.DEFAULTS, listener);
    }

    public SegmentArchiver(
            RetentionPolicies policies,
            Lease lease,
            ColdTargets targets,
            VerifiedCopy copy,
            ArchiveSettings.ByPolicy settings,
            ArchiveListener listener) {
        this.targets = targets;
        this.settings = settings;
        this.locks = new ObjectLocks(policies, listener);
        this.uploader = new Uploader(policies.hash(), lease, copy, settings, locks, listener);
        this.listener = listener;
    }

    /**
     * Begins a round: goes on with every upload that was announced in Raft and is not finished; a target that fails is left
     * for later.
     */
    public void resume(CatalogView catalog) throws IOException {
        uploader.beginRound(catalog);
        Map<String, List<Upload>> byTarget = new LinkedHashMap<>();
        for (Upload upload : Upload.announced(catalog)) {
            if (upload.segments().stream().noneMatch(uploader::waits)) {
                byTarget.computeIfAbsent(upload.first().target(), name -> new ArrayList<>())
                        .add(upload);
            }
        }
        for (Map.Entry<String, List<Upload>> uploads : byTarget.entrySet()) {
            try {
                Cold cold = targets.get(uploads.getKey(), catalog);
                for (List<Upload> batch : Upload.batches(uploads.getValue(), Upload::segments)) {
                    uploader.finish(catalog, cold, batch);
                }
            } catch (Lease.FencedException e) {
                throw e;
            } catch (IOException e) {
                failed("resume", uploads.getKey(), e);
            }
        }
    }

    /** Those of the decisions that need not wait for others to share an object with, in the order of their segments. */
    public List<Decision.Archive> ripe(List<Decision.Archive> decisions) {
        return Merging.ripe(inOrder(decisions), settings, uploader::isAlone);
    }

    /** Archives segments, target by target; a target that fails is left for the next round. */
    public void archive(List<Decision.Archive> decisions, CatalogView catalog) throws IOException {
        Map<String, List<Decision.Archive>> byTarget = new LinkedHashMap<>();
        for (Decision.Archive decision : decisions) {
            if (!uploader.waits(decision.segment())) {
                byTarget.computeIfAbsent(decision.target(), name -> new ArrayList<>())
                        .add(decision);
            }
        }
        for (Map.Entry<String, List<Decision.Archive>> due : byTarget.entrySet()) {
            try {
                Cold cold = targets.get(due.getKey(), catalog);
                List<List<Decision.Archive>> objects =
                        Merging.objects(inOrder(locks.lockable(cold, due.getValue())), settings, uploader::isAlone);
                for (List<List<Decision.Archive>> batch : Upload.batches(objects, Upload::segmentsOf)) {
                    cold.manifest().refresh(); // What cannot be reached has nothing announced for it.
                    uploader.finish(catalog, cold, uploader.prepare(batch));
                }
            } catch (Lease.FencedException e) {
                throw e;
            } catch (IOException e) {
                failed("archive", due.getKey(), e);
            }
        }
    }

    /** How many of the segments to be archived no collector sends, as far as it was tried. */
    public int unavailable() {
        return uploader.unavailable();
    }

    /** What is merged must lie together. */
    private static List<Decision.Archive> inOrder(List<Decision.Archive> decisions) {
        List<Decision.Archive> sorted = new ArrayList<>(decisions);
        sorted.sort(Comparator.comparing(decision -> decision.segment().id()));
        return sorted;
    }

    private void failed(String step, String target, IOException e) {
        LOG.warn("{} failed, will be tried again: target={} reason={}", step, target, e.getMessage());
        listener.failed(step);
        listener.targetFailed(target);
    }
}
