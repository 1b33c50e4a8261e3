package dev.raftsman.wal;

/**
 * The write-ahead log cannot be used: it could not be opened, or a write or force of it failed. A writer that has thrown
 * this is poisoned: it takes nothing more and reports nothing more as forced, since after a failed force nobody knows
 * which pages the kernel still holds.
 */
public final class WalException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public WalException(String message, Throwable cause) {
        super(message, cause);
    }
}
