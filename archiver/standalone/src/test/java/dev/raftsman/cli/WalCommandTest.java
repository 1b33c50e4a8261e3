package dev.raftsman.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.raftsman.wal.WalDirectory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What {@code raftsman wal} says of real logs, sound and damaged. */
class WalCommandTest {
    private static final int EVENTS = 30;

    @TempDir
    Path root;

    private String out = "";
    private String err = "";

    private int run(String... arguments) {
        StringWriter outWriter = new StringWriter();
        StringWriter errWriter = new StringWriter();
        CommandLine line = Main.commandLine();
        line.setOut(new PrintWriter(outWriter, true));
        line.setErr(new PrintWriter(errWriter, true));
        int code = line.execute(
                Stream.concat(Stream.of("wal"), Stream.of(arguments)).toArray(String[]::new));
        out = outWriter.toString();
        err = errWriter.toString();
        return code;
    }

    private static JsonNode json(String text) throws IOException {
        return new ObjectMapper().readTree(text);
    }

    @Test
    void inspectSaysWhoseItIsAndWhatItHolds() throws IOException {
        WalDirectory log = WalSample.app(root, "shop", EVENTS);
        for (Path dir : List.of(log.path(), log.path().getParent(), root)) {
            assertThat(run("inspect", dir.toString())).as(err).isZero();
            assertThat(out)
                    .contains(
                            "tenant=acme producer=shop stream=shop-events",
                            log.identity().incarnation().toString(),
                            "writer      gone",
                            "sequences 0..29 in ",
                            "claimed     through sequence 29\n",
                            "of a quota of 16.0 MiB",
                            "19700101-000000.cq4",
                            "damage      none");
            assertThat(out.lines()).noneMatch(line -> line.contains("lost"));
        }
        assertThat(run("inspect", "--json", root.toString())).isZero();
        JsonNode report = json(out).path("logs").path(0);
        assertThat(report.path("claimed").asLong()).isEqualTo(EVENTS - 1);
        assertThat(report.path("written")).isEqualTo(report.path("forced"));
        assertThat(report.path("quotaBytes").asLong()).isEqualTo(16 << 20);
        assertThat(report.path("unwritten").asLong()).isZero();
        assertThat(report.path("streams").path(0).path("last").asLong()).isEqualTo(EVENTS - 1);
    }

    @Test
    void everyVerbWorksWhileTheWriterLives() throws IOException {
        try (WalSample.App app = new WalSample.App(root, "shop", "16MiB", "always")) {
            for (int i = 0; i < EVENTS; i++) {
                app.logger().info("order {}", i);
            }
            assertThat(run("inspect", root.toString())).isZero();
            assertThat(out).contains("writer      alive", "sequences 0..29 in");
            assertThat(run("verify", root.toString())).as(out).isZero();
            assertThat(run(
                            "salvage",
                            root.toString(),
                            "--out",
                            root.resolve("out.ndjson").toString()))
                    .as(out)
                    .isZero();
            assertThat(Files.readAllLines(root.resolve("out.ndjson"))).hasSize(EVENTS);
            assertThat(tail(root, 3, false)).containsSubsequence("order 27", "order 28", "order 29");
            app.logger().info("one more");
        }
        assertThat(tail(root, 1, false)).contains("one more");
    }

