package dev.raftsman.ring;

/** What happens to an event when the ring is full. What is given up is counted and declared, never silent. */
public enum FullPolicy {
    /** The caller waits, {@link RingSettings#maxBlock} at most; then the event is given up. */
    BLOCK,
    /** The event is given up at once; DEBUG and below already when three quarters of the ring are taken. */
    DROP
}
