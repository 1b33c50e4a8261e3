package dev.raftsman.objects;

import java.time.Instant;
import java.util.Objects;

/**
 * How a store guards an object against its own users.
 *
 * @param mode until when nobody may delete it
 * @param untilMillis since 1970, in whole seconds, for there are stores that keep no finer times; 0 with {@link Mode#NONE}
 * @param legalHold whether nobody may delete it until a person lifts the hold in the store
 */
public record Protection(Mode mode, long untilMillis, boolean legalHold) {
    public static final Protection NONE = new Protection(Mode.NONE, 0, false);

    private static final long SECOND = 1_000;

    public Protection {
        Objects.requireNonNull(mode, "mode");
        untilMillis = mode == Mode.NONE ? 0 : Math.floorDiv(untilMillis + SECOND - 1, SECOND) * SECOND;
    }

    /** As S3 Object Lock names them, the stronger last. */
    public enum Mode {
        NONE,
        /** Who has the right to bypass it may delete. */
        GOVERNANCE,
        /** Nobody may delete, not even the account's owner. */
        COMPLIANCE
    }

    public boolean isNone() {
        return mode == Mode.NONE && !legalHold;
    }

    /** What guards against all that either of the two guards against. */
    public Protection and(Protection other) {
        return new Protection(
                mode.compareTo(other.mode) >= 0 ? mode : other.mode,
                Math.max(untilMillis, other.untilMillis),
                legalHold || other.legalHold);
    }

    /** Whether the object can be deleted by nobody at that time. */
    public boolean forbidsDeletionAt(long nowMillis) {
        return legalHold || mode != Mode.NONE && untilMillis > nowMillis;
    }

    @Override
    public String toString() {
        String hold = legalHold ? "legal hold" : "";
        String lock = mode == Mode.NONE ? "" : mode + " until " + Instant.ofEpochMilli(untilMillis);
        return isNone() ? "none" : lock + (lock.isEmpty() || hold.isEmpty() ? "" : ", ") + hold;
    }
}
