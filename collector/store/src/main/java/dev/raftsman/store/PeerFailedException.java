package dev.raftsman.store;

import java.io.IOException;

/** Another node did not send what it was asked for, or sent something else. This node's own disk is not to blame. */
public final class PeerFailedException extends IOException {
    private static final long serialVersionUID = 1L;

    public PeerFailedException(String message, Throwable cause) {
        super(message, cause);
    }
}
