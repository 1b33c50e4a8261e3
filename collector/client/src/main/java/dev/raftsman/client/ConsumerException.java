package dev.raftsman.client;

/** The cluster refuses what is asked, and will refuse it again: no such stream, a token that is missing or wrong. */
public class ConsumerException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final boolean refusedAccess;

    ConsumerException(String message) {
        this(message, false);
    }

    ConsumerException(String message, boolean refusedAccess) {
        super(message);
        this.refusedAccess = refusedAccess;
    }

    /** Whether the token is missing or wrong. */
    public boolean isRefusedAccess() {
        return refusedAccess;
    }
}
