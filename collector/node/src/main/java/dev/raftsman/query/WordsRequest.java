package dev.raftsman.query;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/** What is asked of {@code /v1/segments/{id}/words}: {@code of=timeout,order4711}, or nothing. */
final class WordsRequest {
    private static final String OF = "of=";
    private static final Pattern WORDS = Pattern.compile("([A-Za-z0-9]+(,[A-Za-z0-9]+)*)?");

    private WordsRequest() {}

    /**
     * @param rawQuery null if there is none
     * @throws IllegalArgumentException saying what is wrong and what was expected
     */
    static List<byte[]> parse(String rawQuery) {
        if (rawQuery == null || rawQuery.isEmpty()) {
            return List.of();
        }
        String words = rawQuery.substring(rawQuery.startsWith(OF) ? OF.length() : 0);
        if (!rawQuery.startsWith(OF) || !WORDS.matcher(words).matches()) {
            throw new IllegalArgumentException(
                    "'" + rawQuery + "'; expected of= and words of ASCII letters and digits with commas between");
        }
        return Arrays.stream(words.split(","))
                .filter(word -> !word.isEmpty())
                .map(word -> word.getBytes(StandardCharsets.US_ASCII))
                .toList();
    }
}
