package dev.raftsman.store;

/** Bytes that should be an entry, or the reply to one, are not. */
public final class MalformedEntryException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    MalformedEntryException(String message) {
        super(message);
    }

    MalformedEntryException(String message, Throwable cause) {
        super(message, cause);
    }
}
