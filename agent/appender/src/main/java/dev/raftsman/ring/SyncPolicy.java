package dev.raftsman.ring;

/** When what was written is forced to the disk. */
public enum SyncPolicy {
    /** When the kernel sees fit: events survive the death of the process, not a power cut. */
    NEVER,
    /** Within an interval; an event that asks for it is waited for. */
    INTERVAL,
    /** Every event is waited for: {@code publish} returns once it is forced. Callers share one force. */
    ALWAYS
}