    @Test
    void verifyNamesDamageOfEachPartWithItsPlace() throws IOException {
        WalDirectory log = WalSample.app(root, "shop", EVENTS);
        assertThat(run("verify", root.toString())).as(out).isZero();
        assertThat(out).contains(": sound; events: 30, excerpts: ");
        assertThat(err).isEmpty();
        Path file = WalSample.firstFile(log);
        byte[] whole = Files.readAllBytes(file);
        int frame = WalSample.frames(whole).get(10);
        int extra = WalSample.intAt(whole, frame + 52);
        Map<String, Integer> places = new TreeMap<>(Map.of(
                "the queue's word", frame - 4,
                "magic", frame,
                "length", frame + 4,
                "header checksum", frame + 8,
                "body checksum", frame + 12,
                "sequence", frame + 32,
                "names", frame + 64,
                "body", frame + 64 + extra));
        for (Map.Entry<String, Integer> place : places.entrySet()) {
            WalSample.flip(file, place.getValue());
            assertThat(run("verify", root.toString())).as(place.getKey()).isEqualTo(ExitCodes.DATA_ERROR);
            assertThat(out.lines().findFirst().orElseThrow())
                    .as(place.getKey())
                    .startsWith(file + " offset ")
                    .contains(": expected ", ", found ", "; lost: ");
            assertThat(out).as(place.getKey()).hasLineCount(2);
            assertThat(run("inspect", root.toString())).isZero();
            assertThat(out).contains("damage      places: 1");
            Files.write(file, whole);
        }
        byte[] zeroed = whole.clone();
        Arrays.fill(zeroed, frame / 4096 * 4096, frame / 4096 * 4096 + 4096, (byte) 0);
        Files.write(file, zeroed);
        assertThat(run("verify", root.toString())).isEqualTo(ExitCodes.DATA_ERROR);
        assertThat(out).contains("offset ", "sequences ");
        Files.write(file, Arrays.copyOf(whole, frame + 70));
        assertThat(run("verify", "--json", root.toString())).isEqualTo(ExitCodes.DATA_ERROR);
        assertThat(json(out)
                        .path("logs")
                        .path(0)
                        .path("damages")
                        .path(0)
                        .path("file")
                        .asText())
                .isEqualTo(file.toString());
        Files.write(file, whole);
        Files.writeString(log.path().resolve("identity"), "nonsense");
        Files.write(log.path().resolve("progress"), new byte[7]);
        assertThat(run("verify", root.toString())).isEqualTo(ExitCodes.DATA_ERROR);
        assertThat(out).contains("identity offset 0: expected ", "progress offset 0: expected ");
    }

    @Test
    void salvageWritesWhatCanBeReadAndNamesWhatIsMissing() throws IOException {
        WalDirectory log = WalSample.app(root.resolve("wal"), "shop", EVENTS);
        Path file = WalSample.firstFile(log);
        byte[] bytes = Files.readAllBytes(file);
        List<Integer> frames = WalSample.frames(bytes);
        List<Long> gone = new ArrayList<>();
        for (int damaged : new int[] {4, 5, 17}) {
            int frame = frames.get(damaged);
            long first = WalSample.intAt(bytes, frame + 32);
            LongStream.range(first, first + WalSample.intAt(bytes, frame + 48)).forEach(gone::add);
            // The body of one, the header of another, and one that is zeros.
            int at = damaged == 4 ? frame + WalSample.intAt(bytes, frame + 4) - 1 : frame + 8;
            bytes[at] ^= 1;
            if (damaged == 17) {
                Arrays.fill(bytes, frame - 4, frame + 64, (byte) 0);
            }
        }
        Files.write(file, bytes);
        Map<Path, String> before = contents(root.resolve("wal"));
        Path target = root.resolve("salvaged");
        assertThat(run("salvage", root.resolve("wal").toString(), "--out", target.toString()))
                .as(out + err)
                .isEqualTo(ExitCodes.MISMATCH);
        assertThat(contents(root.resolve("wal"))).isEqualTo(before);
        Path stream = target.resolve("shop").resolve(log.path().getFileName()).resolve("shop-events.ndjson");
        List<Long> read = new ArrayList<>();
        for (String line : Files.readAllLines(stream)) {
            JsonNode event = json(line);
            long sequence = event.path("sequence").asLong();
            assertThat(event.path("message").asText()).isEqualTo("order " + sequence + " accepted");
            assertThat(event.path("attributes").path("customer").asText()).isEqualTo("c" + sequence);
            assertThat(event.path("logger").asText()).isEqualTo("dev.sample.Shop");
            read.add(sequence);
        }
        List<Long> all = new ArrayList<>(LongStream.range(0, EVENTS).boxed().toList());
        all.removeAll(gone);
        assertThat(read).isEqualTo(all);
        assertThat(Files.readAllLines(stream.resolveSibling("shop-events.log")))
                .hasSize(read.size())
                .allMatch(line -> line.contains(" INFO dev.sample.Shop [") && line.contains(" accepted customer=c"));
        for (long sequence : gone) {
            assertThat(out).containsPattern("missing .* sequences .*\\b" + sequence + "\\b.*damaged");
        }
        Path again = root.resolve("again");
        assertThat(run("salvage", "--json", root.resolve("wal").toString(), "--out", again.toString()))
                .isEqualTo(ExitCodes.MISMATCH);
        long missing = 0;
        for (JsonNode range : json(out).path("logs").path(0).path("missing")) {
            missing += range.path("last").asLong() - range.path("first").asLong() + 1;
        }
        assertThat(missing).isEqualTo(gone.size());
    }

