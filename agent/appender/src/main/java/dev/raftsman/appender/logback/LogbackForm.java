package dev.raftsman.appender.logback;

import ch.qos.logback.classic.spi.ILoggingEvent;
import dev.raftsman.appender.Arguments;
import dev.raftsman.appender.Attribute;
import dev.raftsman.appender.EpochNanos;
import dev.raftsman.appender.EventForm;
import dev.raftsman.event.Level;
import dev.raftsman.event.RowWriter;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.slf4j.Marker;
import org.slf4j.event.KeyValuePair;

/** Logback's events as rows. What runs foreign code is in {@link LogbackTexts}, made before. */
final class LogbackForm implements EventForm<ILoggingEvent, LogbackTexts> {
    private final boolean callerData;

    LogbackForm(boolean callerData) {
        this.callerData = callerData;
    }

    @Override
    public Level level(ILoggingEvent event) {
        int level = event.getLevel().toInt();
        if (level >= ch.qos.logback.classic.Level.ERROR_INT) {
            return Level.ERROR;
        }
        if (level >= ch.qos.logback.classic.Level.WARN_INT) {
            return Level.WARN;
        }
        if (level >= ch.qos.logback.classic.Level.INFO_INT) {
            return Level.INFO;
        }
        return level >= ch.qos.logback.classic.Level.DEBUG_INT ? Level.DEBUG : Level.TRACE;
    }

    @Override
    public long timestampNanos(ILoggingEvent event) {
        Instant instant = LogbackApi.instant(event);
        return instant == null
                ? EpochNanos.ofMillis(event.getTimeStamp())
                : EpochNanos.of(instant.getEpochSecond(), instant.getNano());
    }

    @Override
    public String logger(ILoggingEvent event) {
        return event.getLoggerName();
    }

    @Override
    public boolean needsTexts(ILoggingEvent event) {
        event.getMDCPropertyMap(); // asks the context's adapter, which may be anybody's: now, and once
        return callerData || LogbackTexts.areNeeded(event);
    }

    @Override
    public LogbackTexts texts(ILoggingEvent event) {
        return LogbackTexts.of(event, callerData);
    }

    @Override
    public boolean isMarked(ILoggingEvent event, String name) {
        List<Marker> markers = LogbackApi.markers(event);
        if (markers == null) {
            return false;
        }
        for (int i = 0; i < markers.size(); i++) {
            if (markers.get(i).getName().equals(name)) {
                return true;
            }
        }
        return LogbackTexts.names(markers).contains(name);
    }

    @Override
    public void encode(ILoggingEvent event, LogbackTexts texts, RowWriter row) {
        row.logger(event.getLoggerName());
        row.thread(event.getThreadName());
        if (texts != null && texts.message != null) {
            row.message(texts.message);
        } else {
            encodeMessage(event, texts == null ? null : texts.arguments, row);
        }
        if (texts != null) {
            row.throwable(texts.throwable);
        }
        Map<String, String> mdc = event.getMDCPropertyMap();
        if (mdc != null && !mdc.isEmpty()) {
            mdc.forEach(row);
        }
        List<KeyValuePair> pairs = LogbackApi.pairs(event);
        if (pairs != null) {
            for (int i = 0; i < pairs.size(); i++) {
                KeyValuePair pair = pairs.get(i);
                row.attribute(pair.key, texts == null ? String.valueOf(pair.value) : texts.values[i]);
            }
        }
        encodeMarkers(event, texts, row);
        if (texts != null && texts.caller != null) {
            row.attribute(Attribute.CALLER, texts.caller);
        }
        Instant instant = LogbackApi.instant(event);
        if (instant != null && !EpochNanos.fits(instant.getEpochSecond())) {
            row.attribute(Attribute.TIME, instant.toString());
        }
    }

    private static void encodeMessage(ILoggingEvent event, String[] texts, RowWriter row) {
        Object[] arguments = event.getArgumentArray();
        if (event.getMessage() == null || arguments == null || arguments.length == 0) {
            row.message(event.getMessage());
            return;
        }
        row.pattern(event.getMessage());
        int count = texts == null ? arguments.length : texts.length;
        for (int i = 0; i < count; i++) {
            if (texts != null && texts[i] != null) {
                row.argument(texts[i]);
            } else {
                Arguments.write(arguments[i], row);
            }
        }
    }

    private static void encodeMarkers(ILoggingEvent event, LogbackTexts texts, RowWriter row) {
        if (texts != null && texts.markers != null) {
            for (int i = 0; i < texts.markers.size(); i++) {
                row.attribute(Attribute.MARKER, texts.markers.get(i));
            }
            return;
        }
        List<Marker> markers = LogbackApi.markers(event);
        if (markers != null) {
            for (int i = 0; i < markers.size(); i++) {
                row.attribute(Attribute.MARKER, markers.get(i).getName());
            }
        }
    }
}
