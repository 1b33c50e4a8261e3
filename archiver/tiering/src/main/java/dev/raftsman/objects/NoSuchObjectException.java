package dev.raftsman.objects;

import java.io.IOException;

/** No object is there under this key. */
public final class NoSuchObjectException extends IOException {
    private static final long serialVersionUID = 1L;

    public NoSuchObjectException(String store, ObjectKey key) {
        super("no object " + key + " in " + store);
    }
}
