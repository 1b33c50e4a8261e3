package dev.raftsman.search;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenFilterTest {
    private static final int WORDS = 10_000;
    private static final int MAX_WORDS = 1 << 14;

    private final Random random = new Random(7);
    private final Set<String> inside = new HashSet<>();
    private final TokenSet set = new TokenSet(MAX_WORDS);

    TokenFilterTest() {
        while (inside.size() < WORDS) {
            String word = word();
            if (inside.add(word)) {
                byte[] bytes = bytes(word);
                set.add(bytes, 0, bytes.length);
            }
        }
    }

    @ParameterizedTest(name = "{0} bits a word")
    @CsvSource({"8, 0.024", "6, 0.056", "4, 0.16", "3, 0.29"})
    void deniesNoWordThatIsThereAndMostThatAreNot(int bits, double expected) {
        TokenFilter filter = TokenFilter.of(set, WORDS * bits / 8);
        assertThat(filter.bytes()).isEqualTo(WORDS * bits / 8);
        assertThat(inside).allMatch(word -> filter.mayContain(bytes(word)));
        int notDenied = 0;
        int tried = 0;
        while (tried < WORDS) {
            String word = word();
            if (!inside.contains(word)) {
                tried++;
                notDenied += filter.mayContain(bytes(word)) ? 1 : 0;
            }
        }
        assertThat((double) notDenied / tried).isBetween(expected * 0.8, expected * 1.2);
        assertThat(filter.falsePositiveRate()).isBetween(expected * 0.8, expected * 1.2);
    }

    @Test
    void isNoLargerThanWordsNeedWhateverRoomThereIs() {
        assertThat(TokenFilter.of(set, Integer.MAX_VALUE).bytes()).isEqualTo(WORDS);
    }

    @Test
    void deniesNothingWhereRoomOrWordsDoNotSuffice() {
        assertThat(TokenFilter.of(set, WORDS * 3 / 8 - 1)).isSameAs(TokenFilter.NONE);
        assertThat(TokenFilter.of(new TokenSet(8), 100)).isSameAs(TokenFilter.NONE);
        while (set.whole()) {
            byte[] word = bytes(word());
            set.add(word, 0, word.length);
        }
        assertThat(TokenFilter.of(set, Integer.MAX_VALUE)).isSameAs(TokenFilter.NONE);
    }

    private String word() {
        return "w" + Long.toString(random.nextLong() >>> 1, Character.MAX_RADIX);
    }

    private static byte[] bytes(String word) {
        return word.getBytes(StandardCharsets.US_ASCII);
    }
}
