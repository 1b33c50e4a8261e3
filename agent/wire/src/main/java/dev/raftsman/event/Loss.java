package dev.raftsman.event;

import java.util.Objects;

/**
 * Events that were offered but never claimed a sequence, so that no hole in the sequences shows them: declared in the
 * header of the next block.
 *
 * @param count how many events; 0 exactly with {@link LossReason#NONE}
 */
public record Loss(LossReason reason, long count) {
    public static final Loss NONE = new Loss(LossReason.NONE, 0);

    public Loss {
        Objects.requireNonNull(reason, "reason");
        if (count < 0 || (count == 0) != (reason == LossReason.NONE)) {
            throw new IllegalArgumentException("loss of " + count + " events with reason " + reason);
        }
    }
}