    @Test
    void salvageReadsALogWhoseIdentityIsLost() throws IOException {
        WalDirectory log = WalSample.app(root, "shop", EVENTS);
        Files.delete(log.path().resolve("identity"));
        Path target = root.resolve("all.ndjson");
        assertThat(run("salvage", log.path().toString(), "--out", target.toString()))
                .as(out + err)
                .isZero();
        assertThat(Files.readAllLines(target)).hasSize(EVENTS);
    }

    @Test
    void salvageOverwritesNothingAndStaysOutOfTheLog() throws IOException {
        WalDirectory log = WalSample.app(root.resolve("wal"), "shop", 3);
        Path existing = Files.writeString(root.resolve("mine.log"), "mine");
        assertThat(run("salvage", log.path().toString(), "--out", existing.toString()))
                .isEqualTo(ExitCodes.CANNOT_CREATE);
        assertThat(Files.readString(existing)).isEqualTo("mine");
        assertThat(run(
                        "salvage",
                        log.path().toString(),
                        "--out",
                        log.path().resolve("x").toString()))
                .isEqualTo(ExitCodes.USAGE);
        Path tree = root.resolve("tree");
        assertThat(run("salvage", log.path().toString(), "--out", tree.toString()))
                .isZero();
        assertThat(run("salvage", log.path().toString(), "--out", tree.toString()))
                .isEqualTo(ExitCodes.CANNOT_CREATE);
        assertThat(err).startsWith("raftsman: ").hasLineCount(1);
    }

    @Test
    void anAgentsOwnLogGivesItsLinesBackByteForByte() throws IOException {
        WalDirectory log = WalSample.agent(root.resolve("wal"), 10, 20);
        assertThat(run("verify", log.path().toString())).as(out).isZero();
        assertThat(out).contains("sound; events: 400, excerpts: 20, files: 1");
        assertThat(run("inspect", log.path().toString())).isZero();
        assertThat(out).contains("stream=dpkg.log sequences 0..199 in 10 excerpts", "stream=syslog sequences 0..199");
        Path target = root.resolve("out");
        assertThat(run("salvage", log.path().toString(), "--out", target.toString()))
                .as(out)
                .isZero();
        Path lines = target.resolve("host-1").resolve(log.path().getFileName());
        assertThat(lines.resolve("syslog.log")).hasContent(WalSample.lines("syslog", 0, 200));
        assertThat(Files.readString(lines.resolve("dpkg.log.log"))).isEqualTo(WalSample.lines("dpkg.log", 0, 200));
        assertThat(tail(log.path(), 25, false).lines().filter(line -> line.contains(" line ")))
                .hasSize(25)
                .last()
                .isEqualTo("dpkg.log line 199");
        Path file = WalSample.firstFile(log);
        byte[] bytes = Files.readAllBytes(file);
        int frame = WalSample.frames(bytes).get(6); // syslog 60..79
        WalSample.flip(file, frame + WalSample.intAt(bytes, frame + 4) - 5);
        assertThat(run("verify", log.path().toString())).isEqualTo(ExitCodes.DATA_ERROR);
        assertThat(run(
                        "salvage",
                        log.path().toString(),
                        "--out",
                        root.resolve("2").toString()))
                .isEqualTo(ExitCodes.MISMATCH);
        assertThat(out).contains("stream=syslog missing 20 events, sequences 60..79: damaged");
    }

    @Test
    void whatIsNoLogIsSaidWithWhatWasExpected() throws IOException {
        Path empty = Files.createDirectory(root.resolve("empty"));
        Path other = Files.createDirectory(root.resolve("other"));
        Path file = Files.writeString(other.resolve("file.txt"), "text");
        for (String verb : List.of("inspect", "verify", "tail")) {
            assertThat(run(verb, root.resolve("absent").toString())).isEqualTo(ExitCodes.NO_INPUT);
            assertThat(err).contains("expected").hasLineCount(1);
            assertThat(run(verb, empty.toString())).isEqualTo(ExitCodes.NO_INPUT);
            assertThat(err)
                    .contains("no write-ahead log in " + empty, "expected")
                    .hasLineCount(1);
            assertThat(run(verb, other.toString())).isEqualTo(ExitCodes.DATA_ERROR);
            assertThat(err)
                    .contains("not a write-ahead log: " + other, "expected")
                    .hasLineCount(1);
            assertThat(run(verb, file.toString())).isEqualTo(ExitCodes.DATA_ERROR);
            assertThat(run(verb)).isEqualTo(ExitCodes.USAGE);
        }
        assertThat(run()).isEqualTo(ExitCodes.USAGE);
        assertThat(err).contains("missing verb: inspect, verify, salvage or tail");
    }

