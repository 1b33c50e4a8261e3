package dev.raftsman.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WordsRequestTest {
    private static List<String> words(String query) {
        return WordsRequest.parse(query).stream()
                .map(word -> new String(word, StandardCharsets.US_ASCII))
                .toList();
    }

    @Test
    void takesWordsWithCommasBetweenOrNone() {
        assertThat(words("of=order4711,failed")).containsExactly("order4711", "failed");
        assertThat(words("of=a")).containsExactly("a");
        assertThat(words("of=")).isEmpty();
        assertThat(words("")).isEmpty();
        assertThat(words(null)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"words=a", "of=a,", "of=,a", "of=a%20b", "of=a&of=b", "of=\u00e4", "of"})
    void saysWhatItExpected(String query) {
        assertThatThrownBy(() -> WordsRequest.parse(query))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(query)
                .hasMessageContaining("expected of=");
    }
}
