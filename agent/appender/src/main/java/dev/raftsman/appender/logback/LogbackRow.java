package dev.raftsman.appender.logback;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import dev.raftsman.event.EventRowWriter;
import dev.raftsman.event.Level;
import dev.raftsman.ring.RowSource;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.slf4j.Marker;
import org.slf4j.event.KeyValuePair;

/**
 * One Logback event on its way into a slot. The constructor runs whatever is foreign code; afterwards there are only
 * texts, so that encoding cannot block, log or fail. Lives for one call, on one thread.
 */
final class LogbackRow implements RowSource, BiConsumer<String, String> {
    /** Attributes beyond it are left out and the row is marked as truncated. */
    private static final int MAX_ATTRIBUTES = 256;

    private static final String MARKER = "marker";
    private static final String CALLER = "caller";
    private static final String CUT_MESSAGE_CHARS = "raftsman.uncut.chars";
    private static final String CUT_MESSAGE_HASH = "raftsman.uncut.sha256";

    private final ILoggingEvent event;
    private final Level level;
    private final String message;
    private final String throwable;
    private final Map<String, String> mdc;
    private final String[] values;
    private final String caller;

    private EventRowWriter row;
    private int maxChars;
    private int attributes;

    LogbackRow(ILoggingEvent event, boolean callerData) {
        this.event = event;
        this.level = levelOf(event.getLevel().toInt());
        this.message = event.getFormattedMessage();
        this.mdc = event.getMDCPropertyMap();
        IThrowableProxy thrown = event.getThrowableProxy();
        this.throwable = thrown == null ? null : ThrowableText.of(thrown);
        List<KeyValuePair> pairs = event.getKeyValuePairs();
        this.values = pairs == null || pairs.isEmpty() ? null : texts(pairs);
        StackTraceElement[] callers = callerData ? event.getCallerData() : null;
        this.caller = callers == null || callers.length == 0 ? null : callers[0].toString();
    }

    private static String[] texts(List<KeyValuePair> pairs) {
        String[] texts = new String[Math.min(pairs.size(), MAX_ATTRIBUTES)];
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

    private static Level levelOf(int logback) {
        if (logback >= ch.qos.logback.classic.Level.ERROR_INT) {
            return Level.ERROR;
        }
        if (logback >= ch.qos.logback.classic.Level.WARN_INT) {
            return Level.WARN;
        }
        if (logback >= ch.qos.logback.classic.Level.INFO_INT) {
            return Level.INFO;
        }
        return logback >= ch.qos.logback.classic.Level.DEBUG_INT ? Level.DEBUG : Level.TRACE;
    }

    @Override
    public Level level() {
        return level;
    }

    @Override
    public long timestampNanos() {
        Instant instant = event.getInstant();
        return instant == null
                ? event.getTimeStamp() * 1_000_000L
                : instant.getEpochSecond() * 1_000_000_000L + instant.getNano();
    }

    @Override
    public int encode(EventRowWriter writer, ByteBuffer buffer, int offset, int limit, int longest) {
        row = writer;
        maxChars = longest;
        attributes = 0;
        writer.begin(buffer, offset, limit, level, timestampNanos());
        writer.logger(event.getLoggerName());
        writer.thread(event.getThreadName());
        writer.message(cut(message));
        if (throwable != null) {
            writer.throwable(cut(throwable));
        }
        if (message != null && message.length() > longest) {
            encodeHash();
        }
        if (mdc != null && !mdc.isEmpty()) {
            mdc.forEach(this);
        }
        if (values != null) {
            encodePairs();
        }
        List<Marker> markers = event.getMarkerList();
        if (markers != null) {
            for (int i = 0; i < markers.size(); i++) {
                accept(MARKER, markers.get(i).getName());
            }
        }
        if (caller != null) {
            accept(CALLER, caller);
        }
        return writer.end();
    }

    private void encodePairs() {
        List<KeyValuePair> pairs = event.getKeyValuePairs();
        for (int i = 0; i < values.length; i++) {
            accept(pairs.get(i).key, values[i]);
        }
        if (pairs.size() > values.length) {
            row.truncated();
        }
    }

    /** Of a message that is cut, its length and hash stay, so that the whole can be recognised elsewhere. */
    private void encodeHash() {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(message.getBytes(StandardCharsets.UTF_8));
            accept(CUT_MESSAGE_CHARS, Integer.toString(message.length()));
            accept(CUT_MESSAGE_HASH, HexFormat.of().formatHex(hash));
        } catch (NoSuchAlgorithmException everyJvmHasIt) {
            throw new IllegalStateException(everyJvmHasIt);
        }
    }

    /** One attribute. */
    @Override
    public void accept(String key, String value) {
        if (attributes == MAX_ATTRIBUTES) {
            row.truncated();
            return;
        }
        attributes++;
        row.attribute(key == null ? "null" : cut(key), value == null ? "null" : cut(value));
    }

    private String cut(String text) {
        if (text == null || text.length() <= maxChars) {
            return text;
        }
        row.truncated();
        return text.substring(0, Character.isHighSurrogate(text.charAt(maxChars - 1)) ? maxChars - 1 : maxChars);
    }
}
