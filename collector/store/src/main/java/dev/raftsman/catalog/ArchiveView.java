package dev.raftsman.catalog;

import java.util.UUID;

/**
 * Where an archived segment is.
 *
 * @param sha256 of the object, which may hold several segments
 * @param bytes of the object
 * @param snapshotId the snapshot that needed it; null for an archive
 * @param lock how the store guards the object; null if it does not
 */
public record ArchiveView(
        String target,
        String key,
        String sha256,
        long bytes,
        String policy,
        String reason,
        String policyHash,
        UUID token,
        String snapshotId,
        long committedAtMillis,
        LockView lock) {
    /** Of an object that nothing guards. */
    public ArchiveView(
            String target,
            String key,
            String sha256,
            long bytes,
            String policy,
            String reason,
            String policyHash,
            UUID token,
            String snapshotId,
            long committedAtMillis) {
        this(target, key, sha256, bytes, policy, reason, policyHash, token, snapshotId, committedAtMillis, null);
    }
}
