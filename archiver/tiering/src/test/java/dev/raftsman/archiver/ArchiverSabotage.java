package dev.raftsman.archiver;

/** A part of the model broken on purpose, in a way that no correct archiver survives: what the oracles must be seen to find. */
enum ArchiverSabotage {
    /** The store says that it has a manifest page, and has not. */
    PAGE_NOT_KEPT,
    /** The store keeps each object a second time under another name. */
    STORED_TWICE,
    /** The store says that it has deleted, and has not. */
    NOTHING_DELETED,
    /** The store gives back what it was given and keeps something else. */
    READ_FROM_A_CACHE,
    /** The cluster takes an announcement for the end of an upload. */
    COMMITTED_WHEN_ANNOUNCED,
    /** The cluster gives up what was announced. */
    TRUNCATED_WHEN_ANNOUNCED,
    /** The cluster acknowledges a block that it does not store. */
    BLOCK_LEFT_OUT,
    /** Fetching a segment leaves more behind than its file. */
    STAGING_FILLED,
    /** Nobody hears what the archiver says of segments that cannot be had. */
    NOBODY_TOLD,
    /** What was opened is never closed. */
    STREAMS_LEFT_OPEN
}
