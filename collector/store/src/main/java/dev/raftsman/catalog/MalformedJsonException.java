package dev.raftsman.catalog;

import com.fasterxml.jackson.core.JsonProcessingException;

/** Text that should be a value of ours in JSON is not. */
public final class MalformedJsonException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    MalformedJsonException(Class<?> type, Exception cause) {
        super("not a " + type.getSimpleName() + ": " + firstLine(cause), cause);
    }

    /** Without the place in the source, which Jackson adds on further lines. */
    private static String firstLine(Exception cause) {
        String message = cause instanceof JsonProcessingException json ? json.getOriginalMessage() : cause.getMessage();
        return message == null
                ? cause.getClass().getSimpleName()
                : message.lines().findFirst().orElse("");
    }
}
