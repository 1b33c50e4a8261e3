package dev.raftsman.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PartFileTest {
    /** Every write fails: no space. */
    private static final Path FULL = Path.of("/dev/full");

    @TempDir
    Path directory;

    private final ByteBuffer buffer = PartFile.buffer();

    private static byte[] random(Random random, int bytes) {
        byte[] made = new byte[bytes];
        random.nextBytes(made);
        return made;
    }

    /** Sizes about those of blocks and of the buffer, cut, flushed, forced and opened anew wherever it falls. */
    @Test
    void holdsWhatWasAppendedWhereverItWasCutFlushedOrOpenedAnew() throws Exception {
        for (long seed = 0; seed < 20; seed++) {
            Random random = new Random(seed);
            Path path = directory.resolve("part-" + seed);
            ByteArrayOutputStream model = new ByteArrayOutputStream();
            for (int opened = 0; opened < 5; opened++) {
                try (PartFile part = PartFile.open(path, buffer)) {
                    byte[] before = model.toByteArray();
                    int keep = random.nextInt(3) > 0 ? before.length : random.nextInt(before.length + 1);
                    part.cut(keep + (keep == before.length ? random.nextInt(9000) : 0));
                    model.reset();
                    model.write(before, 0, keep);
                    for (int i = 0; i < 6; i++) {
                        byte[] chunk = random(random, chunkBytes(random));
                        ByteBuffer given = ByteBuffer.wrap(chunk);
                        part.append(given);
                        assertThat(given.hasRemaining()).isFalse();
                        model.write(chunk);
                        if (random.nextInt(4) == 0) {
                            part.flush();
                            assertHolds(path, model, seed);
                        }
                    }
                    if (random.nextBoolean()) {
                        part.force();
                        assertHolds(path, model, seed);
                    }
                }
                assertHolds(path, model, seed);
            }
        }
    }

    private static int chunkBytes(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> random.nextInt(10);
            case 1 -> 4096 * random.nextInt(5);
            case 2 -> (1 << 20) - 2 + random.nextInt(5);
            default -> random.nextInt(3 << 19);
        };
    }

    private static void assertHolds(Path path, ByteArrayOutputStream model, long seed) throws IOException {
        assertThat(Arrays.equals(Files.readAllBytes(path), model.toByteArray()))
                .as("seed %d, %d bytes of %d", seed, Files.size(path), model.size())
                .isTrue();
    }

    @Test
    void isWrittenAsAnyOtherWhereTheCacheCannotBePassed() throws Exception {
        Path path = directory.resolve("part");
        byte[] bytes = random(new Random(1), (5 << 20) + 77);
        try (PartFile part = new PartFile(
                FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
                FileChannel.open(FULL, StandardOpenOption.WRITE),
                buffer)) {
            part.cut(0);
            part.append(ByteBuffer.wrap(bytes));
            part.force();
        }
        assertThat(Files.readAllBytes(path)).isEqualTo(bytes);
    }

    /** What is still to be written when writing failed is not tried again at the wrong place. */
    @Test
    void aDiskThatTakesNoMoreFailsTheAppendAndNotTheClose() throws Exception {
        PartFile part = new PartFile(
                FileChannel.open(FULL, StandardOpenOption.READ, StandardOpenOption.WRITE),
                FileChannel.open(FULL, StandardOpenOption.WRITE),
                buffer);
        assertThatThrownBy(() -> part.append(ByteBuffer.allocate(3 << 20))).isInstanceOf(IOException.class);
        part.close();
        part.close();
    }
}
