package dev.raftsman.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Events of several lines, as they lie in files: a blank line of stars between what belongs together. */
class MultilineTest {
    private static final MultilineRule TRACES = new TraceRule(EnumSet.allOf(TraceRule.Language.class));

    private static final String JAVA = """
            12:00:01 INFO  started
            ***
            12:00:02 ERROR order 7 failed
            java.lang.IllegalStateException: no stock
            \tat shop.Order.place(Order.java:12)
            \tat shop.Main.main(Main.java:5) ~[shop.jar:1.0]
            \tSuppressed: java.io.IOException: close
            \t\tat shop.Order.close(Order.java:40)
            \t\t... 2 more
            Caused by: shop.db.DatabaseError: timeout
                at shop.db.Pool.get(Pool.java:99)
                ... 17 common frames omitted
            ***
            12:00:03 INFO  going on
            ***
            java.io.Reader is no exception
            ***
            12:00:04 WARN  short
            java.util.concurrent.TimeoutException
            \tat a.B.c(D.java)
            ***
              indented, but no trace
            """;

    private static final String PYTHON = """
            INFO:root:before
            ***
            ERROR:root:failed
            Traceback (most recent call last):
              File "a.py", line 3, in f
                return 1 / 0
                       ~~^~~
            ZeroDivisionError: division by zero

            During handling of the above exception, another exception occurred:

            Traceback (most recent call last):
              File "a.py", line 9, in <module>
                f()
            ValueError: second
              of two lines
            ***
            INFO:root:after
            ***
            ERROR:root:group
              + Exception Group Traceback (most recent call last):
              |   File "b.py", line 1, in <module>
              | ExceptionGroup: two (1 sub-exception)
              +-+---------------- 1 ----------------
                | ValueError: one
                +------------------------------------
            """;

    private static final String GO = """
            2024/01/01 00:00:00 listening
            ***
            panic: runtime error: index out of range [5] with length 3

            goroutine 1 [running]:
            main.(*Store).Get(0xc000010000, {0x1, 0x2})
            \t/src/main.go:12 +0x1d
            main.main()
            \t/src/main.go:30 +0x20
            created by net/http.(*Server).Serve in goroutine 18
            \t/go/src/net/http/server.go:3285 +0x4b4
            exit status 2
            ***
            2024/01/01 00:00:01 http: panic serving 127.0.0.1:5: boom
            goroutine 20 [running]:
            net/http.(*conn).serve.func1()
            \t/go/src/net/http/server.go:1868 +0xb9
            panic({0x1234, 0x5678})
            \t/go/src/runtime/panic.go:920 +0x270
            ***
            2024/01/01 00:00:02 f(x) called
            """;

    private static List<String> events(String golden) {
        List<String> events = new ArrayList<>();
        for (String event : golden.split("\\*\\*\\*\n")) {
            events.add(event.substring(0, event.length() - 1));
        }
        return events;
    }

    private static byte[] file(String golden) {
        return golden.replace("***\n", "").getBytes(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 61, 1 << 20})
    void tracesStayWithTheirLineWhereverReadsEnd(int chunk) throws IOException {
        for (String golden : List.of(JAVA, PYTHON, GO)) {
            List<Cuts.Event> found = Cuts.of(new EventCutter(false, TRACES, 100_000), file(golden), chunk);
            assertThat(found).extracting(Cuts.Event::text).isEqualTo(events(golden));
            assertThat(found).noneMatch(Cuts.Event::truncated);
            assertThat(found).allMatch(event -> event.timeNanos() == Cuts.READ_NANOS);
        }
    }

