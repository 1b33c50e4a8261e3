package dev.raftsman.shipper;

/**
 * Where a block of a WAL lies, seen from the sequence that goes out next. A WAL is read from further back than that: after a
 * start, and when it is read again for another stream.
 */
enum Place {
    /** The cluster has all of it. */
    ACKNOWLEDGED,
    /** It went out before and is in memory. */
    ON_ITS_WAY,
    /** It is what goes out next. */
    NEXT,
    /** Something is missing before it. */
    BEHIND_A_GAP,
    /** The cluster wants to go on within it: it was another block then. */
    ACROSS;

    /**
     * @param first of the block
     * @param end its last sequence
     * @param next goes out next; -1 if nobody has told yet
     * @param acknowledged the last that the cluster has
     */
    static Place of(long first, long end, long next, long acknowledged) {
        if (end <= acknowledged) {
            return ACKNOWLEDGED;
        }
        if (next > end) {
            return ON_ITS_WAY;
        }
        if (next > first) {
            return ACROSS;
        }
        return next >= 0 && next < first ? BEHIND_A_GAP : NEXT;
    }
}
