package dev.raftsman.search;

import dev.raftsman.event.Level;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/**
 * What is looked for in a stream. Immutable.
 *
 * @param texts all of them must be in an item
 * @param inverted items are wanted in which not all texts are; of the other conditions nothing is inverted
 * @param leastLevel null: of any level. Lines of files have none, so that with a level none of them is found
 * @param fromNanos since 1970. An event has its own time; of lines only the time is known within which their block was read,
 *     so a block that reaches into the time is taken whole
 * @param toNanos inclusive
 * @param fields all of them must be so
 */
public record Query(
        List<Text> texts, boolean inverted, Level leastLevel, long fromNanos, long toNanos, List<Field> fields) {
    /** Everything. */
    public static final Query ALL = new Query(List.of(), false, null, Long.MIN_VALUE, Long.MAX_VALUE, List.of());

    /**
     * A text in a line, or in the message or the throwable of an event.
     *
     * @param pattern what is looked for, or if {@code regex} a regular expression of RE2
     * @param ignoringCase of letters
     * @param wholeWords no letter, digit, underscore or byte beyond ASCII stands directly before or behind it
     */
    public record Text(String pattern, boolean regex, boolean ignoringCase, boolean wholeWords) {
        /** @throws IllegalArgumentException if it is empty, or is to be a regular expression and is none */
        public Text {
            if (pattern.isEmpty()) {
                throw new IllegalArgumentException("an empty text is everywhere");
            }
            if (regex) {
                TextMatcher.compiled(pattern, ignoringCase);
            }
        }

        /** The very bytes. */
        public static Text literal(String text) {
            return new Text(text, false, false, false);
        }
    }

    /**
     * What an event's {@code logger} or {@code thread} is, or an attribute of it, or a label of all events of its block.
     *
     * @param value exactly
     */
    public record Field(String name, String value) {
        /** Of these an event has exactly one. */
        static final String LOGGER = "logger";

        static final String THREAD = "thread";

        /** @throws IllegalArgumentException if the name is empty */
        public Field {
            Objects.requireNonNull(value, "value");
            if (name.isEmpty()) {
                throw new IllegalArgumentException("a field without a name");
            }
        }

        /** @throws IllegalArgumentException if it is not {@code name=value} */
        public static Field parse(String text) {
            int at = text.indexOf('=');
            if (at < 1) {
                throw new IllegalArgumentException("'" + text + "'; expected name=value");
            }
            return new Field(text.substring(0, at), text.substring(at + 1));
        }

        byte[] valueBytes() {
            return value.getBytes(StandardCharsets.UTF_8);
        }
    }

    public Query {
        texts = List.copyOf(texts);
        fields = List.copyOf(fields);
        if (fromNanos > toNanos) {
            throw new IllegalArgumentException("a time that ends before it begins");
        }
    }

    /** All items with these texts. */
    public static Query of(Text... texts) {
        return new Query(List.of(texts), false, null, Long.MIN_VALUE, Long.MAX_VALUE, List.of());
    }

    /** Whether gaps, which have neither text nor level nor fields, are part of the answer. */
    public boolean wantsGaps() {
        return texts.isEmpty() && leastLevel == null && fields.isEmpty();
    }

    /** Whether anything from here to there may be of the time. */
    public boolean mayBeAt(long minNanos, long maxNanos) {
        return minNanos <= toNanos && maxNanos >= fromNanos;
    }

    /** Whether a block or segment with these levels may have any that is wanted. */
    public boolean mayHaveLevel(int levelBitmap) {
        return leastLevel == null || (levelBitmap & wantedLevels()) != 0;
    }

    private int wantedLevels() {
        int bits = 0;
        for (Level level : Level.values()) {
            bits |= isWanted(level) ? level.bit() : 0;
        }
        return bits;
    }

    boolean isWanted(Level level) {
        return leastLevel == null
                || leastLevel == Level.UNPARSED
                || level != Level.UNPARSED && level.compareTo(leastLevel) >= 0;
    }
}
