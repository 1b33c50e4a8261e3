package dev.raftsman.standalone;

/** A local cluster could not do what was asked; the message is one line for a person. */
public final class StandaloneException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public StandaloneException(String message) {
        super(message);
    }

    public StandaloneException(String message, Throwable cause) {
        super(message, cause);
    }
}
