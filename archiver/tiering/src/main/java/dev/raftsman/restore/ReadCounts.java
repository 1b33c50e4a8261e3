package dev.raftsman.restore;

/** How much of what was there a search had to read. One thread writes; others may read now and then, for a person. */
@SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes
public final class ReadCounts {
    private volatile long segments;
    private volatile long segmentsRead;
    private volatile long blocks;
    private volatile long blocksRead;
    private volatile long bytesFetched;
    private volatile long segmentsInAll;

    void planned(int count) {
        segmentsInAll += count;
    }

    void segment() {
        segments++;
    }

    void segmentRead() {
        segmentsRead++;
    }

    void blocks(long count) {
        blocks += count;
    }

    void blocksRead(long count) {
        blocksRead += count;
    }

    void bytesFetched(long count) {
        bytesFetched += count;
    }

    /** Of the streams that are searched. */
    public long segmentsInAll() {
        return segmentsInAll;
    }

    /** Looked at so far, were it only to leave them out. */
    public long segments() {
        return segments;
    }

    public long segmentsRead() {
        return segmentsRead;
    }

    /** In the segments looked at, as far as that is known. */
    public long blocks() {
        return blocks;
    }

    /** Fetched and taken apart. */
    public long blocksRead() {
        return blocksRead;
    }

    /** Of segments, objects and filters, as they are stored. */
    public long bytesFetched() {
        return bytesFetched;
    }
}
