package dev.raftsman.cold;

import java.io.IOException;

/** Bytes of a cold object are not what they were when it was written. */
public final class CorruptColdObjectException extends IOException {
    private static final long serialVersionUID = 1L;

    private final String key;
    private final long offset;

    CorruptColdObjectException(String key, long offset, String problem, Throwable cause) {
        super(key + " at " + offset + ": " + problem, cause);
        this.key = key;
        this.offset = offset;
    }

    public CorruptColdObjectException(String key, long offset, String problem) {
        this(key, offset, problem, null);
    }

    public String key() {
        return key;
    }

    /** Where in the object, in bytes. */
    public long offset() {
        return offset;
    }
}
