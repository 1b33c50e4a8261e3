package dev.raftsman.simulation;

/** A fault in a part of the model that no correct system survives: what the oracles must be seen to find. */
enum Sabotage {
    /** A leader answers that blocks are stored, and does nothing. */
    ACKNOWLEDGED_UNWRITTEN,
    /** One node does not apply a block that the others apply. */
    BLOCK_SKIPPED_ON_ONE_NODE,
    /** A block that comes again is not known again: it is stored a second time, behind the first. */
    STORED_AGAIN,
    /** Two events of a block change places. */
    EVENTS_REORDERED,
    /** A sidecar leaves a gap out and numbers on as if nothing had been there. */
    GAP_LEFT_OUT,
    /** One node stamps with its own clock what it applies. */
    OWN_STAMPS,
    /** A block comes from nowhere. */
    EVENTS_INVENTED,
    /** A byte of an event changes, with a good checksum over it. */
    BYTE_CHANGED,
    /** The count of events that never claimed a sequence is lost on the way. */
    LOSS_LEFT_OUT
}
