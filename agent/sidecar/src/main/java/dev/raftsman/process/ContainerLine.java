package dev.raftsman.process;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One line of a container runtime, taken apart: a flyweight. Which runtime wrote it is told by the line itself.
 *
 * <pre>
 *  CRI      2016-10-06T00:17:09.669794202Z stdout F the text       P: the line goes on with the next of its stream
 *  Docker   {"log":"the text\n","stream":"stdout","time":"2016-10-06T00:17:09.669794202Z"}   no \n: it goes on
 * </pre>
 *
 * Of CRI the text is taken as it lies there, whatever its bytes; of Docker as JSON says, with U+FFFD for half a surrogate
 * pair. A line that is neither is all text, and {@link #parsed()} says so. One thread.
 */
final class ContainerLine {
    private static final byte[] LONE = {(byte) 0xEF, (byte) 0xBF, (byte) 0xBD};
    private static final byte[] NONE = {};

    private final JsonFactory json = new JsonFactory();
    private final CharsetEncoder utf8 = StandardCharsets.UTF_8
            .newEncoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .replaceWith(LONE);
    private final List<byte[]> attributes = new ArrayList<>();

    private byte[] bytes = NONE;
    private int from;
    private int to;
    private byte[] stream = NONE;
    private long timeNanos;
    private boolean partial;
    private boolean parsed;
    private boolean inPlace;

    /** Takes the line in {@code [lineFrom, lineTo)}, without its newline. */
    void take(byte[] line, int lineFrom, int lineTo) {
        attributes.clear();
        inPlace = true;
        parsed = lineTo > lineFrom && line[lineFrom] == '{'
                ? takeDocker(line, lineFrom, lineTo)
                : takeCri(line, lineFrom, lineTo);
        if (!parsed) {
            attributes.clear();
            inPlace = true;
            bytes = line;
            from = lineFrom;
            to = lineTo;
            stream = NONE;
            timeNanos = Timestamp.NONE;
            partial = false;
        }
    }

    private boolean takeCri(byte[] line, int lineFrom, int lineTo) {
        int timeEnd = blank(line, lineFrom, lineTo);
        int streamEnd = blank(line, timeEnd + 1, lineTo);
        int tagsEnd = blank(line, streamEnd + 1, lineTo);
        if (streamEnd >= lineTo || tagsEnd <= streamEnd + 1) {
            return false;
        }
        timeNanos = Timestamp.parse(line, lineFrom, timeEnd);
        byte tag = line[streamEnd + 1];
        boolean single = tagsEnd == streamEnd + 2 || line[streamEnd + 2] == ':';
        if (timeNanos == Timestamp.NONE || !single || tag != 'P' && tag != 'F') {
            return false;
        }
        stream = name(line, timeEnd + 1, streamEnd);
        partial = tag == 'P';
        bytes = line;
        from = Math.min(lineTo, tagsEnd + 1);
        to = lineTo;
        return true;
    }

    private static int blank(byte[] line, int at, int end) {
        int i = Math.min(at, end);
        while (i < end && line[i] != ' ') {
            i++;
        }
        return i;
    }

    /** The name of a stream, the same array as long as it stays the same. */
    private byte[] name(byte[] line, int nameFrom, int nameTo) {
        return Arrays.equals(stream, 0, stream.length, line, nameFrom, nameTo)
                ? stream
                : Arrays.copyOfRange(line, nameFrom, nameTo);
    }

    private boolean takeDocker(byte[] line, int lineFrom, int lineTo) {
        String log = null;
        String name = "";
        timeNanos = Timestamp.NONE;
        try (JsonParser parser = json.createParser(line, lineFrom, lineTo - lineFrom)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return false;
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String field = parser.currentName();
                JsonToken value = parser.nextToken();
                if (value == JsonToken.VALUE_STRING && field.equals("log")) {
                    log = parser.getText();
                } else if (value == JsonToken.VALUE_STRING && field.equals("stream")) {
                    name = parser.getText();
                } else if (value == JsonToken.VALUE_STRING && field.equals("time")) {
                    byte[] time = parser.getText().getBytes(StandardCharsets.UTF_8);
                    timeNanos = Timestamp.parse(time, 0, time.length);
                } else if (value == JsonToken.START_OBJECT && field.equals("attrs")) {
                    takeAttributes(parser);
                } else {
                    parser.skipChildren();
                }
            }
            if (parser.currentToken() != JsonToken.END_OBJECT || parser.nextToken() != null) {
                return false;
            }
        } catch (IOException notJson) {
            return false;
        }
        if (log == null || timeNanos == Timestamp.NONE) {
            return false;
        }
        partial = !log.endsWith("\n");
        inPlace = false;
        bytes = encoded(partial ? log : log.substring(0, log.length() - 1));
        from = 0;
        to = bytes.length;
        byte[] named = name.getBytes(StandardCharsets.UTF_8);
        stream = name(named, 0, named.length);
        return true;
    }

    /** What the container was run with: labels and environment that its operator chose. */
    private void takeAttributes(JsonParser parser) throws IOException {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String key = parser.currentName();
            JsonToken value = parser.nextToken();
            if (value.isScalarValue()) {
                attributes.add(encoded(key));
                attributes.add(encoded(parser.getText()));
            } else {
                parser.skipChildren();
            }
        }
    }

    private byte[] encoded(String text) {
        try {
            ByteBuffer buffer = utf8.encode(CharBuffer.wrap(text));
            byte[] copy = new byte[buffer.remaining()];
            buffer.get(copy);
            return copy;
        } catch (CharacterCodingException e) {
            throw new IllegalStateException("cannot happen, what is malformed is replaced", e);
        }
    }

    /** Where the text is; valid until the next line is taken, and until the line's own bytes change. */
    byte[] bytes() {
        return bytes;
    }

    /** The text lies in the line itself. */
    boolean isInPlace() {
        return inPlace;
    }

    int from() {
        return from;
    }

    int to() {
        return to;
    }

    /** {@code stdout}, {@code stderr} or another; empty if the line was not understood. */
    byte[] stream() {
        return stream;
    }

    /** {@link Timestamp#NONE} if the line was not understood. */
    long timeNanos() {
        return timeNanos;
    }

    /** The text goes on with the next line of its stream, without a newline between. */
    boolean partial() {
        return partial;
    }

    boolean parsed() {
        return parsed;
    }

    /** Key, value, key, value; UTF-8. */
    List<byte[]> attributes() {
        return attributes;
    }
}
