package dev.raftsman.input;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.block.Block;
import dev.raftsman.block.BlockKind;
import dev.raftsman.block.BlockReader;
import dev.raftsman.block.Labels;
import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import dev.raftsman.process.Encoding;
import dev.raftsman.process.TraceRule;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files whose lines are looked into, and files that are read in another way than from the beginning. */
class EventFilesTest extends FilesOnDisk {
    private static final TextSettings TRACES = new TextSettings(
            false,
            new TraceRule(EnumSet.allOf(TraceRule.Language.class)),
            Encoding.AS_IT_IS,
            Labels.of(Map.of("host.name", "h")),
            Duration.ofSeconds(1),
            false,
            BLOCK_BYTES,
            Duration.ofMillis(200));

    private static FileInputSettings with(
            List<String> paths, StreamNaming naming, boolean fromEnd, Duration ignoreOlder, TextSettings text) {
        return new FileInputSettings(
                paths, List.of(), naming, fromEnd, ignoreOlder, text, FileInputSettings.DEFAULT_DISCOVERY);
    }

    private FileInputSettings of(TextSettings text) {
        return FileInputSettings.of(List.of(logs + "/*.log"), StreamNaming.BY_NAME, text);
    }

    private static TextSettings container() {
        return new TextSettings(
                true, null, Encoding.AS_IT_IS, Labels.NONE, TRACES.idle(), false, BLOCK_BYTES, TRACES.linger());
    }

    private static TextSettings encoded(String name) {
        return new TextSettings(
                false, null, Encoding.named(name), Labels.NONE, TRACES.idle(), false, BLOCK_BYTES, TRACES.linger());
    }

    private List<String> messages() throws IOException {
        List<String> messages = new ArrayList<>();
        try (BlockReader reader = new BlockReader()) {
            for (Block block : sink.blocks) {
                assertThat(block.kind()).isEqualTo(BlockKind.EVENTS);
                reader.forEachEvent(block, (sequence, row) -> messages.add(row.message()));
            }
        }
        return messages;
    }

    private static String trace(int i) {
        return "ERROR " + i + "\njava.lang.IllegalStateException: " + i
                + "\n\tat a.B.c(D.java:1)\n\tat a.B.d(D.java:2)";
    }

    @Test
    void aTraceThatGrowsSlowlyStaysWhole() throws IOException {
        open(List.of(), of(TRACES));
        for (String piece : (trace(1) + "\nnext\n").split("(?<=\\G.{7})", -1)) {
            write("a.log", piece);
            pass(300);
        }
        pass(1_500);
        assertThat(messages()).containsExactly(trace(1), "next");
        try (BlockReader reader = new BlockReader()) {
            assertThat(reader.labels(sink.blocks.get(0)).asMap()).containsEntry("host.name", "h");
        }
    }

    @Test
    void anEventThatCouldGoOnIsTakenAfterTheIdleTime() throws IOException {
        open(List.of(), of(TRACES));
        write("a.log", "alone\n");
        pass(900);
        assertThat(sink.blocks).isEmpty();
        pass(700);
        assertThat(messages()).containsExactly("alone");
    }

    @Test
    void aTraceThatIsSplitByRotationStaysWhole() throws IOException {
        open(List.of(), of(TRACES));
        write("a.log", "first\n");
        pass(700);
        String trace = trace(2) + "\n";
        write("a.log", trace.substring(0, trace.indexOf("\tat a.B.d")));
        pass(100);
        Files.move(logs.resolve("a.log"), logs.resolve("a.log.1"));
        write("a.log", trace.substring(trace.indexOf("\tat a.B.d")) + "last\n");
        pass(6_000);
        assertThat(messages()).containsExactly("first", trace(2), "last");
        write("a.log", "more\n");
        pass(3_000);
        close();
        open(sink.checkpoints.values(), of(TRACES));
        pass(3_000);
        assertThat(messages()).containsExactly("first", trace(2), "last", "more");
    }

