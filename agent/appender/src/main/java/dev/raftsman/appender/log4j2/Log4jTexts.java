package dev.raftsman.appender.log4j2;

import dev.raftsman.appender.Arguments;
import dev.raftsman.appender.ThrowableText;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.impl.JdkMapAdapterStringMap;
import org.apache.logging.log4j.message.MapMessage;
import org.apache.logging.log4j.message.Message;
import org.apache.logging.log4j.message.ParameterConsumer;
import org.apache.logging.log4j.message.ParameterVisitable;
import org.apache.logging.log4j.message.ParameterizedMessage;
import org.apache.logging.log4j.message.ReusableMessage;
import org.apache.logging.log4j.message.SimpleMessage;
import org.apache.logging.log4j.message.StructuredDataMessage;
import org.apache.logging.log4j.util.ReadOnlyStringMap;
import org.apache.logging.log4j.util.TriConsumer;

/**
 * The texts of one Log4j2 event that foreign code makes; made by the caller's thread before it claims anything. Null where
 * the event itself says it all.
 */
final class Log4jTexts {
    private static final String STRUCTURED_DATA_ID = "sd.id";
    private static final String STRUCTURED_DATA_TYPE = "sd.type";

    /**
     * Arguments seen so far, by all threads, that have code of their own. A thread that finds the same number before and
     * behind its look at a message has seen none; one that finds another may have seen one, and then looks more closely.
     * So neither an event nor a thread, of which there may be millions, needs an object for it.
     */
    private static final AtomicLong FOREIGN = new AtomicLong();

    private static final ParameterConsumer<AtomicLong> COUNT_FOREIGN = (argument, index, foreign) -> {
        if (!Arguments.isPlain(argument)) {
            foreign.incrementAndGet();
        }
    };

    private static final TriConsumer<String, Object, List<String>> COPY = (key, value, pairs) -> {
        pairs.add(key);
        pairs.add(Arguments.text(value));
    };

    /** The whole message, where pattern and arguments do not say it. */
    final String message;

    final String throwable;

    /** Keys and values by turns: the context, and what a message of pairs brings. Null: the context says it. */
    final List<String> pairs;

    final String caller;

    Log4jTexts(LogEvent event, ContextKeys keys, boolean callerData) {
        Message said = event.getMessage();
        message = isWhole(said) ? String.valueOf(said.getFormattedMessage()) : null;
        throwable = event.getThrown() == null ? null : ThrowableText.of(event.getThrown());
        pairs = pairs(event.getContextData(), keys, said);
        StackTraceElement source = callerData ? event.getSource() : null;
        caller = source == null ? null : source.toString();
    }

    static boolean areNeeded(LogEvent event, ContextKeys keys) {
        return event.getThrown() != null
                || needsText(event.getMessage())
                || hasForeignValue(event.getContextData(), keys);
    }

    /** Whether pattern and plain arguments, or a plain text, are not all there is to the message. */
    private static boolean needsText(Message message) {
        if (message == null) {
            return false;
        }
        String format = format(message);
        if (format == null || format.indexOf('\\') >= 0) {
            return true;
        }
        if (message instanceof ReusableMessage reusable && message instanceof ParameterVisitable visitable) {
            return reusable.getParameterCount() > 0 && hasForeignArgument(visitable);
        }
        if (message instanceof ParameterizedMessage) {
            return hasForeign(message.getParameters());
        }
        return !(message instanceof SimpleMessage);
    }

    /** Deprecated as a guess at what an implementation makes of it; of those that are asked here it is known. */
    @SuppressWarnings("deprecation")
    static String format(Message message) {
        return message.getFormat();
    }

    private static boolean hasForeignArgument(ParameterVisitable message) {
        long before = FOREIGN.get();
        message.forEachParameter(COUNT_FOREIGN, FOREIGN);
        return FOREIGN.get() != before;
    }

    private static boolean hasForeign(Object[] arguments) {
        if (arguments != null) {
            for (Object argument : arguments) {
                if (!Arguments.isPlain(argument)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Whether the message's text must come from the framework: a foreign argument that has no place in it does no harm. */
    private static boolean isWhole(Message message) {
        if (!needsText(message)) {
            return false;
        }
        boolean pattern = format(message) != null
                && (message instanceof ParameterizedMessage
                        || message instanceof ReusableMessage && message instanceof ParameterVisitable);
        Object[] arguments = pattern ? message.getParameters() : null;
        int places = arguments == null ? Arguments.ESCAPED : Arguments.places(format(message));
        for (int i = 0; i < places && i < arguments.length; i++) {
            if (!Arguments.isPlain(arguments[i])) {
                return true;
            }
        }
        return places == Arguments.ESCAPED;
    }

    private static boolean hasForeignValue(ReadOnlyStringMap context, ContextKeys keys) {
        if (context instanceof JdkMapAdapterStringMap) {
            return false; // Log4j2's usual one, and it holds nothing but strings
        }
        for (String key : keys.of(context)) {
            if (!Arguments.isPlain(context.getValue(key))) {
                return true;
            }
        }
        return false;
    }

    private static List<String> pairs(ReadOnlyStringMap context, ContextKeys keys, Message message) {
        boolean map = message instanceof MapMessage;
        if (!map && !hasForeignValue(context, keys)) {
            return null;
        }
        List<String> pairs = new ArrayList<>();
        if (context != null) {
            context.forEach(COPY, pairs);
        }
        if (message instanceof StructuredDataMessage data) {
            COPY.accept(STRUCTURED_DATA_ID, data.getId(), pairs);
            COPY.accept(STRUCTURED_DATA_TYPE, data.getType(), pairs);
        }
        if (map) {
            ((MapMessage<?, ?>) message).forEach(COPY, pairs);
        }
        return pairs;
    }
}
