package dev.raftsman.segment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class OffsetTest {
    @ParameterizedTest
    @ValueSource(strings = {"0.0", "4711.0", "4711.12", "9223372036854775807.2147483647"})
    void isTheSameAsText(String text) {
        assertThat(Offset.parse(text)).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "1",
                "1.",
                ".1",
                "-1.0",
                "1.-1",
                "01.0",
                "1.00",
                "1.0 ",
                "1.0.0",
                "1,0",
                "latest",
                "9223372036854775808.0",
                "1.2147483648"
            })
    void refusesOtherTextSayingWhatIsExpected(String text) {
        assertThatThrownBy(() -> Offset.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("'" + text + "' is no offset; expected <raftIndex>.<n>, such as 4711.0");
    }

    @Test
    void growsWithTheEntryThenWithTheOrdinal() {
        assertThat(Offset.parse("9.7"))
                .isGreaterThan(Offset.parse("9.6"))
                .isLessThan(Offset.parse("9.10"))
                .isLessThan(Offset.parse("10.0"))
                .isEqualByComparingTo(new Offset(9, 7));
        assertThat(Offset.parse("9.7").next()).hasToString("9.8");
        assertThat(Offset.parse("9.7").nextEntry()).hasToString("10.0");
        assertThat(Offset.EARLIEST).isLessThan(new Offset(0, 1));
    }
}
