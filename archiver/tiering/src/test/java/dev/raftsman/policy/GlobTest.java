package dev.raftsman.policy;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GlobTest {
    @ParameterizedTest
    @CsvSource({
        "*, anything, true",
        "orders, orders, true",
        "orders, orders2, false",
        "*-probe, disk-probe, true",
        "*-probe, disk-probes, false",
        "payments-*, payments-, true",
        "a*b*c, a-b-b-c, true",
        "a*b*c, a-c-b, false",
        "a?c, abc, true",
        "a?c, ac, false",
        "/var/*.log, /var/log/a/b.log, true",
        "*.*, ab, false",
    })
    void matches(String pattern, String name, boolean expected) {
        assertThat(new Glob(pattern).matches(name)).isEqualTo(expected);
    }

    @Test
    void takesNoTimeOverAPatternMadeToBacktrack() {
        Glob nasty = new Glob("*a".repeat(100) + "b");
        assertTimeoutPreemptively(
                ofSeconds(2), () -> assertThat(nasty.matches("a".repeat(200))).isFalse());
    }
}
