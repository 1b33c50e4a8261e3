package dev.raftsman.block;

/** Bytes that should be a block are not one, or not a whole one. */
public final class CorruptBlockException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CorruptBlockException(String message) {
        super(message);
    }

    CorruptBlockException(String message, Throwable cause) {
        super(message, cause);
    }
}
