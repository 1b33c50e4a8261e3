package dev.raftsman.shipper;

/** Who fills a feed, and is told what became of it. All calls come on the shipper's thread. */
interface FeedOwner {
    /** The collector named the epoch, or said again what it has of it. Nothing of it is in memory below {@code last}. */
    default void opened(Feed feed, long last) {}

    /** Every sequence up to {@code through} is on the disks of a majority. */
    void acknowledged(Feed feed, long through);

    /**
     * The collector goes on from a sequence that is not at the head of what is in memory. All of the feed's blocks
     * have left memory; the owner offers again from {@code next}, or declares what it no longer has. CLOSE and FORGET are
     * called off, also where they were asked for, and a CLOSE that was answered counts for nothing.
     */
    void rewind(Feed feed, long next);

    /**
     * The collector has the epoch open, or not at all, though it was closed. CLOSE must be asked for again; a {@link
     * #rewind} may still come before it is.
     */
    default void reopened(Feed feed) {}

    /** Nothing more will be taken for this epoch; it was asked for. */
    default void closed(Feed feed) {}

    /** The cluster forgot the epoch; it was asked for. */
    default void forgotten(Feed feed) {}

    /** The collector will never take what this feed has. Its blocks have left memory; its data stays in the WAL. */
    void failed(Feed feed, String reason);
}
