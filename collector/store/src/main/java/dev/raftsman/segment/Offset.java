package dev.raftsman.segment;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A place in a stream, the same for ever: while its data is hot, once it is cold, and after a restore. Text: {@code
 * <raftIndex>.<n>}.
 *
 * <p>It names the n-th of what one entry of the Raft log brought to this stream, see {@link OffsetCounter}. Offsets of a
 * stream grow in its order but are not dense: most entries bring nothing to it. A reader goes on from {@link #next()}, which
 * need not name an item itself; so every offset is a fair place to start, and the first item read is the first at it or
 * behind it. Offsets of different streams have nothing to do with each other.
 *
 * @param raftIndex of the entry, as the records of segments have it
 * @param ordinal from 0, among this stream's items of the entry
 */
public record Offset(long raftIndex, int ordinal) implements Comparable<Offset> {
    /** Before everything. */
    public static final Offset EARLIEST = new Offset(0, 0);

    private static final Pattern TEXT = Pattern.compile("(0|[1-9][0-9]{0,18})\\.(0|[1-9][0-9]{0,9})");

    public Offset {
        if (raftIndex < 0 || ordinal < 0) {
            throw new IllegalArgumentException("offset of Raft index " + raftIndex + " and ordinal " + ordinal);
        }
    }

    /** @throws IllegalArgumentException if the text is no offset, saying what one looks like */
    @JsonCreator
    public static Offset parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw malformed(text, null);
        }
        try {
            return new Offset(Long.parseLong(matcher.group(1)), Integer.parseInt(matcher.group(2)));
        } catch (NumberFormatException e) { // Digits enough for a number, but too great a one.
            throw malformed(text, e);
        }
    }

    private static IllegalArgumentException malformed(String text, NumberFormatException cause) {
        return new IllegalArgumentException(
                "'" + text + "' is no offset; expected <raftIndex>.<n>, such as 4711.0", cause);
    }

    /** Just behind the item that this names. */
    public Offset next() {
        return new Offset(raftIndex, Math.addExact(ordinal, 1));
    }

    /** Behind all that the entry brought. */
    public Offset nextEntry() {
        return new Offset(Math.addExact(raftIndex, 1), 0);
    }

    /** In the order of the stream. */
    @Override
    public int compareTo(Offset other) {
        return raftIndex != other.raftIndex
                ? Long.compare(raftIndex, other.raftIndex)
                : Integer.compare(ordinal, other.ordinal);
    }

    @JsonValue
    @Override
    public String toString() {
        return raftIndex + "." + ordinal;
    }
}
