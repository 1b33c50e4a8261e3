package dev.raftsman.cold;

/** What is decoded does not fit together. Inside this package: the one who knows key and offset names them. */
final class DamageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    DamageException(String message) {
        super(message);
    }

    DamageException(String message, Throwable cause) {
        super(message, cause);
    }
}
