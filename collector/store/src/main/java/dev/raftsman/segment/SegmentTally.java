package dev.raftsman.segment;

import dev.raftsman.block.Block;
import dev.raftsman.block.BlockKind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Adds blocks up, as they are appended or read. A few additions for a block, nothing for an event. One thread. */
public final class SegmentTally {
    private final Map<Long, SequenceRange> ranges = new LinkedHashMap<>();
    private long blocks;
    private long events;
    private long rawBytes;
    private long gapEvents;
    private long lostEvents;
    private int levelBitmap;
    private long minTimeNanos;
    private long maxTimeNanos;

    public SegmentTally() {}

    /** Goes on from what was counted before. */
    public SegmentTally(SegmentTotals before) {
        blocks = before.blocks();
        events = before.events();
        rawBytes = before.rawBytes();
        gapEvents = before.gapEvents();
        lostEvents = before.lostEvents();
        levelBitmap = before.levelBitmap();
        minTimeNanos = before.minTimeNanos();
        maxTimeNanos = before.maxTimeNanos();
        before.ranges().forEach(range -> ranges.put(range.epoch(), range));
    }

    /** @throws IllegalStateException if the block does not follow the last one of its epoch */
    public void add(long epoch, Block block) {
        SequenceRange before = ranges.get(epoch);
        int count = block.count();
        if (before != null && before.last() + 1 != block.firstSequence()) {
            throw new IllegalStateException(
                    "epoch " + epoch + ": sequence " + block.firstSequence() + " after " + before.last());
        }
        ranges.put(
                epoch,
                before == null
                        ? new SequenceRange(epoch, block.firstSequence(), count)
                        : new SequenceRange(epoch, before.first(), before.count() + count));
        blocks++;
        lostEvents += block.lostCount();
        if (block.kind() == BlockKind.GAP) {
            gapEvents += count;
            return;
        }
        minTimeNanos = events == 0 ? block.minTimeNanos() : Math.min(minTimeNanos, block.minTimeNanos());
        maxTimeNanos = events == 0 ? block.maxTimeNanos() : Math.max(maxTimeNanos, block.maxTimeNanos());
        events += count;
        rawBytes += block.rawBytes();
        levelBitmap |= block.levelBitmap();
    }

    public SegmentTotals totals() {
        List<SequenceRange> inOrder = new ArrayList<>(ranges.values());
        return new SegmentTotals(
                blocks, events, rawBytes, gapEvents, lostEvents, levelBitmap, minTimeNanos, maxTimeNanos, inOrder);
    }
}
