package dev.raftsman.archive;

import java.io.IOException;

/** Segments do not come out of the cold format as they went in: they are stored verbatim instead, and a person is told. */
final class RecodingException extends IOException {
    private static final long serialVersionUID = 1L;

    RecodingException(String message, Throwable cause) {
        super(message, cause);
    }
}
