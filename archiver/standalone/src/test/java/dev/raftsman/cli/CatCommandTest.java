package dev.raftsman.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.raftsman.catalog.SegmentState;
import dev.raftsman.restore.StreamReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class CatCommandTest {
    private static final long SEED = Long.getLong("raftsman.seed", 20_261_130L);
    private static final int STREAMS = 6;
    private static final int LINE_BYTES = 1_000;
    private static final int LINES = 300;

    @TempDir
    private Path temporary;

    private ServedState cluster;
    private Path policy;
    private Path cacheDirectory;
    private final StringBuilder all = new StringBuilder();

    /** Streams s0 to s5, each an object of its own, whose bytes compress to half and no further. */
    @BeforeEach
    void archive() throws IOException {
        cluster = new ServedState(temporary.resolve("state"));
        cacheDirectory = Files.createDirectories(temporary.resolve("cache"));
        policy = Files.writeString(temporary.resolve("retention.yaml"), """
                targets: {cold: {type: directory, path: "%s"}}
                defaults: {keepHot: {age: 0s}, to: cold}
                policies: [{name: rest}]
                """.formatted(temporary.resolve("archive")));
        Random random = new Random(SEED);
        byte[] bytes = new byte[LINE_BYTES / 2];
        for (int stream = 0; stream < STREAMS; stream++) {
            String[] lines = new String[LINES];
            for (int i = 0; i < LINES; i++) {
                random.nextBytes(bytes);
                lines[i] = HexFormat.of().formatHex(bytes);
                all.append(lines[i]).append('\n');
            }
            cluster.sealed("s" + stream, lines);
        }
        String plan = temporary.resolve("plan.json").toString();
        run("retention", "plan", "--cluster", cluster.address(), "--policy", policy.toString(), "--out", plan);
        run("retention", "apply", "--cluster", cluster.address(), "--policy", policy.toString(), plan);
        assertThat(cluster.catalog().segments())
                .hasSize(STREAMS)
                .allMatch(segment -> segment.state() == SegmentState.ARCHIVED);
    }

    @AfterEach
    void end() throws IOException {
        cluster.close();
    }

    private static void run(String... words) {
        StringWriter said = new StringWriter();
        int code = Main.commandLine()
                .setOut(new PrintWriter(said))
                .setErr(new PrintWriter(said))
                .execute(words);
        assertThat(code).as(said.toString()).isZero();
    }

    private void cat(OutputStream out, String... more) throws IOException {
        List<String> words =
                new ArrayList<>(List.of("--cluster", cluster.address(), "--policy", policy.toString(), "--raw"));
        words.addAll(List.of(more));
        if (!words.contains("--cache-dir")) {
            words.addAll(List.of("--cache-dir", cacheDirectory.toString()));
        }
        CatCommand cat = new CatCommand();
        new CommandLine(cat).setCaseInsensitiveEnumValuesAllowed(true).parseArgs(words.toArray(String[]::new));
        try (StreamReader reader = cat.open()) {
            cat.write(reader, cat.names(reader), out);
        }
    }

    private long cacheBytes() {
        try (Stream<Path> files = Files.walk(cacheDirectory)) {
            return files.filter(Files::isRegularFile)
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Takes what is written, and looks at the cache's disk each time. */
    private final class Watching extends ByteArrayOutputStream {
        long mostCacheBytes;

        @Override
        public synchronized void write(byte[] bytes, int offset, int length) {
            super.write(bytes, offset, length);
            mostCacheBytes = Math.max(mostCacheBytes, cacheBytes());
        }
    }

    @Test
    void writesStreamsOneAfterTheOther() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        cat(out, "s0", "s1", "s2", "s3", "s4", "s5");
        assertThat(out.toString(StandardCharsets.UTF_8).contentEquals(all))
                .as("seed %d", SEED)
                .isTrue();
        out.reset();
        cat(out, "s5", "s0");
        int streamBytes = (LINE_BYTES + 1) * LINES;
        assertThat(out.toString(StandardCharsets.UTF_8)
                        .contentEquals(all.substring(5 * streamBytes) + all.substring(0, streamBytes)))
                .isTrue();
    }

    @Test
    void writesNothingIfOneOfThemIsNotThere() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertThatThrownBy(() -> cat(out, "s0", "s6")).hasMessageContaining("no stream s6; there are s0, ");
        assertThat(out.size()).isZero();
    }

    @Test
    void whatLeavesMemoryIsOnTheDiskWithinItsLimitAndGoneAtTheEnd() throws IOException {
        Watching out = new Watching();
        cat(out, "--cache-memory", "200KiB", "--cache-disk", "400KiB", "s0", "s1", "s2", "s3", "s4", "s5");
        assertThat(out.toString(StandardCharsets.UTF_8).contentEquals(all))
                .as("seed %d", SEED)
                .isTrue();
        assertThat(out.mostCacheBytes).isBetween(100L << 10, 400L << 10);
        assertThat(cacheDirectory).isEmptyDirectory();

        Watching none = new Watching();
        cat(none, "--cache-memory", "200KiB", "--cache-disk", "0B", "s0", "s1", "s2", "s3", "s4", "s5");
        assertThat(none.toString(StandardCharsets.UTF_8).contentEquals(all)).isTrue();
        assertThat(none.mostCacheBytes).isZero();
    }

    @Test
    void theDiskIsGivenBackIfNobodyReadsOn() throws IOException {
        OutputStream closed = new OutputStream() {
            private long left = 4L * (LINE_BYTES + 1) * LINES;

            @Override
            public void write(int b) throws IOException {
                throw new IOException("one byte at a time");
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                left -= length;
                if (left < 0) {
                    assertThat(cacheBytes()).isPositive();
                    throw new IOException("Broken pipe");
                }
            }
        };
        assertThatThrownBy(() -> cat(
                        closed,
                        "--cache-memory",
                        "200KiB",
                        "--cache-disk",
                        "400KiB",
                        "s0",
                        "s1",
                        "s2",
                        "s3",
                        "s4",
                        "s5"))
                .hasMessage("Broken pipe");
        assertThat(cacheDirectory).isEmptyDirectory();
    }

    @Test
    void refusesACacheThatCannotBe() {
        for (List<String> words : List.of(
                List.of("cat", "--cluster", cluster.address(), "--cache-disk", "much", "s0"),
                List.of("cat", "--cluster", cluster.address(), "--cache-memory", "16", "s0"))) {
            StringWriter err = new StringWriter();
            assertThat(Main.commandLine().setErr(new PrintWriter(err)).execute(words.toArray(String[]::new)))
                    .as(err.toString())
                    .isEqualTo(ExitCodes.USAGE);
            assertThat(err.toString()).contains("a size such as 64MiB");
        }
        assertThatThrownBy(() -> cat(new ByteArrayOutputStream(), "--cache-dir", "/nowhere", "s0"))
                .hasMessageContaining("/nowhere");
    }
}
