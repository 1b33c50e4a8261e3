package dev.raftsman.input;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.ZstdOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.temporal.ChronoUnit;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rotated files that were compressed: read where lines are missing, and never twice. */
class CompressedRotationTest extends FilesOnDisk {
    /** As gzip and zstd do it: beside the file, with its time of modification, then the file goes. */
    private static Path compress(Path file, String suffix) throws IOException {
        Path packed = file.resolveSibling(file.getFileName() + suffix);
        FileTime modified = Files.getLastModifiedTime(file);
        try (OutputStream out = Files.newOutputStream(packed);
                OutputStream packing = suffix.equals(".gz") ? new GZIPOutputStream(out) : new ZstdOutputStream(out)) {
            Files.copy(file, packing);
        }
        Files.setLastModifiedTime(packed, modified);
        Files.delete(file);
        return packed;
    }

    @Test
    void filesMissedWhileNobodyLookedAreInflated() throws IOException {
        Path file = write("app.log", lines(0, 10));
        open("app.log");
        pass(600);
        close();
        compress(rotated("app.log.5", -5, "long ago\n"), ".gz");
        lastWritten(Files.move(file, logs.resolve("app.log.4")), 1);
        compress(logs.resolve("app.log.4"), ".gz");
        compress(rotated("app.log.3", 2, lines(10, 2000)), ".gz");
        compress(rotated("app.log.2", 3, lines(2000, 2010)), ".zst");
        rotated("app.log.1", 4, lines(2010, 2020));
        write("app.log", lines(2020, 2030));
        open(sink.checkpoints.values(), "app.log");
        pass(9_000);
        assertThat(sink.text("app.log")).isEqualTo(lines(0, 2030));
        assertThat(sink.raw).containsOnlyKeys("app.log");
        assertThat(warnings()).isEmpty();
        close();
        open(sink.checkpoints.values(), "app.log");
        write("app.log", lines(2030, 2031));
        pass(6_000);
        assertThat(sink.text("app.log")).isEqualTo(lines(0, 2031));
    }

    @Test
    void fileThatWasReadInPartIsReadOnInItsCompressedForm() throws IOException {
        Path file = write("app.log", lines(0, 10));
        open("app.log");
        pass(600);
        close();
        write("app.log", lines(10, 3000));
        lastWritten(Files.move(file, logs.resolve("app.log.1")), 1);
        compress(logs.resolve("app.log.1"), ".gz");
        write("app.log", lines(3000, 3010));
        open(sink.checkpoints.values(), "app.log");
        pass(6_000);
        assertThat(sink.text("app.log")).isEqualTo(lines(0, 3010));
        assertThat(warnings()).isEmpty();
    }

    @Test
    void aStopInTheMidstOfACompressedFileLosesAndDoublesNothing() throws IOException {
        write("app.log", lines(0, 10));
        open("app.log");
        pass(600);
        close();
        lastWritten(Files.move(logs.resolve("app.log"), logs.resolve("app.log.2")), 1);
        compress(rotated("app.log.1", 2, lines(10, 5000)), ".gz");
        write("app.log", lines(5000, 5010));
        for (int run = 0; run < 4; run++) {
            open(sink.checkpoints.values(), "app.log");
            input.step(now); // a few blocks of it
            now += 1_000_000;
            input.step(now);
            close();
        }
        open(sink.checkpoints.values(), "app.log");
        pass(9_000);
        assertThat(sink.text("app.log")).isEqualTo(lines(0, 5010));
    }

    @ParameterizedTest
    @EnumSource(names = {"MICROS", "MILLIS", "SECONDS"})
    void fileWrittenInTheTickOfTheOneBeforeIsMissedThoughItsTimeWasCutWhenItWasPacked(ChronoUnit kept)
            throws IOException {
        Path file = write("app.log", lines(0, 10));
        FileTime modified = Files.getLastModifiedTime(file);
        open("app.log");
        pass(600);
        Files.move(file, logs.resolve("app.log.2"));
        Path packed = compress(write("app.log.1", lines(10, 20)), ".gz");
        Files.setLastModifiedTime(packed, FileTime.from(modified.toInstant().truncatedTo(kept)));
        write("app.log", lines(20, 30));
        pass(6_000);
        assertThat(sink.text("app.log")).isEqualTo(lines(0, 30));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void rotationThatCompressesLosesAndDoublesNothingHoweverLongItGoesOn(long seed) throws IOException {
        Random random = new Random(seed);
        write("app.log", "");
        open("app.log");
        pass(600); // what is rotated before it was seen is not ours
        int written = 0;
        for (int round = 0; round < 30; round++) {
            int more = written + random.nextInt(300);
            Path file = write("app.log", lines(written, more));
            written = more;
            pass(random.nextInt(3) * 700);
            if (random.nextInt(3) == 0) {
                more = written + 5;
                write("app.log", lines(written, more));
                written = more;
            }
            Path rotated = Files.move(file, logs.resolve("app.log." + (1000 - round)));
            if (random.nextInt(4) > 0) {
                compress(rotated, random.nextBoolean() ? ".gz" : ".zst");
            }
            write("app.log", lines(written, ++written));
            pass(random.nextInt(3) * 40_000);
            if (random.nextInt(4) == 0) {
                pass(3_000);
                close();
                open(sink.checkpoints.values(), "app.log");
            }
        }
        pass(20_000);
        assertThat(sink.text("app.log").lines())
                .containsExactlyElementsOf(lines(0, written).lines().toList());
        assertThat(sink.raw).containsOnlyKeys("app.log");
    }

    @Test
    void compressedFilesThatMatchAPatternAreNoFilesOfTheirOwn() throws IOException {
        write("app.log", lines(0, 10));
        compress(write("app.log.1", lines(0, 10)), ".gz");
        open("app.log*");
        pass(2_000);
        assertThat(sink.raw).containsOnlyKeys("app.log");
    }

    @Test
    void compressedFileThatIsCutShortIsNamed() throws IOException {
        write("app.log", lines(0, 10));
        open("app.log");
        pass(600);
        close();
        lastWritten(Files.move(logs.resolve("app.log"), logs.resolve("app.log.2")), 1);
        Path packed = compress(rotated("app.log.1", 2, lines(10, 500)), ".gz");
        byte[] whole = Files.readAllBytes(packed);
        Files.write(packed, java.util.Arrays.copyOf(whole, whole.length / 2));
        lastWritten(packed, 2);
        write("app.log", lines(500, 510));
        open(sink.checkpoints.values(), "app.log");
        pass(6_000);
        assertThat(sink.text("app.log")).isEqualTo(lines(0, 10) + lines(500, 510));
        assertThat(logged.toString(StandardCharsets.UTF_8))
                .contains("ERROR rotated file cannot be read, its lines will be missing: path=" + packed)
                .contains("is cut short");
    }
}
