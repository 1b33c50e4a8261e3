package dev.raftsman.restore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadCacheTest {
    private static final int RANGE_BYTES = 1_000;

    @TempDir
    Path temporary;

    private int fetched;

    private byte[] get(ReadCache cache, int range) throws IOException {
        byte[] bytes = cache.get("object", (long) range * RANGE_BYTES, RANGE_BYTES, () -> {
            fetched++;
            byte[] content = new byte[RANGE_BYTES];
            Arrays.fill(content, (byte) range);
            return content;
        });
        assertThat(bytes).hasSize(RANGE_BYTES).containsOnly((byte) range);
        return bytes;
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.walk(temporary)) {
            return files.filter(Files::isRegularFile).toList();
        }
    }

    private List<Path> directories() throws IOException {
        try (Stream<Path> entries = Files.list(temporary)) {
            return entries.toList();
        }
    }

    @Test
    void fetchesNothingTwiceWhileThereIsRoom() throws Exception {
        try (ReadCache cache = ReadCache.overflowing(4 * 1_200, temporary, 40 * RANGE_BYTES)) {
            for (int round = 0; round < 3; round++) {
                for (int range = 0; range < 30; range++) {
                    get(cache, range);
                }
            }
            assertThat(fetched).isEqualTo(30);
            assertThat(files()).isNotEmpty().hasSizeLessThanOrEqualTo(40);
            assertThat(directories()).hasSize(1);
        }
        assertThat(directories()).isEmpty();
    }

    @Test
    void staysWithinTheQuotasOfMemoryAndFiles() throws Exception {
        try (ReadCache cache = ReadCache.overflowing(4 * 1_200, temporary, 5 * RANGE_BYTES)) {
            for (int range = 0; range < 100; range++) {
                get(cache, range);
                assertThat(files()).hasSizeLessThanOrEqualTo(5);
                assertThat(cache.memoryBytes()).isBetween((long) RANGE_BYTES, 4L * 1_200);
            }
            assertThat(fetched).isEqualTo(100);
        }
    }

    @Test
    void fetchesAgainWhatIsDamagedOrGoneInAFile() throws Exception {
        try (ReadCache cache = ReadCache.overflowing(2 * 1_200, temporary, 100 * RANGE_BYTES)) {
            for (int range = 0; range < 30; range++) {
                get(cache, range);
            }
            List<Path> files = files();
            Files.delete(files.get(0));
            for (Path file : files.subList(1, files.size())) {
                Files.write(file, new byte[RANGE_BYTES]);
            }
            for (int range = 0; range < 30; range++) {
                get(cache, range);
            }
            assertThat(fetched).isGreaterThan(50);
        }
    }

    @Test
    void touchesNoDiskBeforeSomethingLeavesMemory() throws Exception {
        try (ReadCache cache = ReadCache.overflowing(4 * 1_200, temporary, 10 * RANGE_BYTES)) {
            get(cache, 1);
            get(cache, 2);
            assertThat(directories()).isEmpty();
        }
    }

    @Test
    void leavesAloneWhatOthersHaveThere() throws Exception {
        Path strangers = Files.write(temporary.resolve("7.range"), new byte[3]);
        try (ReadCache cache = ReadCache.overflowing(1_200, temporary, 10 * RANGE_BYTES)) {
            for (int range = 0; range < 30; range++) {
                get(cache, range);
            }
        }
        assertThat(files()).containsExactly(strangers);
    }

    @Test
    void goesOnInMemoryWhereTheDiskFails() throws Exception {
        try (ReadCache cache = ReadCache.overflowing(2 * 1_200, temporary.resolve("absent"), 100 * RANGE_BYTES)) {
            for (int range = 0; range < 60; range++) {
                get(cache, range % 30);
            }
            assertThat(fetched).isGreaterThan(30);
        }
        assertThat(directories()).isEmpty();
    }

    @Test
    void keepsNoFileAfterItsEnd() throws Exception {
        ReadCache cache = ReadCache.overflowing(1_200, temporary, 100 * RANGE_BYTES);
        for (int range = 0; range < 30; range++) {
            get(cache, range);
        }
        cache.close();
        for (int range = 0; range < 30; range++) {
            get(cache, range); // A reader that a signal interrupts may still be at work.
        }
        assertThat(directories()).isEmpty();
        cache.close();
    }

    @Test
    void worksWithoutFiles() throws Exception {
        try (ReadCache cache = ReadCache.inMemory(4 * 1_200)) {
            get(cache, 1);
            get(cache, 1);
            assertThat(fetched).isOne();
        }
    }
}
