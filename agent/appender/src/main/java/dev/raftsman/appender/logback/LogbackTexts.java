package dev.raftsman.appender.logback;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import java.util.List;
import org.slf4j.event.KeyValuePair;

/** The texts of one Logback event that foreign code makes; made by the caller's thread before it claims anything. */
final class LogbackTexts {
    /** For the events, most of them, that need none. */
    static final LogbackTexts NONE = new LogbackTexts(null, null, new String[0], null);

    /** The whole message, or null where pattern and arguments say it all. */
    final String message;

    final String throwable;
    final String[] values;
    final String caller;

    private LogbackTexts(String message, String throwable, String[] values, String caller) {
        this.message = message;
        this.throwable = throwable;
        this.values = values;
        this.caller = caller;
    }

    static LogbackTexts of(ILoggingEvent event, boolean callerData) {
        boolean plain = isPlain(event.getMessage(), event.getArgumentArray());
        IThrowableProxy thrown = event.getThrowableProxy();
        List<KeyValuePair> pairs = event.getKeyValuePairs();
        boolean paired = pairs != null && !pairs.isEmpty();
        if (plain && thrown == null && !paired && !callerData) {
            return NONE;
        }
        StackTraceElement[] callers = callerData ? event.getCallerData() : null;
        return new LogbackTexts(
                plain ? null : String.valueOf(event.getFormattedMessage()),
                thrown == null ? null : ThrowableText.of(thrown),
                paired ? texts(pairs) : NONE.values,
                callers == null || callers.length == 0 ? null : callers[0].toString());
    }

    /** Whether the ring may put pattern and arguments together as the framework does: no escapes, nothing with code of its own. */
    private static boolean isPlain(String pattern, Object[] arguments) {
        if (pattern == null || arguments == null || arguments.length == 0 || pattern.indexOf('\\') >= 0) {
            return false;
        }
        for (Object argument : arguments) {
            if (!(argument == null
                    || argument instanceof String
                    || argument instanceof Integer
                    || argument instanceof Long
                    || argument instanceof Double
                    || argument instanceof Boolean
                    || argument instanceof Float
                    || argument instanceof Short
                    || argument instanceof Byte
                    || argument instanceof Character)) {
                return false;
            }
        }
        return true;
    }

    private static String[] texts(List<KeyValuePair> pairs) {
        String[] texts = new String[pairs.size()];
        for (int i = 0; i < texts.length; i++) {
            Object value = pairs.get(i).value;
            try {
                texts[i] = String.valueOf(value);
            } catch (Throwable broken) {
                texts[i] = "[FAILED toString(): " + broken.getClass().getName() + "]";
            }
        }
        return texts;
    }
}
