package dev.raftsman.appender;

/**
 * Where an appender says what has become of it: the framework's own status messages, never its loggers. Once at each change
 * of state; the first before the appender is started, later ones by a thread of the ring.
 */
@FunctionalInterface
public interface StatusLine {
    /** @param cause may be null */
    void error(String what, Throwable cause);

    /** Events are recorded, for the first time or again. */
    default void fine(String what) {}
}
