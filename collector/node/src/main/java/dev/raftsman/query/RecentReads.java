package dev.raftsman.query;

import dev.raftsman.segment.SegmentId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which segments somebody read from this node, and when last. In memory: a node that was restarted knows nothing, and of
 * more segments than it holds it forgets those that were not read for longest. Any thread.
 */
final class RecentReads {
    private static final int MOST = 10_000;

    private final Map<SegmentId, Long> lastMillis = new LinkedHashMap<>();

    /** One segment of {@link Page}. */
    record Read(SegmentId segment, long agoMillis) {}

    /** All of them, longest ago first. */
    record Page(List<Read> reads) {}

    synchronized void note(SegmentId segment, long nowMillis) {
        lastMillis.remove(segment); // Put again, it is the last.
        lastMillis.put(segment, nowMillis);
        if (lastMillis.size() > MOST) {
            lastMillis.remove(lastMillis.keySet().iterator().next());
        }
    }

    synchronized Page page(long nowMillis) {
        return new Page(lastMillis.entrySet().stream()
                .map(read -> new Read(read.getKey(), Math.max(0, nowMillis - read.getValue())))
                .toList());
    }
}
