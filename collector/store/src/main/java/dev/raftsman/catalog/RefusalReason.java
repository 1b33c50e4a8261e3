package dev.raftsman.catalog;

/** Why a command changed nothing. */
public enum RefusalReason {
    /** Not a command, or one with impossible values. */
    INVALID,
    /** The last sequence named is not the last stored; the detail says what is. */
    EXPECTED,
    UNKNOWN_EPOCH,
    /** FORGET before CLOSE. */
    OPEN_EPOCH,
    CLOSED_EPOCH,
    FORGOTTEN_EPOCH,
    UNKNOWN_SEGMENT,
    /** The segment is not sealed, is prepared already, or its digest is another. */
    WRONG_SEGMENT_STATE,
    /** No live PREPARE has this token. */
    UNKNOWN_TOKEN,
    /** The token was used before. */
    USED_TOKEN,
    /** Something was, is or will be put under this key by another PREPARE. */
    USED_KEY,
    /** The command's owner does not hold the lease, or no longer. */
    NOT_LEASE_HOLDER,
    /** Another owner's lease has not run out. */
    LEASE_HELD,
    /** A snapshot of this name and other content is recorded. */
    USED_SNAPSHOT_ID,
    UNKNOWN_SNAPSHOT,
    /** Somebody wants the segment kept. */
    HELD,
    /** The segment's time of grace has not run out. */
    NOT_DUE,
    /** Deletion is frozen. */
    FROZEN,
    /** It was decided by policies that are not those of the cluster. */
    OTHER_POLICIES,
    UNKNOWN_NODE,
    /** The node's id belongs to another data directory. */
    OTHER_DIRECTORY,
    /** The node was removed; its id is never taken again. */
    RETIRED_NODE,
    /** Only an empty cluster is restored. */
    NOT_EMPTY,
    /** The cluster is, or is being, restored from another archive, or from none. */
    OTHER_RESTORE,
    /** The restore began with other rows of the same archive than those it is to go on with. */
    OTHER_CONTENTS,
    /** The cluster is being restored: producers must wait. */
    RESTORING
}
