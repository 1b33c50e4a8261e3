package dev.raftsman.appender.logback;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import java.time.Instant;
import java.util.List;
import org.slf4j.Marker;
import org.slf4j.event.KeyValuePair;

/**
 * What Logback's events cannot be asked for before 1.3. With Logback 1.2, the one for SLF4J 1.7, an event has one marker, no
 * key-value pairs, and a time in milliseconds; asking for more would cost the event.
 */
final class LogbackApi {
    private static final boolean SINCE_1_3 = has(ILoggingEvent.class, "getMarkerList")
            && has(ILoggingEvent.class, "getKeyValuePairs")
            && has(ILoggingEvent.class, "getInstant")
            && has(IThrowableProxy.class, "getOverridingMessage")
            && has(IThrowableProxy.class, "isCyclic");

    private LogbackApi() {}

    private static boolean has(Class<?> type, String method) {
        try {
            type.getMethod(method);
            return true;
        } catch (NoSuchMethodException | LinkageError older) {
            return false; // it may also name a class that this SLF4J has not
        }
    }

    /** May be null. */
    @SuppressWarnings("deprecation") // the only one there was
    static List<Marker> markers(ILoggingEvent event) {
        if (SINCE_1_3) {
            return event.getMarkerList();
        }
        Marker marker = event.getMarker();
        return marker == null ? null : List.of(marker);
    }

    /** May be null. */
    static List<KeyValuePair> pairs(ILoggingEvent event) {
        return SINCE_1_3 ? event.getKeyValuePairs() : null;
    }

    /** May be null; then there is the event's time stamp. */
    static Instant instant(ILoggingEvent event) {
        return SINCE_1_3 ? event.getInstant() : null;
    }

    /** May be null. */
    static String overridingMessage(IThrowableProxy thrown) {
        return SINCE_1_3 ? thrown.getOverridingMessage() : null;
    }

    static boolean isCyclic(IThrowableProxy thrown) {
        return SINCE_1_3 && thrown.isCyclic();
    }
}
