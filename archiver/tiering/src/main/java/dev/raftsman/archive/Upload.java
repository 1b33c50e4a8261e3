package dev.raftsman.archive;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.PreparedView;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.SnapshotView;
import dev.raftsman.objects.ObjectKey;
import dev.raftsman.policy.Decider;
import dev.raftsman.policy.Decision;
import dev.raftsman.policy.Reason;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;

/**
 * One object on its way, announced in Raft by this archiver or one before it, or about to be.
 *
 * @param decisions one for each segment, in the order of their bases
 */
record Upload(UUID token, ObjectKey key, List<Decision.Archive> decisions) {
    /** How many segments share a manifest page; also how many uploads a killed archiver may leave to be gone on with. */
    static final int BATCH_SEGMENTS = 32;

    /** Label of what an archiver before this one, or an earlier round, had begun; the text is the reason it gave. */
    private static final String RESUMED = "resumed";

    Upload {
        decisions = List.copyOf(decisions);
    }

    /**
     * A new one.
     *
     * @param cold whether the segments are recoded; of no meaning for what a snapshot's object holds already
     */
    static Upload begin(List<Decision.Archive> decisions, boolean cold) {
        UUID token = UUID.randomUUID();
        Decision.Archive first = decisions.get(0);
        ObjectKey key = first.snapshotId().isPresent()
                ? ArchiveKey.ofContent(first.segment())
                : ArchiveKey.ofUpload(first.segment(), token, cold);
        return new Upload(token, key, decisions);
    }

    /** Those that are announced and not finished. */
    static Collection<Upload> announced(CatalogView catalog) {
        Map<UUID, List<SegmentView>> byToken = new LinkedHashMap<>();
        for (SegmentView segment : catalog.segments()) {
            if (segment.prepared() != null) {
                byToken.computeIfAbsent(segment.prepared().token(), token -> new ArrayList<>())
                        .add(segment);
            }
        }
        List<Upload> uploads = new ArrayList<>();
        byToken.forEach((token, segments) -> uploads.add(new Upload(
                token,
                new ObjectKey(segments.get(0).prepared().key()),
                segments.stream()
                        .sorted(Comparator.comparing(SegmentView::id))
                        .map(segment -> resumed(catalog, segment))
                        .toList())));
        return uploads;
    }

    private static Decision.Archive resumed(CatalogView catalog, SegmentView segment) {
        PreparedView prepared = segment.prepared();
        Optional<String> snapshotId =
                prepared.key().equals(ArchiveKey.ofContent(segment).value())
                        ? Decider.newestHolding(catalog, segment).map(SnapshotView::id)
                        : Optional.empty();
        Reason reason = new Reason(RESUMED, String.valueOf(prepared.reason()), Map.of());
        return new Decision.Archive(segment, prepared.policy(), reason, prepared.target(), snapshotId);
    }

    /** Objects that share a manifest page: so many segments, and so many bytes that the page is not long in coming. */
    static <T> List<List<T>> batches(List<T> objects, Function<T, List<SegmentView>> segmentsOf) {
        List<List<T>> batches = new ArrayList<>();
        int count = BATCH_SEGMENTS;
        long bytes = 0;
        for (T object : objects) {
            List<SegmentView> segments = segmentsOf.apply(object);
            if (count + segments.size() > BATCH_SEGMENTS || bytes >= ArchiveSettings.DEFAULT_OBJECT_BYTES) {
                batches.add(new ArrayList<>());
                count = 0;
                bytes = 0;
            }
            batches.get(batches.size() - 1).add(object);
            count += segments.size();
            bytes += segments.stream().mapToLong(SegmentView::bytes).sum();
        }
        return batches;
    }

    static List<SegmentView> segmentsOf(List<Decision.Archive> object) {
        return object.stream().map(Decision.Archive::segment).toList();
    }

    List<SegmentView> segments() {
        return segmentsOf(decisions);
    }

    /** The first one; there is none other but in a cold object. */
    Decision.Archive first() {
        return decisions.get(0);
    }

    /** The key says it, since whoever finds the object knows no more. */
    boolean isCold() {
        return ArchiveKey.isCold(key.value());
    }

    /** What a manifest page says of it once its object is proved: one entry for each segment. */
    List<ManifestEntry> entries(CatalogView catalog, StoredObject object, String policyHash) {
        List<ManifestEntry> entries = new ArrayList<>();
        for (Decision.Archive decision : decisions) {
            Reason reason = decision.reason();
            entries.add(ManifestEntry.archived(
                    catalog,
                    token,
                    decision.segment(),
                    key.value(),
                    object,
                    isCold() ? entries.size() : null,
                    decision.policy(),
                    reason.label().equals(RESUMED) ? reason.text() : reason.toString(),
                    policyHash,
                    decision.snapshotId()));
        }
        return entries;
    }
}
