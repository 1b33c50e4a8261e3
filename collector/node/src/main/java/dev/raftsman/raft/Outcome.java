package dev.raftsman.raft;

/** What became of a submission. */
public sealed interface Outcome {
    /**
     * Committed and applied on this node.
     *
     * @param index of the entry in the log; 0 for a read barrier
     * @param reply what applying it returned; empty for a read barrier
     */
    record Applied(long index, byte[] reply) implements Outcome {}

    /**
     * This node does not lead, or stopped leading before the outcome was known.
     *
     * @param leader id of the node to ask, or empty if none is known
     */
    record NotLeader(String leader) implements Outcome {}

    /** The engine took nothing or cannot say: over its limits, closing, or broken. */
    record Unavailable(String detail) implements Outcome {}
}
