package dev.raftsman.cold;

import dev.raftsman.search.TokenFilter;

/**
 * A cold block as the index knows it: enough to skip it without reading it.
 *
 * @param offset in the object
 * @param length in the object
 * @param crc CRC32C of these bytes
 * @param plainBytes what it inflates to: blocks with plain columns
 * @param rawBytes of the events as the sources had them
 * @param firstSegment place in the object's segments of the first record's
 * @param records how many blocks are in it
 * @param events without gaps
 * @param minTimeNanos of its events, since 1970; 0 without events, as the next
 */
public record ColdBlock(
        long offset,
        int length,
        int crc,
        int plainBytes,
        long rawBytes,
        int firstSegment,
        int lastSegment,
        long firstRaftIndex,
        long lastRaftIndex,
        int records,
        long events,
        int levelBitmap,
        long minTimeNanos,
        long maxTimeNanos,
        TokenFilter words) {
    /** Whether events of a time may be in it, or gaps, which have none. */
    public boolean mayHold(long fromNanos, long toNanos) {
        return events == 0 || minTimeNanos <= toNanos && maxTimeNanos >= fromNanos;
    }
}
