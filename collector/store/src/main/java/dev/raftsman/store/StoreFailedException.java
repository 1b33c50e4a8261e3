package dev.raftsman.store;

/**
 * The store cannot go on: a write or force failed for another reason than want of space. What the file holds now is not
 * known, so nothing is tried again; the process must end and start from its snapshot. Every later call throws it too.
 */
public final class StoreFailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StoreFailedException(String message, Throwable cause) {
        super(message + ": " + cause.getMessage(), cause);
    }
}
