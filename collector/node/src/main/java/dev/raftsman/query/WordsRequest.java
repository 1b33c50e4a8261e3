package dev.raftsman.query;

import dev.raftsman.segment.SegmentId;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What is asked of {@code /v1/words}: {@code segments=s1-...,s2-...&of=timeout,order4711}.
 *
 * @param of ASCII letters and digits; none if it is not said
 */
record WordsRequest(List<SegmentId> segments, List<byte[]> of) {
    private static final int MOST_SEGMENTS = 256;
    private static final String WORDS = "[A-Za-z0-9]+(,[A-Za-z0-9]+)*";

    /**
     * @param rawQuery null if there is none
     * @throws IllegalArgumentException saying what is wrong and what was expected
     */
    static WordsRequest parse(String rawQuery) {
        List<SegmentId> segments = new ArrayList<>();
        List<byte[]> of = new ArrayList<>();
        for (String part : rawQuery == null ? new String[0] : rawQuery.split("&", -1)) {
            String value = part.substring(part.indexOf('=') + 1);
            if (part.startsWith("segments=")) {
                for (String id : value.split(",", -1)) {
                    segments.add(SegmentId.parse(id));
                }
            } else if (part.startsWith("of=") && (value.isEmpty() || value.matches(WORDS))) {
                for (String word : value.isEmpty() ? new String[0] : value.split(",")) {
                    of.add(word.getBytes(StandardCharsets.US_ASCII));
                }
            } else {
                throw new IllegalArgumentException("'" + part
                        + "'; expected segments= and their ids, or of= and words of ASCII letters and digits, with commas"
                        + " between");
            }
        }
        if (segments.isEmpty() || segments.size() > MOST_SEGMENTS) {
            throw new IllegalArgumentException(
                    segments.size() + " segments; expected segments= with 1 to " + MOST_SEGMENTS);
        }
        return new WordsRequest(segments, of);
    }
}
