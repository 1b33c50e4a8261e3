package dev.raftsman.search;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The words that surely are in whatever a query finds, so that what a {@link TokenFilter} denies need not be read. Of a text
 * these are the words inside of it: its first and its last may be parts of longer ones, unless whole words are wanted.
 * Immutable.
 */
public final class WordQuery {
    private final List<byte[]> words = new ArrayList<>();
    private final List<byte[]> fieldWords = new ArrayList<>();

    public WordQuery(Query query) {
        if (!query.inverted()) {
            for (Query.Text text : query.texts()) {
                for (String required : TextMatcher.required(text)) {
                    add(required, text.ignoringCase(), text.wholeWords() && !text.regex(), words);
                }
            }
        }
        for (Query.Field field : query.fields()) {
            if (!field.name().equals(Query.Field.LOGGER) && !field.name().equals(Query.Field.THREAD)) {
                add(field.value(), false, true, fieldWords);
            }
        }
    }

    private static void add(String text, boolean ignoringCase, boolean whole, List<byte[]> to) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        for (int at = 0; at < bytes.length; at++) {
            int from = at;
            boolean letters = false;
            while (at < bytes.length && WordBytes.KINDS[bytes[at] & 0xFF] != WordBytes.OTHER) {
                letters |= WordBytes.KINDS[bytes[at] & 0xFF] == WordBytes.LETTER;
                at++;
            }
            boolean ended = whole || from > 0 && at < bytes.length;
            boolean known = TokenSet.hash(bytes, from, at - from) != 0;
            if (at > from && ended && known && !(ignoringCase && letters)) {
                to.add(Arrays.copyOfRange(bytes, from, at));
            }
        }
    }

    /** All of them, of fields too. The arrays are not to be changed. */
    public List<byte[]> all() {
        List<byte[]> all = new ArrayList<>(words);
        all.addAll(fieldWords);
        return all;
    }

    /** Whether a filter may deny anything at all. */
    public boolean prunes(boolean withFields) {
        return !words.isEmpty() || withFields && !fieldWords.isEmpty();
    }

    /**
     * False if what is looked for is surely not there.
     *
     * @param withFields whether the filter knows the words of attributes and labels one by one
     */
    public boolean mayBeIn(TokenFilter filter, boolean withFields) {
        return words.stream().allMatch(filter::mayContain)
                && (!withFields || fieldWords.stream().allMatch(filter::mayContain));
    }
}
