package org.apache.ratis.server.raftlog.segmented;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.ratis.server.raftlog.segmented.SegmentedRaftLogCache.LogSegmentList;
import org.apache.ratis.util.AutoCloseableLock;

/**
 * Stands in for the engine's class of this name, which lets go of too little: where a follower has passed one segment of the
 * log, it is the only one whose entries are dropped from memory, though several were added since. A follower that is slow
 * but moves makes a leader with a heap of 256 MiB end by it within half a minute at full speed. The engine has no setting
 * for it. Where the engine's own class is found first, that remains so.
 *
 * <pre>
 * a closed segment in memory, forced to the disk            its entries
 *   all have read it (followers and the state machine)      dropped
 *   somebody is to read it next                             kept
 *   others: more in memory than three quarters of the       dropped, the newest first: it is longest until a follower
 *    most there should be                                    that is behind comes to it
 * </pre>
 */
public interface CacheInvalidationPolicy {
    /**
     * @param followerNextIndices what each follower is sent next; null or empty where this node does not lead
     * @param safeEvictIndex entries up to it are on the disk, in closed files
     * @param lastAppliedIndex the state machine reads on from here
     * @param segments the closed ones, in order
     * @param maxCachedSegments how many there should be in memory at most
     * @return whose entries are to be dropped from memory
     */
    List<LogSegment> evict(
            long[] followerNextIndices,
            long safeEvictIndex,
            long lastAppliedIndex,
            LogSegmentList segments,
            int maxCachedSegments);

    /** What the engine makes one of. */
    class CacheInvalidationPolicyDefault implements CacheInvalidationPolicy {
        @Override
        public List<LogSegment> evict(
                long[] followerNextIndices,
                long safeEvictIndex,
                long lastAppliedIndex,
                LogSegmentList segments,
                int maxCachedSegments) {
            AutoCloseableLock held = segments.readLock();
            try {
                List<LogSegment> droppable = new ArrayList<>();
                List<Span> spans = new ArrayList<>();
                int inMemory = 0;
                for (int i = 0; i < segments.size(); i++) {
                    LogSegment segment = segments.get(i);
                    if (segment.hasCache()) {
                        inMemory++;
                        if (!segment.isOpen() && segment.getEndIndex() <= safeEvictIndex) {
                            droppable.add(segment);
                            spans.add(new Span(segment.getStartIndex(), segment.getEndIndex()));
                        }
                    }
                }
                int followers = followerNextIndices == null ? 0 : followerNextIndices.length;
                long[] readers = followers == 0
                        ? new long[] {lastAppliedIndex}
                        : Arrays.copyOf(followerNextIndices, followers + 1);
                readers[followers] = lastAppliedIndex;
                return Span.toDrop(spans, readers, inMemory, maxCachedSegments * 3 / 4).stream()
                        .map(droppable::get)
                        .toList();
            } finally {
                held.close();
            }
        }
    }

    /** Indices of a segment in memory, both inclusive. */
    record Span(long first, long last) {
        private boolean isReadBy(long[] readers) {
            return Arrays.stream(readers).anyMatch(index -> index >= first && index <= last);
        }

        /**
         * @param spans those that may be dropped, in order
         * @param readers what somebody is to read next
         * @param inMemory how many there are with those that may not be dropped
         * @param most how many shall be left in memory, if readers allow
         * @return positions in {@code spans}
         */
        static List<Integer> toDrop(List<Span> spans, long[] readers, int inMemory, int most) {
            long leastRead = Arrays.stream(readers).min().orElse(Long.MAX_VALUE);
            List<Integer> drop = new ArrayList<>();
            int passed = 0;
            while (passed < spans.size() && spans.get(passed).last < leastRead) {
                drop.add(passed++);
            }
            for (int i = spans.size() - 1; i >= passed && inMemory - drop.size() > most; i--) {
                if (!spans.get(i).isReadBy(readers)) {
                    drop.add(i);
                }
            }
            return drop;
        }
    }
}
