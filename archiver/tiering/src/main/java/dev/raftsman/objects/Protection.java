package dev.raftsman.objects;

import java.util.Objects;

/**
 * How a store guards an object against its own users.
 *
 * @param mode until when nobody may delete it; of no meaning with {@link Mode#NONE}
 * @param untilMillis since 1970
 * @param legalHold whether nobody may delete it until a person lifts the hold in the store
 */
public record Protection(Mode mode, long untilMillis, boolean legalHold) {
    public static final Protection NONE = new Protection(Mode.NONE, 0, false);

    public Protection {
        Objects.requireNonNull(mode, "mode");
    }

    /** As S3 Object Lock names them. */
    public enum Mode {
        NONE,
        GOVERNANCE,
        COMPLIANCE
    }

    public boolean isNone() {
        return mode == Mode.NONE && !legalHold;
    }
}
