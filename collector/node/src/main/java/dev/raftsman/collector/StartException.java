package dev.raftsman.collector;

/** The node cannot start; the message is one line for its operator. */
public final class StartException extends Exception {
    static final int DATA = 65;
    static final int UNAVAILABLE = 69;
    static final int SOFTWARE = 70;
    static final int CANNOT_CREATE = 73;
    static final int IO_ERROR = 74;
    static final int HELD = 75;
    static final int NO_PERMISSION = 77;
    static final int CONFIG = 78;

    private static final long serialVersionUID = 1L;

    private final int exitCode;

    StartException(int exitCode, String message, Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
    }

    /** Of sysexits.h. */
    public int exitCode() {
        return exitCode;
    }
}
