package dev.raftsman.process;

import dev.raftsman.block.EventBlockBuilder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes events of lines: takes the wrapping of container runtimes off, joins what a rule says belongs together, and finds
 * the place up to which everything is decided.
 *
 * <p>It remembers nothing between two calls. What is not decided yet (a stack trace whose end has not come, a line in
 * parts) is left where it was read from, and offered again together with what comes after it: so it cannot be torn by a
 * batch, a restart or a rotation. The place to cut is one that no event reaches over; events of several streams of a
 * container may lie in each other:
 *
 * <pre>
 *  stdout  a-----a      b     c---     c is not ended: the cut is before it
 *  stderr     e     f------f           and then before f, which reaches over that place
 *          ^cut 1       ^cut 2: everything before it is decided
 * </pre>
 *
 * <p>An event ends where the next of its stream begins, when the caller says that nothing more will come, or when it and
 * the lines within it have become longer than the span: then what would go on with it becomes an event of its own, marked
 * as not whole, and is counted. Of a line in parts the first part decides whether it goes on with an event: runtimes split
 * after 16 KiB. One thread.
 */
public final class EventCutter {
    /** Most events of one block: a million empty lines would inflate to more than a block may. */
    private static final int MAX_EVENTS = 1 << 16;

    private static final int NONE = -1;
    private static final byte[] NEWLINE = {'\n'};
    private static final byte[] STREAM = "stream".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] UNPARSED = "unparsed".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] CONTAINER = "container".getBytes(StandardCharsets.US_ASCII);

    // Flags of pieces.
    private static final int DECODED = 1;
    private static final int NEWLINE_BEFORE = 2;

    // Flags of events.
    private static final int OPEN = 1;
    private static final int TRUNCATED = 2;
    private static final int NOT_PARSED = 4;

    private final boolean container;
    private final MultilineRule rule;
    private final int spanBytes;
    private final ContainerLine line = new ContainerLine();
    private final Map<String, Source> sources = new HashMap<>();

    private byte[] text = {};
    private byte[] decoded = new byte[1 << 10];
    private int decodedBytes;

    // One entry for each piece of text, in the order they came; base 0 = text, 1 = decoded.
    private int pieces;
    private int[] pieceFrom = new int[256];
    private int[] pieceLength = new int[256];
    private int[] pieceNext = new int[256];
    private byte[] pieceFlags = new byte[256];

    // One entry for each event, in the order they begin.
    private int events;
    private int[] eventStart = new int[256];
    private int[] eventEnd = new int[256];
    private int[] eventBytes = new int[256];
    private int[] eventHead = new int[256];
    private int[] eventTail = new int[256];
    private long[] eventTime = new long[256];
    private byte[] eventFlags = new byte[256];
    private Source[] eventSource = new Source[256];
    private final Map<Integer, List<byte[]>> eventAttributes = new HashMap<>();

    private long notWhole;
    private long notParsed;

    /** One stream of the container, or the file itself. */
    private static final class Source {
        final byte[] name;
        int open = NONE;
        int state;
        boolean midLine;

        Source(byte[] name) {
            this.name = name;
        }
    }

    /**
     * @param container whether lines are those of a container runtime
     * @param rule what joins lines, or null if each is an event
     * @param spanBytes most bytes from the beginning of an event to its end; less than what is offered at most
     */
    public EventCutter(boolean container, MultilineRule rule, int spanBytes) {
        this.container = container;
        this.rule = rule;
        this.spanBytes = spanBytes;
    }

    /** Events that are not whole: longer than is kept together, or without an end when there was no more. */
    public long notWhole() {
        return notWhole;
    }

    /** Lines that no container runtime writes. */
    public long notParsed() {
        return notParsed;
    }

    /**
     * Puts what is decided into a builder.
     *
     * @param bytes lines in {@code [0, length)}, the last one perhaps without its newline
     * @param ended nothing will go on with what is there, so all of it is decided
     * @param readNanos the time of events that carry none, since 1970
     * @return how many of the bytes were used; the rest is to be offered again
     */
    public int cut(byte[] bytes, int length, boolean ended, long readNanos, EventBlockBuilder builder) {
        begin(bytes);
        int at = 0;
        while (at < length && events < MAX_EVENTS) {
            int newline = at;
            while (newline < length && bytes[newline] != '\n') {
                newline++;
            }
            if (newline == length && !ended) {
                break;
            }
            int next = Math.min(length, newline + 1);
            takeLine(at, newline, next, readNanos);
            endWhatIsTooLong(next);
            at = next;
        }
        if (ended && at == length) {
            sources.values().forEach(this::end);
        }
        int cut = decided(at);
        if (cut == 0 && ended) { // one event reaches over all that one block may hold
            sources.values().forEach(this::end);
            cut = decided(at);
        }
        emit(cut, builder);
        return cut;
    }

    private void begin(byte[] bytes) {
        text = bytes;
        pieces = 0;
        events = 0;
        decodedBytes = 0;
        eventAttributes.clear();
        sources.clear();
    }

    private void takeLine(int from, int to, int next, long readNanos) {
        if (!container) {
            add(source(""), from, to - from, 0, from, next, false, readNanos);
            return;
        }
        line.take(text, from, to);
        Source source = source(new String(line.stream(), StandardCharsets.ISO_8859_1));
        boolean inPlace = line.isInPlace();
        int length = line.to() - line.from();
        int at = inPlace ? line.from() : decode(length);
        long time = line.parsed() ? line.timeNanos() : readNanos;
        int event = add(source, at, length, inPlace ? 0 : DECODED, from, next, line.partial(), time);
        if (!line.parsed()) {
            eventFlags[event] |= NOT_PARSED;
        }
        if (!line.attributes().isEmpty()) {
            eventAttributes.putIfAbsent(event, List.copyOf(line.attributes()));
        }
    }

    private Source source(String name) {
        Source source = sources.get(name);
        if (source == null) {
            source = new Source(name.getBytes(StandardCharsets.ISO_8859_1));
            sources.put(name, source);
        }
        return source;
    }

    private int decode(int length) {
        if (decoded.length - decodedBytes < length) {
            decoded = Arrays.copyOf(decoded, Math.max(2 * decoded.length, decodedBytes + length));
        }
        System.arraycopy(line.bytes(), line.from(), decoded, decodedBytes, length);
        decodedBytes += length;
        return decodedBytes - length;
    }

    /** @return the event that the line belongs to */
    private int add(
            Source source, int at, int length, int flags, int lineFrom, int lineEnd, boolean partial, long timeNanos) {
        boolean goesOn = source.midLine;
        int joint = 0;
        if (!goesOn && rule != null) {
            byte[] base = (flags & DECODED) != 0 ? decoded : text;
            int step = rule.step(source.state, base, at, at + length);
            source.state = step < 0 ? ~step : step;
            goesOn = step >= 0;
            joint = NEWLINE_BEFORE;
        }
        if (!goesOn || source.open == NONE) {
            end(source);
            source.open = newEvent(source, lineFrom, timeNanos);
            if (goesOn) {
                eventFlags[source.open] |= TRUNCATED; // its beginning is not here
            }
            joint = 0;
        }
        source.midLine = partial;
        int event = source.open;
        addPiece(event, at, length, flags | joint);
        eventEnd[event] = lineEnd;
        eventBytes[event] += lineEnd - lineFrom;
        if (rule == null && !partial) {
            end(source);
        }
        return event;
    }

    private int newEvent(Source source, int start, long timeNanos) {
        if (events == eventStart.length) {
            int more = 2 * events;
            eventStart = Arrays.copyOf(eventStart, more);
            eventEnd = Arrays.copyOf(eventEnd, more);
            eventBytes = Arrays.copyOf(eventBytes, more);
            eventHead = Arrays.copyOf(eventHead, more);
            eventTail = Arrays.copyOf(eventTail, more);
            eventTime = Arrays.copyOf(eventTime, more);
            eventFlags = Arrays.copyOf(eventFlags, more);
            eventSource = Arrays.copyOf(eventSource, more);
        }
        eventStart[events] = start;
        eventBytes[events] = 0;
        eventHead[events] = NONE;
        eventTime[events] = timeNanos;
        eventFlags[events] = OPEN;
        eventSource[events] = source;
        return events++;
    }

    private void addPiece(int event, int from, int length, int flags) {
        if (pieces == pieceFrom.length) {
            int more = 2 * pieces;
            pieceFrom = Arrays.copyOf(pieceFrom, more);
            pieceLength = Arrays.copyOf(pieceLength, more);
            pieceNext = Arrays.copyOf(pieceNext, more);
            pieceFlags = Arrays.copyOf(pieceFlags, more);
        }
        pieceFrom[pieces] = from;
        pieceLength[pieces] = length;
        pieceNext[pieces] = NONE;
        pieceFlags[pieces] = (byte) flags;
        if (eventHead[event] == NONE) {
            eventHead[event] = pieces;
        } else {
            pieceNext[eventTail[event]] = pieces;
        }
        eventTail[event] = pieces++;
    }

    private void end(Source source) {
        if (source.open == NONE) {
            return;
        }
        eventFlags[source.open] &= ~OPEN;
        if (source.midLine) {
            eventFlags[source.open] |= TRUNCATED;
        }
        source.open = NONE;
        source.midLine = false;
    }

    private void endWhatIsTooLong(int now) {
        for (Source source : sources.values()) {
            if (source.open != NONE && now - eventStart[source.open] > spanBytes) {
                boolean midLine = source.midLine;
                end(source);
                source.midLine = midLine;
            }
        }
    }

    /** The greatest place up to which every event is ended and none reaches beyond it. */
    private int decided(int end) {
        int cut = end;
        for (int event = events - 1; event >= 0; event--) {
            boolean open = (eventFlags[event] & OPEN) != 0;
            if (eventStart[event] < cut && (open || eventEnd[event] > cut)) {
                cut = eventStart[event];
            }
        }
        return cut;
    }

    private void emit(int cut, EventBlockBuilder builder) {
        for (int event = 0; event < events && eventStart[event] < cut; event++) {
            int flags = eventFlags[event];
            boolean truncated = (flags & TRUNCATED) != 0;
            notWhole += truncated ? 1 : 0;
            builder.beginText(eventTime[event], truncated);
            for (int piece = eventHead[event]; piece != NONE; piece = pieceNext[piece]) {
                if ((pieceFlags[piece] & NEWLINE_BEFORE) != 0) {
                    builder.text(NEWLINE, 0, 1);
                }
                byte[] base = (pieceFlags[piece] & DECODED) != 0 ? decoded : text;
                builder.text(base, pieceFrom[piece], pieceLength[piece]);
            }
            if (eventSource[event].name.length > 0) {
                builder.attribute(STREAM, eventSource[event].name);
            }
            if ((flags & NOT_PARSED) != 0) {
                notParsed++;
                builder.attribute(UNPARSED, CONTAINER);
            }
            List<byte[]> attributes = eventAttributes.getOrDefault(event, List.of());
            for (int i = 0; i < attributes.size(); i += 2) {
                builder.attribute(attributes.get(i), attributes.get(i + 1));
            }
            builder.endText(eventBytes[event]);
        }
    }
}
