package dev.raftsman.tls;

import java.io.IOException;
import java.nio.file.Path;

/** A certificate or key that cannot be used: which file, what is wrong, what was expected. Never shows what a key holds. */
public final class TlsFileException extends IOException {
    private static final long serialVersionUID = 1L;

    private final String what;
    private final String expected;

    TlsFileException(Path file, String what, String expected) {
        this(file, what, expected, null);
    }

    TlsFileException(Path file, String what, String expected, Throwable cause) {
        super(file + " " + what + "; expected " + expected, cause);
        this.what = file + " " + what;
        this.expected = expected;
    }

    /** With the file's name. */
    public String what() {
        return what;
    }

    public String expected() {
        return expected;
    }
}
