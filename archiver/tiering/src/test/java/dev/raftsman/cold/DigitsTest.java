package dev.raftsman.cold;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class DigitsTest {
    private static String again(String digits) {
        long number = Digits.number(Long.parseUnsignedLong(digits), digits.length());
        int length = Digits.length(number);
        String value = Long.toUnsignedString(Digits.value(number, length));
        return "0".repeat(Math.max(0, length - value.length())) + value;
    }

    @Test
    void numbersTheShortestRunsFirst() {
        long expected = 0;
        for (int length = 1; length <= 4; length++) {
            for (int value = 0; value < Math.pow(10, length); value++) {
                assertThat(Digits.number(value, length)).isEqualTo(expected);
                assertThat(Digits.length(expected)).isEqualTo(length);
                assertThat(Digits.value(expected, length)).isEqualTo(value);
                expected++;
            }
        }
    }

    @Test
    void givesEveryRunBack() {
        Random random = new Random(1);
        for (int length = 1; length <= Digits.MAX; length++) {
            assertThat(again("0".repeat(length))).isEqualTo("0".repeat(length));
            assertThat(again("9".repeat(length))).isEqualTo("9".repeat(length));
            for (int i = 0; i < 100; i++) {
                StringBuilder digits = new StringBuilder();
                while (digits.length() < length) {
                    digits.append((char) ('0' + random.nextInt(10)));
                }
                assertThat(again(digits.toString())).isEqualTo(digits.toString());
            }
        }
    }

    @Test
    void knowsNumbersThatAreNoRun() {
        long longest = Digits.number(Long.parseUnsignedLong("9".repeat(Digits.MAX)), Digits.MAX);
        assertThat(Digits.length(longest)).isEqualTo(Digits.MAX);
        assertThat(Digits.length(longest + 1)).isGreaterThan(Digits.MAX);
        assertThat(Digits.length(-1)).isGreaterThan(Digits.MAX);
    }
}