    @Test
    void severalLogsAreTreatedInOrder() throws IOException {
        WalSample.app(root, "first", 3);
        WalSample.app(root, "second", 3);
        assertThat(run("inspect", root.toString())).isZero();
        assertThat(out).containsSubsequence("producer=first", "producer=second");
        assertThat(run("verify", root.toString())).isZero();
        assertThat(out.lines()).hasSize(2).allMatch(line -> line.contains(": sound; events: 3,"));
        assertThat(tail(root, 2, false))
                .containsSubsequence("first", "order 1", "order 2", "second", "order 1", "order 2");
    }

    @Test
    void tailShowsTheLastEventsOnALineEachAndNoTerminalObeysThem() throws IOException {
        try (WalSample.App app = new WalSample.App(root, "shop", "16MiB", "always")) {
            for (int i = 0; i < 20; i++) {
                app.logger().info("event {}", i);
            }
            app.logger().error("two\nlines \u001b[31mred", new IllegalStateException("gone"));
        }
        for (int count : new int[] {0, 1, 2, 7, 21, 100}) {
            assertThat(tail(one(), count, false).lines().filter(line -> !line.startsWith("--")))
                    .hasSize(Math.min(count, 21));
        }
        String last = tail(one(), 1, false);
        assertThat(last)
                .hasLineCount(1)
                .contains("ERROR", "two\\nlines \\u001b[31mred", "IllegalStateException: gone")
                .doesNotContain("\u001b");
        ByteArrayOutputStream coloured = new ByteArrayOutputStream();
        try (WalTail tail = new WalTail(new WalPlace(one()), coloured, false, true)) {
            tail.last(WalDirectory.list(root), 1);
        }
        assertThat(coloured.toString(StandardCharsets.UTF_8)).contains("\u001b[1;31mERROR\u001b[0m", "\\u001b[31mred");
        JsonNode event = json(tail(one(), 1, true));
        assertThat(event.path("message").asText()).isEqualTo("two\nlines \u001b[31mred");
        assertThat(event.path("sequence").asLong()).isEqualTo(20);
    }

    @Test
    void tailFollowsAWriterOverItsFilesAndToItsNextIncarnation() throws Exception {
        Path producer;
        CountDownLatch begun = new CountDownLatch(1);
        AtomicBoolean stop = new AtomicBoolean();
        ByteArrayOutputStream followed = new ByteArrayOutputStream();
        Thread follower;
        String filler = "x".repeat(2000);
        try (WalSample.App app = new WalSample.App(root, "shop", "16MiB", "interval")) {
            producer = app.log().path().getParent();
            WalPlace place = new WalPlace(producer);
            follower = new Thread(() -> {
                try (WalTail tail = new WalTail(place, followed, true, false)) {
                    tail.last(place.look().readable(), 0);
                    begun.countDown();
                    tail.follow(stop::get);
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            follower.start();
            begun.await(); // what was logged before is not followed
            for (int i = 0; i < 1500; i++) {
                app.logger().info("event {} {}", i, filler);
            }
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> followed.toString(StandardCharsets.UTF_8).contains("event 1499 "));
            assertThat(app.log().walFiles()).hasSizeGreaterThan(1);
        }
        try (WalSample.App app = new WalSample.App(root, "shop", "16MiB", "interval")) {
            app.logger().info("event 1500 again");
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> followed.toString(StandardCharsets.UTF_8).contains("event 1500 "));
        }
        stop.set(true);
        follower.join();
        int expected = 0;
        for (String line : followed.toString(StandardCharsets.UTF_8).lines().toList()) {
            assertThat(json(line).path("message").asText()).startsWith("event " + expected++ + " ");
        }
        assertThat(expected).isEqualTo(1501);
    }

    private Path one() {
        return WalDirectory.list(root).get(0).path();
    }

    private static String tail(Path dir, int count, boolean json) throws IOException {
        ByteArrayOutputStream shown = new ByteArrayOutputStream();
        WalPlace place = new WalPlace(dir);
        try (WalTail tail = new WalTail(place, shown, json, false)) {
            tail.last(place.logs().readable(), count);
        }
        return shown.toString(StandardCharsets.UTF_8);
    }

    private static Map<Path, String> contents(Path dir) throws IOException {
        Map<Path, String> contents = new TreeMap<>();
        try (Stream<Path> all = Files.walk(dir)) {
            for (Path path : all.toList()) {
                String bytes = Files.isDirectory(path) ? "" : " " + Arrays.hashCode(Files.readAllBytes(path));
                contents.put(path, Files.getLastModifiedTime(path) + bytes);
            }
        }
        return contents;
    }
}
