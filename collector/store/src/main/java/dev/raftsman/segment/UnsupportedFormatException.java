package dev.raftsman.segment;

import java.io.IOException;

/** A file was written by a newer version than this one can read. */
public final class UnsupportedFormatException extends IOException {
    private static final long serialVersionUID = 1L;

    public UnsupportedFormatException(String message) {
        super(message);
    }
}
