package dev.raftsman.objects;

/** What became of a conditional put. After each of them there is an object under the key. */
public enum PutOutcome {
    /** This call created the object. */
    CREATED,
    /** The object was there before with the same bytes: an earlier try, or another writer of the same content. */
    SAME,
    /** Other bytes are there; they stay. */
    OCCUPIED
}
