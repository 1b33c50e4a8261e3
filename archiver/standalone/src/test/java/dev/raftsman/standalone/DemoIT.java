package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The demo as a person runs it. */
class DemoIT {
    private static final String ALL_EQUAL = "offered=(\\d+) stored=\\1 archived=\\1 read=\\1 lost=0 duplicated=0";

    @RegisterExtension
    final TestDirectory directory = new TestDirectory();

    @Test
    void everyEventOfTheSampleApplicationComesBackFromTheArchive() {
        String data = directory.path().resolve("demo").toString();
        Ran demo = Ran.raftsman("demo", "--events", "100000", "--data", data);

        assertThat(demo.exitCode()).as(demo.output() + demo.error()).isZero();
        assertThat(demo.lastLine(1)).matches(ALL_EQUAL).startsWith("offered=80000 ");
        assertThat(demo.lastLine(2)).matches("truncated=20000 planned=20000 reason=.+");
        assertThat(demo.output()).contains("archive ", "snapshot ", "truncate ", "p50", "p99");

        aWordIsFoundByReadingLittle(data);
        whoeverHasSeenEnoughIsNotToldSo(data);
    }

    /** The event's own words are in no other stream: the cold blocks of the others are left out. */
    private static void aWordIsFoundByReadingLittle(String data) {
        Ran ledger = Ran.raftsman("cat", "--data", data, "ledger");
        String event = ledger.lastLine(1);
        Matcher reference = Pattern.compile("reference=([0-9a-f]+)").matcher(event);
        assertThat(reference.find()).as(event).isTrue();
        Ran grep = Ran.raftsman("grep", "--data", data, "--stats", "-w", reference.group(1));
        assertThat(grep.output()).isEqualTo("ledger: " + event + "\n");
        Matcher read = Pattern.compile("read (\\d+) of (\\d+) blocks").matcher(grep.error());
        assertThat(read.find()).as(grep.error()).isTrue();
        assertThat(Integer.parseInt(read.group(1))).as(grep.error()).isLessThan(Integer.parseInt(read.group(2)));
    }

    private static void whoeverHasSeenEnoughIsNotToldSo(String data) {
        for (String verb : List.of("cat --data %s ledger", "grep --data %s posted ledger")) {
            Ran piped = Ran.command(
                    "bash",
                    "-c",
                    LocalCluster.launcher() + ' ' + verb.formatted(data)
                            + " | head -n 1 >/dev/null; exit ${PIPESTATUS[0]}");
            assertThat(piped.error()).as(verb).isEmpty();
            assertThat(piped.exitCode()).as(verb).isEqualTo(141);
        }
    }

    @Test
    void refusesADirectoryThatHoldsSomethingElse() {
        Ran demo = Ran.raftsman("demo", "--data", "/etc");

        assertThat(demo.exitCode()).isEqualTo(73);
        assertThat(demo.error()).isEqualTo("raftsman: /etc is not empty; expected an empty or a new directory\n");
    }
}
