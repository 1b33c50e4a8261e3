package dev.raftsman.store;

import dev.raftsman.segment.CorruptSegmentException;
import java.io.IOException;

/** A store's files are not what its snapshot says. The node must not go on with them: fetch them again from a peer. */
public final class CorruptStoreException extends IOException {
    private static final long serialVersionUID = 1L;

    private final String file;
    private final long offset;

    CorruptStoreException(String file, long offset, String expected, String found) {
        super(file + " at " + offset + ": expected " + expected + "; found " + found);
        this.file = file;
        this.offset = offset;
    }

    CorruptStoreException(CorruptSegmentException cause) {
        super(cause.getMessage(), cause);
        this.file = cause.file();
        this.offset = cause.offset();
    }

    public String file() {
        return file;
    }

    /** Where in the file, in bytes. */
    public long offset() {
        return offset;
    }
}
