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
        try (Stream<Path> files = Files.list(temporary)) {
            return files.toList();
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
        }
        assertThat(files()).isEmpty();
    }

    @Test
    void staysWithinTheQuotasOfMemoryAndFiles() throws Exception {
        try (ReadCache cache = ReadCache.overflowing(4 * 1_200, temporary, 5 * RANGE_BYTES)) {
            for (int range = 0; range < 100; range++) {
                get(cache, range);
                assertThat(files()).hasSizeLessThanOrEqualTo(5);
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
    void emptiesADirectoryThatAnotherLeft() throws Exception {
        Files.write(temporary.resolve("7.range"), new byte[3]);
        Path strangers = Files.write(temporary.resolve("notes.txt"), new byte[3]);
        try (ReadCache cache = ReadCache.overflowing(1_200, temporary, 10 * RANGE_BYTES)) {
            get(cache, 1);
            assertThat(files()).containsExactly(strangers);
        }
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
