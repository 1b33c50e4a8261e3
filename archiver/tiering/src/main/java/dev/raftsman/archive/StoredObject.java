package dev.raftsman.archive;

import dev.raftsman.catalog.LockView;

/**
 * An object that was read back and is what it must be.
 *
 * @param sha256 of the object
 * @param bytes of the object
 * @param created whether this call created it
 * @param lock how its store guards it; null if it does not, or nobody has asked yet
 */
record StoredObject(String sha256, long bytes, boolean created, LockView lock) {
    StoredObject(String sha256, long bytes, boolean created) {
        this(sha256, bytes, created, null);
    }

    StoredObject lockedAs(LockView lockInForce) {
        return new StoredObject(sha256, bytes, created, lockInForce);
    }
}
