package dev.raftsman.objects;

import java.util.Objects;

/**
 * Whether a store can lock objects.
 *
 * @param why what the store said, for a person
 */
public record LockSupport(Answer answer, String why) {
    public LockSupport {
        Objects.requireNonNull(answer, "answer");
        Objects.requireNonNull(why, "why");
    }

    /** What is known of it. */
    public enum Answer {
        YES,
        NO,
        /** The store did not answer, or may not be asked. */
        UNKNOWN
    }

    @Override
    public String toString() {
        return answer + " (" + why + ")";
    }
}