    /** Traces and lines in portions cut anywhere, rotation and restarts in between: every event whole, once, in order. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void tracesStayWholeOverReadsRotationAndRestart(long seed) throws IOException {
        Random random = new Random(seed);
        write("a.log", "");
        open(List.of(), of(TRACES));
        pass(600); // what is rotated before it was seen is not ours
        List<String> expected = new ArrayList<>();
        for (int round = 0; round < 25; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(8); i >= 0; i--) {
                int number = expected.size();
                expected.add(
                        random.nextBoolean() ? trace(number) : "INFO " + number + " " + "x".repeat(random.nextInt(40)));
                text.append(expected.get(number)).append('\n');
            }
            int rotateAt = random.nextInt(3) == 0 ? text.indexOf("\n", random.nextInt(text.length())) + 1 : -1;
            int at = 0;
            while (at < text.length()) {
                int next = Math.min(text.length(), at + 1 + random.nextInt(200));
                if (at < rotateAt && next >= rotateAt) {
                    write("a.log", text.substring(at, rotateAt));
                    Files.move(logs.resolve("a.log"), logs.resolve("a.log." + round));
                    at = rotateAt;
                    rotateAt = -1;
                    write("a.log", "");
                    continue;
                }
                write("a.log", text.substring(at, next));
                at = next;
                pass(random.nextInt(3) * 60);
                if (random.nextInt(30) == 0) {
                    close();
                    open(sink.checkpoints.values(), of(TRACES));
                }
            }
            if (random.nextInt(3) == 0) {
                pass(4_000);
            }
        }
        pass(20_000);
        assertThat(messages()).containsExactlyElementsOf(expected);
    }

    @Test
    void containerLogsCarryWhatTheirPathSays() throws IOException {
        Path pod = Files.createDirectories(logs.resolve("pods/shop_web-7f9_0123-uid/nginx"));
        Files.writeString(
                pod.resolve("0.log"),
                "2024-01-01T00:00:00.5Z stdout P GET \n2024-01-01T00:00:00.6Z stderr F oops\n"
                        + "2024-01-01T00:00:00.7Z stdout F /cart\n");
        open(
                List.of(),
                FileInputSettings.of(List.of(logs + "/pods/*/*/*.log"), StreamNaming.BY_CONTAINER, container()));
        pass(1_500);
        assertThat(sink.raw).containsOnlyKeys("shop/web-7f9/nginx");
        assertThat(messages()).containsExactly("GET /cart", "oops");
        try (BlockReader reader = new BlockReader()) {
            assertThat(reader.labels(sink.blocks.get(0)).asMap())
                    .containsEntry("k8s.namespace.name", "shop")
                    .containsEntry("k8s.pod.name", "web-7f9")
                    .containsEntry("k8s.pod.uid", "0123-uid")
                    .containsEntry("k8s.container.name", "nginx")
                    .containsEntry("k8s.container.restart_count", "0");
            reader.forEachEvent(
                    sink.blocks.get(0),
                    (sequence, row) ->
                            assertThat(row.timestampNanos()).isBetween(1704067200500000000L, 1704067200700000000L));
        }
    }

    @Test
    void linksToContainerLogsNameTheSameAndAreReadOnce() throws IOException {
        String id = "0123456789abcdef".repeat(4);
        Path pod = Files.createDirectories(logs.resolve("pods/shop_web_uid/nginx"));
        Path links = Files.createDirectories(logs.resolve("containers"));
        Files.writeString(pod.resolve("0.log"), "2024-01-01T00:00:00Z stdout F one\n");
        Path link = Files.createSymbolicLink(links.resolve("web_shop_nginx-" + id + ".log"), pod.resolve("0.log"));
        open(List.of(), FileInputSettings.of(List.of(links + "/*.log"), StreamNaming.BY_CONTAINER, container()));
        pass(1_500);
        Files.move(pod.resolve("0.log"), pod.resolve("0.log.20240101-000000"));
        Files.writeString(pod.resolve("0.log"), "2024-01-01T00:00:01Z stdout F two\n");
        assertThat(link).isSymbolicLink();
        pass(5_000);
        close();
        // Two rotations while nobody looks: the file in between lies beside the link's target, not beside the link.
        Files.move(pod.resolve("0.log"), pod.resolve("0.log.20240101-000001"));
        Files.writeString(pod.resolve("0.log"), "2024-01-01T00:00:02Z stdout F three\n");
        Files.move(pod.resolve("0.log"), pod.resolve("0.log.20240101-000002"));
        Files.writeString(pod.resolve("0.log"), "2024-01-01T00:00:03Z stdout F four\n");
        open(
                sink.checkpoints.values(),
                FileInputSettings.of(List.of(links + "/*.log"), StreamNaming.BY_CONTAINER, container()));
        pass(6_000);
        assertThat(sink.raw).containsOnlyKeys("shop/web/nginx");
        assertThat(messages()).containsExactly("one", "two", "three", "four");
    }

    @ParameterizedTest
    @ValueSource(strings = {"windows-1252", "UTF-16LE", "UTF-16", "Shift_JIS"})
    void declaredEncodingsBecomeUtf8(String name) throws IOException {
        String text = lines(0, 3_000)
                + "caf\u00e9 \u8868".substring(0, name.equals("windows-1252") ? 4 : name.equals("Shift_JIS") ? 3 : 6)
                + "\n";
        String kept = name.equals("Shift_JIS") ? text.replace("\u00e9", "") : text;
        byte[] bytes = kept.getBytes(Charset.forName(name)); // UTF-16 has a byte order mark
        sink.transcoded = true;
        open(List.of(), of(encoded(name)));
        for (int at = 0; at < bytes.length; at += 1_001) {
            Files.write(
                    logs.resolve("a.log"),
                    java.util.Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + 1_001)),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
            pass(40);
        }
        pass(2_000);
        assertThat(sink.text("a.log")).isEqualTo(kept);
        close();
        Files.write(
                logs.resolve("a.log"),
                "end\n".getBytes(Charset.forName(name.equals("UTF-16") ? "UTF-16BE" : name)),
                StandardOpenOption.APPEND);
        open(sink.checkpoints.values(), of(encoded(name)));
        pass(2_000);
        assertThat(sink.text("a.log")).isEqualTo(kept + "end\n");
    }

    @Test
    void readFromEndBeginsThereAndAKillBeforeTheFirstBlockSkipsNothing() throws IOException {
        write("old.log", lines(0, 100) + "half");
        FileInputSettings fromEnd = with(List.of(logs + "/*.log"), StreamNaming.BY_NAME, true, null, LINES);
        open(List.of(), fromEnd);
        pass(100);
        assertThat(sink.checkpoints).hasSize(1);
        close(); // killed before anything was written
        write("old.log", " line\n" + lines(200, 210));
        write("new.log", lines(0, 5));
        open(sink.checkpoints.values(), fromEnd);
        pass(3_000);
        assertThat(sink.text("old.log")).isEqualTo("half line\n" + lines(200, 210));
        assertThat(sink.text("new.log")).isEmpty(); // unknown at this start
        write("new.log", "more\n");
        write("later.log", lines(0, 5));
        pass(3_000);
        assertThat(sink.text("new.log")).isEqualTo("more\n");
        assertThat(sink.text("later.log")).isEqualTo(lines(0, 5));
    }

    @Test
    void filesOlderThanWantedAreLeftAloneUntilTheyAreWritten() throws IOException {
        write("old.log", lines(0, 5));
        lastWritten(logs.resolve("old.log"), 0);
        write("new.log", lines(0, 5));
        // The time of the test is some seconds after 1970, so both are in the future, and none is old.
        FileInputSettings recent =
                with(List.of(logs + "/*.log"), StreamNaming.BY_NAME, false, Duration.ofHours(1), LINES);
        epochMillis = Files.getLastModifiedTime(logs.resolve("new.log")).toMillis();
        open(List.of(), recent);
        pass(2_000);
        assertThat(sink.raw).containsOnlyKeys("new.log");
        write("old.log", lines(5, 6));
        pass(2_000);
        assertThat(sink.text("old.log")).isEqualTo(lines(0, 6));
    }

    @Test
    void excludedFilesAreLeftAlone() throws IOException {
        write("a.log", "a\n");
        write("debug-b.log", "b\n");
        open(
                List.of(),
                new FileInputSettings(
                        List.of(logs + "/*.log"),
                        List.of(logs + "/debug-*"),
                        StreamNaming.BY_NAME,
                        false,
                        null,
                        LINES,
                        FileInputSettings.DEFAULT_DISCOVERY));
        pass(2_000);
        assertThat(sink.raw).containsOnlyKeys("a.log");
    }

    @Test
    void eventsAreDroppedAndDeclaredWhereThatIsWanted() throws IOException {
        TextSettings drop = new TextSettings(
                false, null, Encoding.AS_IT_IS, Labels.NONE, LINES.idle(), true, BLOCK_BYTES, LINES.linger());
        open(List.of(), of(drop));
        write("a.log", lines(0, 10));
        pass(1_000);
        sink.full = true;
        write("a.log", lines(10, 2_000));
        pass(2_000);
        sink.full = false;
        assertThat(sink.dropped).isEqualTo(1_990);
        write("a.log", lines(2_000, 2_010));
        pass(2_000);
        assertThat(sink.text("a.log")).isEqualTo(lines(0, 10) + lines(2_000, 2_010));
        assertThat(sink.blocks.get(sink.blocks.size() - 1).loss()).isEqualTo(new Loss(LossReason.QUOTA, 1_990));
        write("a.log", lines(2_010, 2_020));
        pass(2_000);
        assertThat(sink.blocks.get(sink.blocks.size() - 1).loss()).isEqualTo(Loss.NONE);
    }

    @Test
    void quietFilesAreNotHeldAndReadOnWhenTheyGrowOrAreRenamed() throws IOException {
        for (int i = 0; i < 300; i++) {
            write("f" + i + ".log", lines(0, i % 7));
        }
        open("*.log");
        pass(20_000);
        assertThat(held()).isBetween(50L, 140L);
        for (int i = 0; i < 300; i++) {
            write("f" + i + ".log", "more " + i + "\n");
        }
        Files.move(logs.resolve("f1.log"), logs.resolve("renamed.log"));
        Files.move(logs.resolve("f2.log"), logs.resolve("gone.old"));
        write("f2.log", "second\n");
        pass(10_000);
        for (int i = 0; i < 300; i++) {
            assertThat(sink.text("f" + i + ".log"))
                    .as("file %d", i)
                    .isEqualTo(lines(0, i % 7) + "more " + i + "\n" + (i == 2 ? "second\n" : ""));
        }
        pass(30_000);
        assertThat(held()).isBetween(50L, 140L);
        Files.writeString(logs.resolve("f3.log"), "written anew\n");
        pass(5_000);
        assertThat(sink.text("f3.log")).isEqualTo(lines(0, 3) + "more 3\nwritten anew\n");
        assertThat(sink.raw).doesNotContainKey("renamed.log");
    }

    private long held() throws IOException {
        try (var descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return descriptors
                    .filter(each -> {
                        try {
                            return Files.readSymbolicLink(each).startsWith(logs);
                        } catch (IOException closedMeanwhile) {
                            return false;
                        }
                    })
                    .count();
        }
    }
}
