package dev.raftsman.shipper;

import java.io.IOException;
import java.nio.file.Path;

/** The cursor file is there and cannot be trusted. Starting without it would read files twice. */
public final class DamagedCursorException extends IOException {
    private static final long serialVersionUID = 1L;

    DamagedCursorException(Path file, IllegalArgumentException cause) {
        super(
                "cursor file " + file + " is damaged: " + cause.getMessage()
                        + "; put back a copy, or move it away to read all files from their beginning",
                cause);
    }
}
