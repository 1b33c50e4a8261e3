package dev.raftsman.restore;

import dev.raftsman.cold.ColdBlock;
import dev.raftsman.cold.ColdIndex;
import java.util.List;

/** Of a segment in a cold object, the cold blocks that may hold what is looked for, by the object's index. Immutable. */
final class WantedBlocks {
    /** What is fetched at once of neighbours: a request to a store takes as long as some MiB do. */
    private static final int RUN_BYTES = 4 << 20;

    private final List<ColdBlock> blocks;
    private final int place;
    private final SearchScope scope;
    private final boolean all;

    /** @param place of the segment in the index */
    WantedBlocks(ColdIndex index, int place, SearchScope scope) {
        this.blocks = index.blocks();
        this.place = place;
        this.scope = scope;
        this.all = scope.everyBlockOf(index.segments().get(place).totals().gapEvents());
    }

    /** Whether something of the segment is in it. */
    boolean isOurs(ColdBlock block) {
        return block.firstSegment() <= place && block.lastSegment() >= place;
    }

    /** @param number of a block in the index */
    boolean has(int number) {
        ColdBlock block = blocks.get(number);
        return isOurs(block) && (all || mayHold(block));
    }

    private boolean mayHold(ColdBlock block) {
        return block.mayHold(scope.query().fromNanos(), scope.query().toNanos())
                && scope.query().mayHaveLevel(block.levelBitmap())
                && scope.words().mayBeIn(block.words(), false);
    }

    /** A block that is wanted and those behind it, without a hole between them. */
    List<ColdBlock> run(int number) {
        long bytes = blocks.get(number).length();
        int end = number + 1;
        while (end < blocks.size() && has(end)) {
            bytes += blocks.get(end).length();
            if (bytes > RUN_BYTES) {
                break;
            }
            end++;
        }
        return blocks.subList(number, end);
    }
}
