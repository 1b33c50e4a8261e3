package dev.raftsman.wal;

/** The first failure of a log that is written, after which nothing more is. Any thread. */
final class Poison {
    private final WalDirectory directory;
    private volatile Throwable cause;

    Poison(WalDirectory directory) {
        this.directory = directory;
    }

    /** Null if nothing failed. */
    Throwable cause() {
        return cause;
    }

    boolean isThere() {
        return cause != null;
    }

    /** Keeps a failure, if it is the first. @return this one, to be thrown */
    WalException of(String what, Throwable failed) {
        if (cause == null) {
            cause = failed;
        }
        return new WalException(what + ": " + failed, failed);
    }

    /** @throws WalException if anything failed before */
    void check() {
        Throwable first = cause;
        if (first != null) {
            throw new WalException("poisoned earlier: " + directory, first);
        }
    }
}
