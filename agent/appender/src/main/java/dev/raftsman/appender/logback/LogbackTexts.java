package dev.raftsman.appender.logback;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.StackTraceElementProxy;
import dev.raftsman.appender.Arguments;
import dev.raftsman.appender.ThrowableText;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.slf4j.Marker;
import org.slf4j.event.KeyValuePair;
import org.slf4j.helpers.MessageFormatter;

/**
 * The texts of one Logback event that foreign code makes; made by the caller's thread before it claims anything. Null
 * where the event itself says it all.
 */
final class LogbackTexts {
    /** Of markers that hold other markers, which may go round in circles. */
    private static final int MAX_MARKERS = 64;

    private enum Proxies implements ThrowableText.View<IThrowableProxy> {
        VIEW;

        @Override
        public String headline(IThrowableProxy thrown) {
            if (LogbackApi.overridingMessage(thrown) != null) {
                return LogbackApi.overridingMessage(thrown);
            }
            return thrown.getMessage() == null
                    ? thrown.getClassName()
                    : thrown.getClassName() + ": " + thrown.getMessage();
        }

        @Override
        public String className(IThrowableProxy thrown) {
            return thrown.getClassName();
        }

        @Override
        public StackTraceElement[] frames(IThrowableProxy thrown) {
            StackTraceElementProxy[] proxies = thrown.getStackTraceElementProxyArray();
            if (proxies == null) {
                return null;
            }
            StackTraceElement[] frames = new StackTraceElement[proxies.length];
            for (int i = 0; i < frames.length; i++) {
                frames[i] = proxies[i] == null ? null : proxies[i].getStackTraceElement();
            }
            return frames;
        }

        @Override
        public IThrowableProxy cause(IThrowableProxy thrown) {
            return thrown.getCause();
        }

        @Override
        public IThrowableProxy[] suppressed(IThrowableProxy thrown) {
            return thrown.getSuppressed();
        }

        @Override
        public boolean isCyclic(IThrowableProxy thrown) {
            return LogbackApi.isCyclic(thrown);
        }
    }

    /** The whole message, where pattern and arguments do not say it. */
    final String message;

    /** One for each argument, null where the argument is plain. */
    final String[] arguments;

    final String throwable;
    final String[] values;
    final List<String> markers;
    final String caller;

    private LogbackTexts(ILoggingEvent event, boolean callerData) {
        boolean pattern = isPattern(event);
        message = pattern || event.getArgumentArray() == null ? null : event.getFormattedMessage();
        arguments = pattern ? arguments(event.getMessage(), event.getArgumentArray()) : null;
        throwable =
                event.getThrowableProxy() == null ? null : ThrowableText.of(event.getThrowableProxy(), Proxies.VIEW);
        values = values(LogbackApi.pairs(event));
        markers = LogbackApi.markers(event) == null ? null : names(LogbackApi.markers(event));
        caller = callerData ? caller(event.getCallerData()) : null;
    }

    static LogbackTexts of(ILoggingEvent event, boolean callerData) {
        return new LogbackTexts(event, callerData);
    }

    static boolean areNeeded(ILoggingEvent event) {
        if (event.getThrowableProxy() != null) {
            return true;
        }
        Object[] arguments = event.getArgumentArray();
        if (arguments != null && arguments.length > 0) {
            if (!isPattern(event)) {
                return true;
            }
            for (Object argument : arguments) {
                if (!Arguments.isPlain(argument)) {
                    return true;
                }
            }
        }
        return hasForeignValue(LogbackApi.pairs(event)) || hasReferences(LogbackApi.markers(event));
    }

    /**
     * Whether the ring may put pattern and arguments together as SLF4J does. It may not where there are escapes, nor where
     * the last argument is a throwable, which SLF4J leaves out of the text.
     */
    private static boolean isPattern(ILoggingEvent event) {
        Object[] arguments = event.getArgumentArray();
        return event.getMessage() != null
                && arguments != null
                && arguments.length > 0
                && !(arguments[arguments.length - 1] instanceof Throwable)
                && event.getMessage().indexOf('\\') < 0;
    }

    private static boolean hasForeignValue(List<KeyValuePair> pairs) {
        if (pairs != null) {
            for (int i = 0; i < pairs.size(); i++) {
                if (!Arguments.isPlain(pairs.get(i).value)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean hasReferences(List<Marker> markers) {
        if (markers != null) {
            for (int i = 0; i < markers.size(); i++) {
                if (markers.get(i).hasReferences()) {
                    return true;
                }
            }
        }
        return false;
    }

    /** As SLF4J would put them into the message; those that have no place in it are not asked for a text. */
    private static String[] arguments(String pattern, Object[] arguments) {
        String[] texts = new String[Math.min(arguments.length, Arguments.places(pattern))];
        for (int i = 0; i < texts.length; i++) {
            if (!Arguments.isPlain(arguments[i])) {
                texts[i] = MessageFormatter.arrayFormat("{}", new Object[] {arguments[i]}, null)
                        .getMessage();
            }
        }
        return texts;
    }

    private static String[] values(List<KeyValuePair> pairs) {
        if (pairs == null) {
            return null;
        }
        String[] texts = new String[pairs.size()];
        for (int i = 0; i < texts.length; i++) {
            texts[i] = Arguments.text(pairs.get(i).value);
        }
        return texts;
    }

    /** The markers' names, each followed by those it holds, once each. */
    static List<String> names(List<Marker> markers) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < markers.size(); i++) {
            addNames(markers.get(i), names, 0);
        }
        return names;
    }

    private static void addNames(Marker marker, List<String> names, int depth) {
        if (names.size() == MAX_MARKERS || depth == MAX_MARKERS || names.contains(marker.getName())) {
            return;
        }
        names.add(marker.getName());
        if (marker.hasReferences()) {
            for (Iterator<Marker> references = marker.iterator(); references.hasNext(); ) {
                addNames(references.next(), names, depth + 1);
            }
        }
    }

    private static String caller(StackTraceElement[] callers) {
        return callers == null || callers.length == 0 ? null : callers[0].toString();
    }
}
