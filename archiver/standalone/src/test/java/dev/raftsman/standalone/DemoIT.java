package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The demo as a person runs it. */
class DemoIT {
    private static final String ALL_EQUAL = "offered=(\\d+) stored=\\1 archived=\\1 read=\\1 lost=0 duplicated=0";

    @Test
    void everyEventOfTheSampleApplicationComesBackFromTheArchive() {
        Ran demo = Ran.raftsman("demo", "--events", "100000");

        assertThat(demo.exitCode()).as(demo.output() + demo.error()).isZero();
        assertThat(demo.lastLine(1)).matches(ALL_EQUAL).startsWith("offered=80000 ");
        assertThat(demo.lastLine(2)).matches("truncated=20000 planned=20000 reason=.+");
        assertThat(demo.output()).contains("archive ", "snapshot ", "truncate ", "p50", "p99");
    }

    @Test
    void refusesADirectoryThatHoldsSomethingElse() {
        Ran demo = Ran.raftsman("demo", "--data", "/etc");

        assertThat(demo.exitCode()).isEqualTo(73);
        assertThat(demo.error()).isEqualTo("raftsman: /etc is not empty; expected an empty or a new directory\n");
    }
}
