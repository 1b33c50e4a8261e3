package dev.raftsman.segment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SegmentIdTest {
    @Test
    void isTheSameAsTextAndAsFile() {
        SegmentId id = new SegmentId(12, 0xabcdef);
        assertThat(id).hasToString("s12-0000000000abcdef");
        assertThat(SegmentId.parse("s12-0000000000abcdef")).isEqualTo(id);
        assertThat(id.in(Path.of("segments"))).isEqualTo(Path.of("segments", "12", "0000000000abcdef.seg"));
        assertThat(SegmentId.ofFile(12, id.fileName())).isEqualTo(id);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "s0-0000000000000001",
                "s1-1",
                "s1-000000000000000G",
                "s1-8000000000000000",
                "s9999999999-0000000000000001",
                "s1-0000000000000001/../x"
            })
    void refusesOtherText(String text) {
        assertThatThrownBy(() -> SegmentId.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
