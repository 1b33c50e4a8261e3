package dev.raftsman.raft;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.apache.ratis.protocol.exceptions.ChecksumException;

/** A file of the log is not as it was written: this node must not vote with it, nor begin with a shorter one. */
public final class DamagedLogException extends IOException {
    private static final long serialVersionUID = 1L;

    DamagedLogException(Path directory, String what, Throwable cause) {
        super("the log in " + directory + " is damaged: " + what, cause);
    }

    /** Whether it is why the engine did not start. It has no exception of its own for most of what it finds in a log file. */
    static boolean isBehind(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            boolean reading = Arrays.stream(cause.getStackTrace())
                    .limit(3)
                    .anyMatch(frame -> frame.getClassName().contains(".raftlog.segmented."));
            if (cause instanceof ChecksumException || reading) {
                return true;
            }
        }
        return false;
    }
}
