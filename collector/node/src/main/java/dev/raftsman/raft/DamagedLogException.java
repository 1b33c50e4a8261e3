package dev.raftsman.raft;

import java.io.IOException;
import java.nio.file.Path;

/** A file of the log is not as it was written: this node must not vote with it, nor begin with a shorter one. */
public final class DamagedLogException extends IOException {
    private static final long serialVersionUID = 1L;

    DamagedLogException(Path directory, String what, Throwable cause) {
        super("the log in " + directory + " is damaged: " + what, cause);
    }
}
