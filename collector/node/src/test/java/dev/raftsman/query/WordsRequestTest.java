package dev.raftsman.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.raftsman.segment.SegmentId;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WordsRequestTest {
    private static final String TWO = "segments=s1-0000000000000002,s7-00000000000000ff";

    private static List<String> words(String query) {
        return WordsRequest.parse(query).of().stream()
                .map(word -> new String(word, StandardCharsets.US_ASCII))
                .toList();
    }

    @Test
    void takesSegmentsAndWordsWithCommasBetween() {
        assertThat(words(TWO + "&of=order4711,failed")).containsExactly("order4711", "failed");
        assertThat(words("of=a&" + TWO)).containsExactly("a");
        assertThat(words(TWO + "&of=")).isEmpty();
        assertThat(words(TWO)).isEmpty();
        assertThat(WordsRequest.parse(TWO).segments()).containsExactly(new SegmentId(1, 2), new SegmentId(7, 255));
    }

    @ParameterizedTest
    @ValueSource(strings = {"words=a", "of=a,", "of=,a", "of=a%20b", "of=\u00e4", "of"})
    void saysWhatItExpectedOfWords(String words) {
        assertThatThrownBy(() -> WordsRequest.parse(TWO + "&" + words))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(words)
                .hasMessageContaining("expected segments=");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "of=a", "segments=", "segments=s1", "segments=s1-2,"})
    void saysWhatItExpectedOfSegments(String query) {
        assertThatThrownBy(() -> WordsRequest.parse(query))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected");
    }

    @Test
    void refusesMoreSegmentsThanItWouldReadAtOnce() {
        String many = "segments=" + String.join(",", java.util.Collections.nCopies(257, "s1-0000000000000002"));
        assertThatThrownBy(() -> WordsRequest.parse(many)).hasMessageContaining("257 segments; expected");
    }
}
