package dev.raftsman.appender;

/** Where an appender says what has become of it: the framework's own status messages, never its loggers. */
@FunctionalInterface
public interface StatusLine {
    /** @param cause may be null */
    void error(String what, Throwable cause);
}
