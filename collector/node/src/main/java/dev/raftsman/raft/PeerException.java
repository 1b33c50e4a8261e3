package dev.raftsman.raft;

import java.io.IOException;

/** A peer did not answer, or not to the end. */
public final class PeerException extends IOException {
    private static final long serialVersionUID = 1L;

    private final boolean refused;

    PeerException(String message, boolean refused, Throwable cause) {
        super(message, cause);
        this.refused = refused;
    }

    /** Whether the peer was there and said why; else it was not reached, or the connection broke. */
    public boolean refused() {
        return refused;
    }
}
