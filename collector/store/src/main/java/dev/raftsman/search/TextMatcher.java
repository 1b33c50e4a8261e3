package dev.raftsman.search;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** Whether one text of a query is in some bytes; and bytes that are surely there if it is. For any thread. */
final class TextMatcher {
    /** Bytes that must be there; null if none is known. */
    private final ByteFinder needed;

    /** Null: the needed bytes are all there is to it. */
    private final Pattern pattern;

    private final boolean wholeWords;

    TextMatcher(Query.Text text) {
        String literal = literal(text);
        if (literal != null) {
            needed = new ByteFinder(bytes(literal), text.ignoringCase());
            pattern = null;
            wholeWords = text.wholeWords();
        } else {
            needed = requiredTexts(text).stream()
                    .max(Comparator.comparingInt(String::length))
                    .map(required -> new ByteFinder(bytes(required), text.ignoringCase()))
                    .orElse(null);
            String regex = text.regex() ? text.pattern() : Pattern.quote(text.pattern());
            pattern = compiled(text.wholeWords() ? "\\b(?:" + regex + ")\\b" : regex, text.ignoringCase());
            wholeWords = false;
        }
    }

    /** The text itself if its bytes can be looked for; null if it is a pattern, or has letters whose other case only one knows. */
    private static String literal(Query.Text text) {
        boolean ascii = text.pattern().chars().allMatch(c -> c < 0x80);
        return text.regex() || text.ignoringCase() && !ascii ? null : text.pattern();
    }

    private static List<String> requiredTexts(Query.Text text) {
        return text.regex() ? RequiredTexts.of(text.pattern(), text.ignoringCase()) : List.of();
    }

    /** Texts that are in every match. */
    static List<String> required(Query.Text text) {
        String literal = literal(text);
        return literal != null ? List.of(literal) : requiredTexts(text);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** @throws IllegalArgumentException saying what is wrong with it */
    static Pattern compiled(String regex, boolean ignoringCase) {
        try {
            return Pattern.compile(regex, ignoringCase ? Pattern.CASE_INSENSITIVE : 0);
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException("no regular expression of RE2: " + e.getMessage(), e);
        }
    }

    /** What to look for in many lines at once; null if every line must be looked at. */
    ByteFinder needed() {
        return needed;
    }

    /** Whether what is needed is all that is wanted. */
    boolean isPlain() {
        return pattern == null && !wholeWords;
    }

    /** Whether it is in {@code [from, to)}. */
    boolean isIn(byte[] text, int from, int to) {
        if (needed == null) {
            return matches(text, from, to);
        }
        int at = needed.next(text, from, to);
        if (at < 0 || pattern == null && !wholeWords) {
            return at >= 0;
        }
        if (pattern != null) {
            return matches(text, from, to);
        }
        while (at >= 0) {
            int end = at + needed.length();
            if ((at == from || !isOfWord(text[at - 1])) && (end == to || !isOfWord(text[end]))) {
                return true;
            }
            at = needed.next(text, at + 1, to);
        }
        return false;
    }

    private static boolean isOfWord(byte b) {
        return b < 0 || b == '_' || WordBytes.KINDS[b] != WordBytes.OTHER;
    }

    private boolean matches(byte[] text, int from, int to) {
        return pattern.matcher(Arrays.copyOfRange(text, from, to)).find();
    }
}
