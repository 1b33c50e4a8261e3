package dev.raftsman.appender.log4j2;

import dev.raftsman.appender.Arguments;
import dev.raftsman.appender.Attribute;
import dev.raftsman.appender.EpochNanos;
import dev.raftsman.appender.EventForm;
import dev.raftsman.event.Level;
import dev.raftsman.event.RowWriter;
import java.util.ArrayList;
import java.util.List;
import org.apache.logging.log4j.Marker;
import org.apache.logging.log4j.ThreadContext;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.time.Instant;
import org.apache.logging.log4j.message.Message;
import org.apache.logging.log4j.message.ParameterConsumer;
import org.apache.logging.log4j.message.ParameterVisitable;
import org.apache.logging.log4j.message.ReusableMessage;
import org.apache.logging.log4j.util.ReadOnlyStringMap;

/**
 * Log4j2's events as rows, without an object of ours for an event of plain arguments. What runs foreign code is in {@link
 * Log4jTexts}, made before.
 */
final class Log4jForm implements EventForm<LogEvent, Log4jTexts> {
    /** Of markers that have other markers for parents, which may go round in circles. */
    private static final int MAX_MARKERS = 64;

    private static final ParameterConsumer<RowWriter> ARGUMENT = (argument, index, row) -> {
        if (Arguments.isPlain(argument)) { // those that are not have no place in the pattern: else there were texts
            Arguments.write(argument, row);
        }
    };

    private final ContextKeys keys = new ContextKeys();
    private final boolean callerData;

    Log4jForm(boolean callerData) {
        this.callerData = callerData;
    }

    /** The nearest of ours by number, of two as near the more severe: NOTICE(350) is WARN, VERBOSE(550) is DEBUG. */
    @Override
    public Level level(LogEvent event) {
        int level = event.getLevel().intLevel();
        if (level <= 250) {
            return Level.ERROR;
        }
        if (level <= 350) {
            return Level.WARN;
        }
        if (level <= 450) {
            return Level.INFO;
        }
        return level <= 550 ? Level.DEBUG : Level.TRACE;
    }

    private static boolean isOurs(org.apache.logging.log4j.Level level) {
        return switch (level.name()) {
            case "ERROR", "WARN", "INFO", "DEBUG", "TRACE" -> true;
            default -> false;
        };
    }

    @Override
    public long timestampNanos(LogEvent event) {
        Instant instant = event.getInstant();
        return instant == null
                ? EpochNanos.ofMillis(event.getTimeMillis())
                : EpochNanos.of(instant.getEpochSecond(), instant.getNanoOfSecond());
    }

    @Override
    public String logger(LogEvent event) {
        return event.getLoggerName();
    }

    @Override
    public boolean needsTexts(LogEvent event) {
        return callerData || Log4jTexts.areNeeded(event, keys);
    }

    @Override
    public Log4jTexts texts(LogEvent event) {
        return new Log4jTexts(event, keys, callerData);
    }

    @Override
    public boolean isMarked(LogEvent event, String name) {
        Marker marker = event.getMarker();
        if (marker == null) {
            return false;
        }
        return name.equals(marker.getName())
                || marker.hasParents() && names(marker).contains(name);
    }

    /** The marker's name, then those of its parents and theirs, once each. */
    private static List<String> names(Marker marker) {
        List<String> names = new ArrayList<>();
        addNames(marker, names);
        return names;
    }

    private static void addNames(Marker marker, List<String> names) {
        if (names.size() == MAX_MARKERS || names.contains(marker.getName())) {
            return;
        }
        names.add(marker.getName());
        Marker[] parents = marker.getParents();
        if (parents != null) {
            for (Marker parent : parents) {
                addNames(parent, names);
            }
        }
    }

    @Override
    public void encode(LogEvent event, Log4jTexts texts, RowWriter row) {
        row.logger(event.getLoggerName());
        row.thread(event.getThreadName());
        if (texts != null && texts.message != null) {
            row.message(texts.message);
        } else {
            encodeMessage(event.getMessage(), row);
        }
        if (texts != null) {
            row.throwable(texts.throwable);
        }
        if (texts != null && texts.pairs != null) {
            for (int i = 0; i < texts.pairs.size(); i += 2) {
                row.attribute(texts.pairs.get(i), texts.pairs.get(i + 1));
            }
        } else {
            encodeContext(event.getContextData(), row);
        }
        encodeContextStack(event.getContextStack(), row);
        encodeMarker(event.getMarker(), row);
        if (!isOurs(event.getLevel())) {
            row.attribute(Attribute.LEVEL, event.getLevel().name());
        }
        if (texts != null && texts.caller != null) {
            row.attribute(Attribute.CALLER, texts.caller);
        }
        Instant instant = event.getInstant();
        if (instant != null && !EpochNanos.fits(instant.getEpochSecond())) {
            row.attribute(
                    Attribute.TIME,
                    java.time.Instant.ofEpochSecond(instant.getEpochSecond(), instant.getNanoOfSecond())
                            .toString());
        }
    }

    private static void encodeMessage(Message message, RowWriter row) {
        if (message instanceof ReusableMessage reusable && message instanceof ParameterVisitable visitable) {
            if (reusable.getParameterCount() == 0) {
                row.message(Log4jTexts.format(message));
            } else {
                row.pattern(Log4jTexts.format(message));
                visitable.forEachParameter(ARGUMENT, row);
            }
            return;
        }
        Object[] arguments = message == null ? null : message.getParameters();
        if (arguments == null || arguments.length == 0) {
            row.message(message == null ? null : Log4jTexts.format(message));
            return;
        }
        row.pattern(Log4jTexts.format(message));
        for (int i = 0; i < arguments.length; i++) {
            ARGUMENT.accept(arguments[i], i, row);
        }
    }

    private void encodeContext(ReadOnlyStringMap context, RowWriter row) {
        for (String key : keys.of(context)) {
            Object value = context.getValue(key);
            row.attribute(key, value instanceof String text ? text : String.valueOf(value));
        }
    }

    private static void encodeContextStack(ThreadContext.ContextStack stack, RowWriter row) {
        if (stack != null && stack.getDepth() > 0) {
            List<String> entries = stack.asList();
            for (int i = 0; i < entries.size(); i++) {
                row.attribute(Attribute.CONTEXT_STACK, entries.get(i));
            }
        }
    }

    private static void encodeMarker(Marker marker, RowWriter row) {
        if (marker == null) {
            return;
        }
        if (marker.hasParents()) {
            List<String> names = names(marker);
            for (int i = 0; i < names.size(); i++) {
                row.attribute(Attribute.MARKER, names.get(i));
            }
        } else {
            row.attribute(Attribute.MARKER, marker.getName());
        }
    }
}
