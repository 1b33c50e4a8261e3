package dev.raftsman.archive;

import java.io.IOException;

/** The bytes under a key are not the segment's. They are left as they are. */
public final class ObjectMismatchException extends IOException {
    private static final long serialVersionUID = 1L;

    ObjectMismatchException(String message) {
        super(message);
    }
}
