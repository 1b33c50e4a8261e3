package dev.raftsman.catalog;

import java.time.Instant;

/**
 * How the store guarded an object against deletion when its segments were archived. A person may have locked it for longer
 * since, and may have lifted a hold.
 *
 * @param mode {@code governance} or {@code compliance}; null if there is nothing but a hold
 * @param untilMillis when the lock ends, since 1970; 0 without one
 * @param legalHold whether it is held until a person lifts that in the store
 */
public record LockView(String mode, long untilMillis, boolean legalHold) {
    public LockView {
        if ((mode == null) != (untilMillis == 0) || mode == null && !legalHold) {
            throw new IllegalArgumentException(
                    "lock " + mode + " until " + untilMillis + ", legal hold " + legalHold + "; expected one of them");
        }
    }

    /** For a person: {@code compliance until 2033-05-01T00:00:00Z, legal hold}. */
    @Override
    public String toString() {
        String until = mode == null ? "" : mode + " until " + Instant.ofEpochMilli(untilMillis);
        return until + (legalHold && mode != null ? ", " : "") + (legalHold ? "legal hold" : "");
    }
}
