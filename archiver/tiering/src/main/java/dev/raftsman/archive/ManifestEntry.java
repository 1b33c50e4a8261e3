package dev.raftsman.archive;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.EpochView;
import dev.raftsman.catalog.LockView;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.segment.SequenceRange;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * One outcome on a manifest page. What does not apply is null.
 *
 * @param token of the upload
 * @param segment as the catalog had it, with the ranges of its producers
 * @param key of the object
 * @param sha256 of the object
 * @param bytes of the object
 * @param snapshotId the snapshot itself, or the one whose object this is
 * @param place of the segment among those of a cold object; null if the object is the segment itself
 * @param epochs the producers of those ranges, as they stood
 * @param abandoned true if what may be under the key of an aborted token is no evidence of anything, and can go
 * @param lock how the store guards the object; null if it does not
 */
public record ManifestEntry(
        Outcome outcome,
        UUID token,
        SegmentView segment,
        String key,
        String sha256,
        Long bytes,
        String policy,
        String reason,
        String policyHash,
        String snapshotId,
        Integer place,
        List<EpochView> epochs,
        Boolean abandoned,
        LockView lock) {

    public ManifestEntry {
        epochs = epochs == null ? List.of() : List.copyOf(epochs);
    }

    /** What an entry says. */
    public enum Outcome {
        /** The segment is in the object. */
        @JsonProperty("archived")
        ARCHIVED,
        /** The segment was given up by a policy; this is all that is left of it. */
        @JsonProperty("truncated")
        TRUNCATED,
        /** The object is the manifest of a complete snapshot. */
        @JsonProperty("snapshot")
        SNAPSHOT,
        /** Nothing will ever be archived under this token. */
        @JsonProperty("aborted")
        ABORTED,
        /** The snapshot is no longer kept. */
        @JsonProperty("dropped")
        DROPPED
    }

    static ManifestEntry archived(
            CatalogView catalog,
            UUID token,
            SegmentView segment,
            String key,
            StoredObject object,
            Integer place,
            String policy,
            String reason,
            String policyHash,
            Optional<String> snapshotId) {
        return new ManifestEntry(
                Outcome.ARCHIVED,
                token,
                segment,
                key,
                object.sha256(),
                object.bytes(),
                policy,
                reason,
                policyHash,
                snapshotId.orElse(null),
                place,
                epochsOf(catalog, segment),
                null,
                object.lock());
    }

    static ManifestEntry truncated(CatalogView catalog, SegmentView segment) {
        return new ManifestEntry(
                Outcome.TRUNCATED,
                null,
                segment,
                null,
                null,
                null,
                segment.truncation().policy(),
                segment.truncation().reason(),
                segment.truncation().policyHash(),
                null,
                null,
                epochsOf(catalog, segment),
                null,
                null);
    }

    /** @param evidence whether somebody may want to look at what is under the key */
    static ManifestEntry aborted(UUID token, SegmentView segment, String key, String why, boolean evidence) {
        return new ManifestEntry(
                Outcome.ABORTED,
                token,
                segment,
                key,
                null,
                null,
                null,
                why,
                null,
                null,
                null,
                List.of(),
                evidence ? null : true,
                null);
    }

    /** @param bytes of the snapshot's own manifest, not of what it refers to */
    public static ManifestEntry snapshot(
            String id, String key, String sha256, long bytes, String policy, String reason, String policyHash) {
        return new ManifestEntry(
                Outcome.SNAPSHOT,
                null,
                null,
                key,
                sha256,
                bytes,
                policy,
                reason,
                policyHash,
                id,
                null,
                List.of(),
                null,
                null);
    }

    public static ManifestEntry dropped(String id, String key, String policy, String reason) {
        return new ManifestEntry(
                Outcome.DROPPED, null, null, key, null, null, policy, reason, null, id, null, List.of(), null, null);
    }

    private static List<EpochView> epochsOf(CatalogView catalog, SegmentView segment) {
        return segment.ranges().stream()
                .map(SequenceRange::epoch)
                .map(catalog::epoch)
                .flatMap(Optional::stream)
                .toList();
    }
}
