package dev.raftsman.restore;

import dev.raftsman.search.Query;
import dev.raftsman.search.WordQuery;

/**
 * What may be left out of a segment, and who counts it.
 *
 * @param everyBlock nothing may be left out: items around a match are wanted
 * @param offsets whether it must be known where in its entry each item lies
 */
record SearchScope(Query query, WordQuery words, boolean everyBlock, boolean offsets, ReadCounts counts) {
    SearchScope(Query query, boolean everyBlock, boolean offsets) {
        this(query, new WordQuery(query), everyBlock, offsets, new ReadCounts());
    }

    /** Whether anything at all could be left out for what it holds. */
    boolean prunes() {
        Query all = Query.ALL;
        boolean timed = query.fromNanos() != all.fromNanos() || query.toNanos() != all.toNanos();
        return !everyBlock && (words.prunes(true) || timed || query.leastLevel() != null);
    }

    /** Whether nothing may be left out of a segment with so many sequences in gaps: no index says where these are. */
    boolean everyBlockOf(long gapEvents) {
        return everyBlock || query.wantsGaps() && gapEvents > 0;
    }
}