    @Test
    void onlyTheLanguagesAskedForAreJoined() throws IOException {
        MultilineRule python = new TraceRule(EnumSet.of(TraceRule.Language.PYTHON));
        byte[] file = "x\n\tat a.b(C.java:1)\n".getBytes(StandardCharsets.UTF_8);
        assertThat(Cuts.of(new EventCutter(false, python, 1000), file, 100)).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 13, 1 << 20})
    void aPatternOfOnesOwnBeginsEvents(int chunk) throws IOException {
        MultilineRule rule = PatternRule.beginsWith("\\d{4}-\\d\\d-\\d\\d ");
        byte[] file = "2024-01-01 a\n\nb\n2024-01-02 c\r\n d\r\n2024-01-03 e".getBytes(StandardCharsets.UTF_8);
        assertThat(Cuts.of(new EventCutter(false, rule, 1000), file, chunk))
                .extracting(Cuts.Event::text)
                .containsExactly("2024-01-01 a\n\nb", "2024-01-02 c\r\n d\r", "2024-01-03 e");
    }

    @Test
    void aPatternOfOnesOwnGoesOn() throws IOException {
        MultilineRule rule = PatternRule.goesOnWith("\\s|\\}");
        byte[] file = "a {\n  b\n}\nc\n".getBytes(StandardCharsets.UTF_8);
        assertThat(Cuts.of(new EventCutter(false, rule, 1000), file, 3))
                .extracting(Cuts.Event::text)
                .containsExactly("a {\n  b\n}", "c");
    }

    @Test
    void aPatternThatWouldBacktrackIsNoPattern() {
        assertThatThrownBy(() -> PatternRule.beginsWith("(a)\\1"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected a regular expression of RE2");
    }

    @Test
    void whatIsLongerThanIsKeptTogetherIsMarked() throws IOException {
        StringBuilder text = new StringBuilder("first\n");
        for (int i = 0; i < 100; i++) {
            text.append("\tat a.B.c(D.java:").append(i).append(")\n");
        }
        text.append("last\n");
        EventCutter cutter = new EventCutter(false, TRACES, 500);

        List<Cuts.Event> found = Cuts.of(cutter, text.toString().getBytes(StandardCharsets.UTF_8), 1 << 20);

        StringBuilder joined = new StringBuilder();
        found.forEach(event -> joined.append(event.text()).append('\n'));
        assertThat(joined.toString()).isEqualTo(text.toString());
        assertThat(found.get(0).truncated()).isFalse();
        assertThat(found.get(1).truncated()).isTrue();
        assertThat(found.get(found.size() - 1).text()).isEqualTo("last");
        assertThat(found.get(found.size() - 1).truncated()).isFalse();
        assertThat(cutter.notWhole()).isEqualTo(found.size() - 2);
    }

    /**
     * Two streams of a container mixed line by line, each with traces, texts in parts, and single lines: whatever a look
     * shows, each event comes whole, once, and in the order of its stream.
     */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void mixedStreamsComeWholeAndOnce(long seed) throws IOException {
        Random random = new Random(seed);
        String[] names = {"stdout", "stderr"};
        List<List<String>> expected = List.of(new ArrayList<>(), new ArrayList<>());
        List<List<String>> lines = List.of(new ArrayList<>(), new ArrayList<>());
        for (int s = 0; s < 2; s++) {
            for (int i = 0; i < 60; i++) {
                StringBuilder event = new StringBuilder();
                for (int l = random.nextInt(4) == 0 ? random.nextInt(9) : 0; l >= 0; l--) {
                    String text = event.isEmpty() ? "event " + i + " of " + names[s] : "\tat a.B.c(D.java:" + l + ")";
                    event.append(event.isEmpty() ? "" : "\n").append(text);
                    int split = 5 + random.nextInt(text.length() - 5); // runtimes split after 16 KiB
                    if (random.nextInt(3) == 0) {
                        lines.get(s).add(names[s] + " P " + text.substring(0, split));
                        text = text.substring(split);
                    }
                    lines.get(s).add(names[s] + " F " + text);
                }
                expected.get(s).add(event.toString());
            }
        }
        StringBuilder file = new StringBuilder();
        int[] next = new int[2];
        while (next[0] < lines.get(0).size() || next[1] < lines.get(1).size()) {
            int s = next[0] == lines.get(0).size() ? 1 : next[1] == lines.get(1).size() ? 0 : random.nextInt(2);
            file.append("2024-01-01T00:00:00.5Z ")
                    .append(lines.get(s).get(next[s]++))
                    .append('\n');
        }
        byte[] bytes = file.toString().getBytes(StandardCharsets.UTF_8);
        for (int chunk : new int[] {1, 50, 1000, 1 << 20}) {
            List<Cuts.Event> found = Cuts.of(new EventCutter(true, TRACES, 1 << 20), bytes, chunk);
            for (int s = 0; s < 2; s++) {
                String name = names[s];
                assertThat(found.stream()
                                .filter(event -> event.stream().equals(name))
                                .map(Cuts.Event::text))
                        .as("seed %d, chunk %d, %s", seed, chunk, name)
                        .containsExactlyElementsOf(expected.get(s));
            }
        }
    }
}
