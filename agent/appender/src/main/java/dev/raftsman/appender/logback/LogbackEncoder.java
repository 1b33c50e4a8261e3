package dev.raftsman.appender.logback;

import ch.qos.logback.classic.spi.ILoggingEvent;
import dev.raftsman.event.Level;
import dev.raftsman.event.RowWriter;
import dev.raftsman.ring.EventEncoder;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.slf4j.Marker;
import org.slf4j.event.KeyValuePair;

/** Logback's events as rows. What runs foreign code is in {@link LogbackTexts}, made before. */
final class LogbackEncoder implements EventEncoder<ILoggingEvent, LogbackTexts> {
    private static final String MARKER = "marker";
    private static final String CALLER = "caller";

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
        Instant instant = event.getInstant();
        return instant == null
                ? event.getTimeStamp() * 1_000_000L
                : instant.getEpochSecond() * 1_000_000_000L + instant.getNano();
    }

    @Override
    public void encode(ILoggingEvent event, LogbackTexts texts, RowWriter row) {
        row.logger(event.getLoggerName());
        row.thread(event.getThreadName());
        if (texts.message != null) {
            row.message(texts.message);
        } else {
            encodePattern(event, row);
        }
        row.throwable(texts.throwable);
        Map<String, String> mdc = event.getMDCPropertyMap();
        if (mdc != null && !mdc.isEmpty()) {
            mdc.forEach(row);
        }
        List<KeyValuePair> pairs = event.getKeyValuePairs();
        if (pairs != null) {
            for (int i = 0; i < pairs.size(); i++) {
                row.attribute(pairs.get(i).key, texts.values[i]);
            }
        }
        List<Marker> markers = event.getMarkerList();
        if (markers != null) {
            for (int i = 0; i < markers.size(); i++) {
                row.attribute(MARKER, markers.get(i).getName());
            }
        }
        if (texts.caller != null) {
            row.attribute(CALLER, texts.caller);
        }
    }

    private static void encodePattern(ILoggingEvent event, RowWriter row) {
        row.pattern(event.getMessage());
        for (Object argument : event.getArgumentArray()) {
            if (argument instanceof String text) {
                row.argument(text);
            } else if (argument instanceof Integer
                    || argument instanceof Long
                    || argument instanceof Short
                    || argument instanceof Byte) {
                row.argument(((Number) argument).longValue());
            } else if (argument instanceof Double number) {
                row.argument(number);
            } else {
                row.argument(String.valueOf(argument));
            }
        }
    }
}
