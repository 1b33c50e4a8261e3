package dev.raftsman.segment;

import java.io.IOException;

/** Bytes of a segment are not what they were when it was written. */
public final class CorruptSegmentException extends IOException {
    private static final long serialVersionUID = 1L;

    private final String file;
    private final long offset;

    public CorruptSegmentException(String file, long offset, String expected, String found) {
        super(file + " at " + offset + ": expected " + expected + "; found " + found);
        this.file = file;
        this.offset = offset;
    }

    public String file() {
        return file;
    }

    /** Where in the file, in bytes. */
    public long offset() {
        return offset;
    }
}
