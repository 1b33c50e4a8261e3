package dev.raftsman.shipper;

import dev.raftsman.block.GapBlock;
import dev.raftsman.event.LossReason;
import dev.raftsman.input.OperatorLog;

/** Declares sequences that hold nothing, as blocks on their way like any other. */
final class Gaps {
    private Gaps() {}

    /**
     * Offers a gap from {@code first} through {@code last}, in as many blocks as a count needs.
     *
     * @param nowMillis wall clock
     */
    static void declare(
            Session session,
            Feed feed,
            long first,
            long last,
            LossReason reason,
            long nowMillis,
            OperatorLog log,
            ShipperObserver observer) {
        log.error(
                "gap " + feed.stream,
                "events are missing, declared as a gap: first=" + first + ", last=" + last + ", reason=" + reason + ", "
                        + feed);
        for (long at = first; at <= last; ) {
            int count = (int) Math.min(Integer.MAX_VALUE, last - at + 1);
            session.offer(feed, GapBlock.encode(at, count, reason, nowMillis * 1_000_000), at, at + count - 1);
            at += count;
        }
        observer.gap(feed.stream, last - first + 1);
    }
}
