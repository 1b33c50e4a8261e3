package dev.raftsman.objects;

import java.io.IOException;

/** The store keeps the object: it is locked, or under a legal hold. No fault of anything, and no outage. */
public final class LockedObjectException extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient Protection protection;

    public LockedObjectException(String store, ObjectKey key, Protection protection) {
        super(store + key + " is locked: " + protection);
        this.protection = protection;
    }

    public Protection protection() {
        return protection;
    }
}
