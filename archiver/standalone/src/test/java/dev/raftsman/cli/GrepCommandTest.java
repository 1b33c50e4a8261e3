package dev.raftsman.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.catalog.SegmentState;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class GrepCommandTest {
    @TempDir
    private Path temporary;

    private ServedState cluster;
    private Path policy;
    private final StringWriter said = new StringWriter();

    /** Stream orders with its first segment in the archive and the second in the cluster; stream cart. */
    @BeforeEach
    void fill() throws IOException {
        cluster = new ServedState(temporary.resolve("state"));
        policy = Files.writeString(temporary.resolve("retention.yaml"), """
                targets: {cold: {type: directory, path: "%s"}}
                defaults: {keepHot: {age: 0s}, to: cold}
                policies: [{name: rest}]
                """.formatted(temporary.resolve("archive")));
        cluster.sealed("orders", "one", "two needle", "three", "four\u001b[2J needles", "five");
        String plan = temporary.resolve("plan.json").toString();
        for (List<String> words :
                List.of(List.of("retention", "plan", "--out", plan), List.of("retention", "apply", plan))) {
            List<String> all = new ArrayList<>(words);
            all.addAll(List.of("--cluster", cluster.address(), "--policy", policy.toString()));
            assertThat(main(all)).as(said.toString()).isZero();
        }
        assertThat(cluster.catalog().segments()).allMatch(segment -> segment.state() == SegmentState.ARCHIVED);
        cluster.sealed("orders", "six needle", "seven", "eight");
        cluster.sealed("cart", "a needle in a cart");
        said.getBuffer().setLength(0);
    }

    @AfterEach
    void end() throws IOException {
        cluster.close();
    }

    private int main(List<String> words) {
        return Main.commandLine()
                .setOut(new PrintWriter(said))
                .setErr(new PrintWriter(said))
                .execute(words.toArray(String[]::new));
    }

    private String found = "";

    private int grep(String... more) throws IOException {
        List<String> words = new ArrayList<>(List.of("--cluster", cluster.address(), "--policy", policy.toString()));
        words.addAll(List.of(more));
        GrepCommand grep = new GrepCommand();
        CommandLine line = new CommandLine(grep).setErr(new PrintWriter(said));
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.parseArgs(words.toArray(String[]::new));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int code = grep.run(out);
        found = out.toString(StandardCharsets.UTF_8);
        return code;
    }

    @Test
    void findsColdAndHotInOrder() throws IOException {
        assertThat(grep("needle", "orders")).isZero();
        assertThat(found).isEqualTo("two needle\nfour\\u001b[2J needles\nsix needle\n");
        assertThat(grep("-w", "needle", "orders")).isZero();
        assertThat(found).isEqualTo("two needle\nsix needle\n");
        assertThat(grep("--raw", "-E", "needles?$", "ord*")).isZero();
        assertThat(found).isEqualTo("two needle\nfour\u001b[2J needles\nsix needle\n");
        assertThat(grep("-i", "NEEDLE")).isZero();
        assertThat(found)
                .isEqualTo("cart: a needle in a cart\norders: two needle\norders: four\\u001b[2J needles\norders: six"
                        + " needle\n");
        assertThat(grep("-v", "needle", "orders")).isZero();
        assertThat(found).isEqualTo("one\nthree\nfive\nseven\neight\n");
    }

    @Test
    void endsWith1IfThereIsNothing() throws IOException {
        assertThat(grep("nowhere")).isEqualTo(ExitCodes.NOTHING_FOUND);
        assertThat(found).isEmpty();
        assertThat(grep("-c", "nowhere", "cart")).isEqualTo(ExitCodes.NOTHING_FOUND);
        assertThat(found).isEqualTo("0\n");
    }

    @Test
    void countsAndEndsAtALimit() throws IOException {
        assertThat(grep("-c", "needle")).isZero();
        assertThat(found).isEqualTo("cart: 1\norders: 3\n");
        assertThat(grep("-m", "2", "needle")).isZero();
        assertThat(found).isEqualTo("cart: a needle in a cart\norders: two needle\n");
        assertThat(grep("-c", "-m", "2", "needle")).isZero();
        assertThat(found).isEqualTo("cart: 1\norders: 1\n");
    }

    @Test
    void showsWhatIsAroundAlsoFromTheSegmentBeside() throws IOException {
        assertThat(grep("-B", "2", "-A", "1", "six", "orders")).isZero();
        assertThat(found).isEqualTo("four\\u001b[2J needles\nfive\nsix needle\nseven\n");
        assertThat(grep("-C", "1", "-E", "one|eight", "orders")).isZero();
        assertThat(found).isEqualTo("one\ntwo needle\n--\nseven\neight\n");
        assertThat(grep("-A", "1", "-m", "1", "needle", "orders")).isZero();
        assertThat(found).isEqualTo("two needle\nthree\n");
    }

    @Test
    void saysWhereInTheStreamItIs() throws IOException {
        assertThat(grep("--json", "needles", "orders")).isZero();
        assertThat(found).contains("\"line\":\"four\\u001B[2J needles\"").containsPattern("\"offset\":\"[0-9]+\\.3\"");
    }

    @Test
    void marksWhatWasLookedForOnATerminal() throws IOException {
        assertThat(grep("--color", "always", "-m", "1", "needle")).isZero();
        assertThat(found).contains("\u001b[1;31mneedle\u001b[0m");
    }

    @Test
    void refusesWhatCannotBeMeant() {
        for (List<String> words : List.of(
                List.of("grep", "x", "--cluster", "h:1", "--since", "1h", "--until", "2h"),
                List.of("grep", "x", "--cluster", "h:1", "--since", "yesterday"),
                List.of("grep", "x", "--cluster", "h:1", "--level", "loud"),
                List.of("grep", "x", "--cluster", "h:1", "--field", "host"),
                List.of("grep", "x", "--cluster", "h:1", "--json", "--raw"),
                List.of("grep", "x", "--cluster", "h:1", "-A", "-1"),
                List.of("grep", "(x", "-E", "--cluster", "h:1"),
                List.of("grep", "", "--cluster", "h:1"),
                List.of("grep", "--cluster", "h:1"))) {
            said.getBuffer().setLength(0);
            assertThat(main(words)).as(words + ": " + said).isEqualTo(ExitCodes.USAGE);
            assertThat(said.toString().lines()).as(said.toString()).hasSize(1);
        }
        said.getBuffer().setLength(0);
        assertThat(main(List.of("grep", "x", "no-such", "--cluster", cluster.address())))
                .isEqualTo(ExitCodes.NO_INPUT);
        assertThat(said.toString()).contains("no stream no-such; there are cart, orders");
    }
}
