package dev.raftsman.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WildcardTest {
    @ParameterizedTest
    @CsvSource({
        "*,'',true",
        "*,a.log,true",
        "'','',true",
        "'',a,false",
        "a.log,a.log,true",
        "a.log,axlog,false",
        "a.log,a.log2,false",
        "a?log,axlog,true",
        "?,'',false",
        "/var/*.log,/var/log/app/x.log,true",
        "/var/*.log,/var/log/app/x.log.1,false",
        "*a*b,xaxbab,true",
        "*a*b,xaxbac,false",
        "a**,a,true",
        "[x],[x],true"
    })
    void matches(String pattern, String name, boolean expected) {
        assertThat(new Wildcard(pattern).matches(name)).isEqualTo(expected);
    }

    @Test
    void manyStarsTakeNoLongTime() {
        Wildcard pattern = new Wildcard("*a".repeat(200) + "b");
        long startNanos = System.nanoTime();
        assertThat(pattern.matches("a".repeat(20_000))).isFalse();
        assertThat(Duration.ofNanos(System.nanoTime() - startNanos)).isLessThan(Duration.ofSeconds(2));
    }
}
