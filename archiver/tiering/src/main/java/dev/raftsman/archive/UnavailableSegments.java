package dev.raftsman.archive;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.segment.SegmentId;
import java.util.HashMap;
import java.util.Map;

/**
 * The segments that no collector sends. Each is tried again after ever more rounds, since a try may last as long as the
 * cluster's patience; others do not wait for it. Forgotten with the process, and found out again. One thread.
 */
final class UnavailableSegments {
    /** So often a segment may keep those that it shares an object with waiting. */
    private static final int TRIES_IN_COMPANY = 3;

    private static final int MOST_DOUBLINGS = 6;

    private record Tries(int failed, long nextRound) {}

    private final Map<SegmentId, Tries> tries = new HashMap<>();
    private long round;

    /** A round begins: what went elsewhere meanwhile, or was given up, is missed no more. */
    void beginRound(CatalogView catalog) {
        round++;
        tries.keySet()
                .removeIf(id -> catalog.segment(id)
                        .filter(segment -> segment.state() == SegmentState.SEALED)
                        .isEmpty());
    }

    int count() {
        return tries.size();
    }

    /** Nobody sent it in this round. */
    void failed(SegmentId id) {
        int failed = times(id) + 1;
        tries.put(id, new Tries(failed, round + (1L << Math.min(failed - 1, MOST_DOUBLINGS))));
    }

    int times(SegmentId id) {
        Tries before = tries.get(id);
        return before == null ? 0 : before.failed();
    }

    /** It was fetched after all. */
    void fetched(SegmentId id) {
        tries.remove(id);
    }

    /** Whether it is not to be tried in this round. */
    boolean waits(SegmentView segment) {
        Tries before = tries.get(segment.id());
        return before != null && round < before.nextRound();
    }

    /** Whether it is to be an object of its own. */
    boolean isAlone(SegmentId id) {
        return times(id) >= TRIES_IN_COMPANY;
    }
}
