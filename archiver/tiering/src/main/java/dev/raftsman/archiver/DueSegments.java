package dev.raftsman.archiver;

import dev.raftsman.archive.ArchiveListener;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.policy.Decision;
import dev.raftsman.segment.SegmentId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Since when segments are due to be stored that are not. In memory: an archiver that was restarted, or stood by, counts
 * anew. The worker's thread.
 */
final class DueSegments {
    private final ArchiveListener listener;
    private final Map<SegmentId, Long> sinceMillis = new HashMap<>();

    DueSegments(ArchiveListener listener) {
        this.listener = listener;
    }

    /** @param decisions at the end of a round, as if every target could be reached */
    void tell(List<Decision> decisions, long nowMillis) {
        Map<SegmentId, SegmentView> due = new HashMap<>();
        for (Decision decision : decisions) {
            if (decision instanceof Decision.Archive archive) {
                due.put(archive.segment().id(), archive.segment());
            }
        }
        sinceMillis.keySet().retainAll(due.keySet());
        due.keySet().forEach(id -> sinceMillis.putIfAbsent(id, nowMillis));
        long oldest =
                sinceMillis.values().stream().mapToLong(since -> since).min().orElse(nowMillis);
        listener.due(
                due.size(), due.values().stream().mapToLong(SegmentView::bytes).sum(), Math.max(0, nowMillis - oldest));
    }

    /** Another archiver acted meanwhile. */
    void forget() {
        sinceMillis.clear();
    }
}
