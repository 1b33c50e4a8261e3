package dev.raftsman.archive;

import dev.raftsman.cold.ColdSettings;
import dev.raftsman.policy.ArchiveRule;
import java.util.Objects;

/**
 * How a policy's segments are stored.
 *
 * @param objectBytes segments that are due together are merged up to this, in bytes of their files; a longer one is an
 *     object of its own. Counts only where segments are recoded
 * @param cold how they are recoded
 */
public record ArchiveSettings(ArchiveRule.Format format, long objectBytes, ColdSettings cold) {
    public static final long DEFAULT_OBJECT_BYTES = ArchiveRule.DEFAULT_OBJECT_BYTES;

    public static final ArchiveSettings DEFAULTS =
            new ArchiveSettings(ArchiveRule.Format.COLD, DEFAULT_OBJECT_BYTES, ColdSettings.DEFAULTS);

    public ArchiveSettings {
        Objects.requireNonNull(format, "format");
        Objects.requireNonNull(cold, "cold");
        if (objectBytes < 1) {
            throw new IllegalArgumentException("objects of " + objectBytes + " bytes");
        }
    }

    /** What a policy asks for. */
    public static ArchiveSettings of(ArchiveRule rule) {
        return new ArchiveSettings(rule.format(), rule.objectBytes(), ColdSettings.DEFAULTS);
    }

    /** Which settings a policy has. */
    @FunctionalInterface
    public interface ByPolicy {
        ArchiveSettings of(String policy);
    }
}
