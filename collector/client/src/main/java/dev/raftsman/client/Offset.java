package dev.raftsman.client;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A place in a stream. What it is made of is the cluster's affair: keep it as text, compare it with others of the same
 * stream. It names the same record for ever, hot, archived, or restored.
 */
public final class Offset implements Comparable<Offset> {
    /** Before everything. */
    public static final Offset EARLIEST = new Offset(0, 0);

    private static final Pattern TEXT = Pattern.compile("([0-9]{1,19})\\.([0-9]{1,10})");

    private final long entry;
    private final int ordinal;

    private Offset(long entry, int ordinal) {
        this.entry = entry;
        this.ordinal = ordinal;
    }

    /** @throws IllegalArgumentException if the text is no offset */
    public static Offset parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        try {
            if (matcher.matches()) {
                return new Offset(Long.parseLong(matcher.group(1)), Integer.parseInt(matcher.group(2)));
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("'" + text + "' is no offset; expected one such as 4711.0", e);
        }
        throw new IllegalArgumentException("'" + text + "' is no offset; expected one such as 4711.0");
    }

    /** Just behind the record that this names: where to go on. */
    public Offset next() {
        return new Offset(entry, Math.addExact(ordinal, 1));
    }

    @Override
    public int compareTo(Offset other) {
        return entry != other.entry ? Long.compare(entry, other.entry) : Integer.compare(ordinal, other.ordinal);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Offset offset && compareTo(offset) == 0;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(entry) * 31 + ordinal;
    }

    @Override
    public String toString() {
        return entry + "." + ordinal;
    }
}
