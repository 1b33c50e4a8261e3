package dev.raftsman.archive;

/**
 * An object that was read back and is what it must be.
 *
 * @param sha256 of the object
 * @param bytes of the object
 * @param created whether this call created it
 */
record StoredObject(String sha256, long bytes, boolean created) {}
