package dev.raftsman.ring;

import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Events that got no sequence since the ring was opened, by reason: how many there are, which any thread counts, and how
 * many of them the log says, which is the flusher's. They are counted here and not in the log's page, since there may be
 * no log yet, or another one soon; {@link Incarnation} keeps the page up with them.
 */
final class Losses {
    private static final LossReason[] REASONS = LossReason.values();

    private final AtomicLongArray counted = new AtomicLongArray(REASONS.length);
    private final long[] declared = new long[REASONS.length];

    /** @return how many there are now for this reason */
    long count(LossReason reason) {
        return counted.incrementAndGet(reason.code());
    }

    long counted(LossReason reason) {
        return counted.get(reason.code());
    }

    long declared(LossReason reason) {
        return declared[reason.code()];
    }

    /** One reason's that the log does not say yet; {@link Loss#NONE} if it says all. */
    Loss undeclared() {
        for (LossReason reason : REASONS) {
            long more = counted(reason) - declared(reason);
            if (more > 0) {
                return new Loss(reason, more);
            }
        }
        return Loss.NONE;
    }

    void declare(Loss loss) {
        declared[loss.reason().code()] += loss.count();
    }
}
