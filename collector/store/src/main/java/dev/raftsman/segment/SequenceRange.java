package dev.raftsman.segment;

/**
 * Sequences of one epoch in a segment: at most one range for an epoch, since blocks are accepted in order only.
 *
 * @param count 1 or more
 */
public record SequenceRange(long epoch, long first, long count) {
    /** The greatest sequence. */
    public long last() {
        return first + count - 1;
    }
}
