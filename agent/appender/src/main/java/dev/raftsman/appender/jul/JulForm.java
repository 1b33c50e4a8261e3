package dev.raftsman.appender.jul;

import dev.raftsman.appender.Attribute;
import dev.raftsman.appender.EpochNanos;
import dev.raftsman.appender.EventForm;
import dev.raftsman.appender.ThrowableText;
import dev.raftsman.event.Level;
import dev.raftsman.event.RowWriter;
import java.time.Instant;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;

/** Records of {@code java.util.logging} as rows. */
final class JulForm implements EventForm<LogRecord, JulForm.Texts> {
    /** What foreign code makes of a record; null where the record itself says it. */
    record Texts(String message, String throwable, String caller) {}

    /** Only for {@link Formatter#formatMessage}: the resource bundle and the parameters, as all handlers have them. */
    private static final Formatter MESSAGES = new Formatter() {
        @Override
        public String format(LogRecord event) {
            return formatMessage(event);
        }
    };

    private final boolean callerData;

    JulForm(boolean callerData) {
        this.callerData = callerData;
    }

    /** As SLF4J's bridge has it: FINER is DEBUG and CONFIG is INFO; levels of one's own go up to the next. */
    @Override
    public Level level(LogRecord event) {
        int level = event.getLevel().intValue();
        if (level <= java.util.logging.Level.FINEST.intValue()) {
            return Level.TRACE;
        }
        if (level <= java.util.logging.Level.FINE.intValue()) {
            return Level.DEBUG;
        }
        if (level <= java.util.logging.Level.INFO.intValue()) {
            return Level.INFO;
        }
        return level <= java.util.logging.Level.WARNING.intValue() ? Level.WARN : Level.ERROR;
    }

    /** By name: two levels of the same number are equal to each other. */
    private static boolean isOurs(java.util.logging.Level level) {
        return switch (level.getName()) {
            case "SEVERE", "WARNING", "INFO", "FINE", "FINEST" -> true;
            default -> false;
        };
    }

    @Override
    public long timestampNanos(LogRecord event) {
        Instant instant = event.getInstant();
        return EpochNanos.of(instant.getEpochSecond(), instant.getNano());
    }

    @Override
    public String logger(LogRecord event) {
        return event.getLoggerName();
    }

    @Override
    public boolean needsTexts(LogRecord event) {
        Object[] parameters = event.getParameters();
        return callerData
                || event.getThrown() != null
                || event.getResourceBundle() != null
                || parameters != null && parameters.length > 0;
    }

    @Override
    public Texts texts(LogRecord event) {
        String message;
        try {
            message = MESSAGES.formatMessage(event);
        } catch (Throwable broken) { // it catches exceptions itself, but no stack overflow
            message = event.getMessage();
        }
        return new Texts(
                message,
                event.getThrown() == null ? null : ThrowableText.of(event.getThrown()),
                callerData && event.getSourceClassName() != null
                        ? event.getSourceClassName() + '.' + event.getSourceMethodName()
                        : null);
    }

    @Override
    public boolean isMarked(LogRecord event, String marker) {
        return false;
    }

    @Override
    public void encode(LogRecord event, Texts texts, RowWriter row) {
        row.logger(event.getLoggerName());
        row.thread(thread(event));
        row.message(texts == null ? event.getMessage() : texts.message);
        if (texts != null) {
            row.throwable(texts.throwable);
        }
        if (!isOurs(event.getLevel())) {
            row.attribute(Attribute.LEVEL, event.getLevel().getName());
        }
        if (texts != null && texts.caller != null) {
            row.attribute(Attribute.CALLER, texts.caller);
        }
        Instant instant = event.getInstant();
        if (!EpochNanos.fits(instant.getEpochSecond())) {
            row.attribute(Attribute.TIME, instant.toString());
        }
    }

    /** A record knows its thread by number only; another thread hands it over where a {@code MemoryHandler} stands between. */
    private static String thread(LogRecord event) {
        Thread current = Thread.currentThread();
        return current.getId() == event.getLongThreadID() ? current.getName() : "#" + event.getLongThreadID();
    }
}
