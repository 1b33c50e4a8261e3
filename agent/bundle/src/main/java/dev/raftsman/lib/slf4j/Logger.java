package dev.raftsman.lib.slf4j;

/** The methods of SLF4J's logger that the libraries in this jar call, saying nothing. */
public interface Logger {
    String getName();

    default boolean isInfoEnabled() {
        return false;
    }

    default boolean isDebugEnabled() {
        return false;
    }

    default void trace(String message) {}

    default void trace(String pattern, Object argument) {}

    default void trace(String pattern, Object first, Object second) {}

    default void trace(String pattern, Object... arguments) {}

    default void trace(String message, Throwable thrown) {}

    default void debug(String pattern, Object argument) {}

    default void debug(String message, Throwable thrown) {}

    default void info(String message) {}

    default void info(String pattern, Object argument) {}

    default void info(String pattern, Object first, Object second) {}

    default void info(String pattern, Object... arguments) {}

    default void info(String message, Throwable thrown) {}

    default void warn(String message) {}

    default void warn(String pattern, Object argument) {}

    default void warn(String pattern, Object first, Object second) {}

    default void warn(String pattern, Object... arguments) {}

    default void warn(String message, Throwable thrown) {}

    default void error(String message) {}

    default void error(String message, Throwable thrown) {}

    /** A logger with a name and no voice. */
    record Silent(String getName) implements Logger {}
}
