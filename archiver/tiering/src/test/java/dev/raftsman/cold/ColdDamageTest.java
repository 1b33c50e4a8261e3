package dev.raftsman.cold;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.raftsman.cold.SampleSegment.Sealed;
import dev.raftsman.disk.Checksum;
import dev.raftsman.segment.UnsupportedFormatException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A damaged object is one declared exception that names it, and never much memory. */
class ColdDamageTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @TempDir
    Path directory;

    private Sealed sealed;

    private byte[] object() throws IOException {
        try (SampleSegment segment = new SampleSegment(directory, 5)) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < 500; i++) {
                text.append("order ")
                        .append(i)
                        .append(" of user")
                        .append(i % 7)
                        .append(" took ")
                        .append(i * 31 % 977)
                        .append(" ms\n");
            }
            segment.lines(1, text.toString().getBytes(StandardCharsets.UTF_8))
                    .gap(1, 4)
                    .events(2, 200, new Random(7));
            sealed = segment.seal();
            return ColdObjects.of(sealed);
        }
    }

    /** @return whether it was refused */
    private static boolean refused(byte[] damaged) throws IOException {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        boolean refused = false;
        try (ColdObjectReader reader = ColdObjectReader.open(new ColdObjects.Counted(damaged))) {
            for (int i = 0; i < reader.index().segments().size(); i++) {
                ColdSegmentReader segment = reader.segment(i);
                while (segment.next()) {
                    assertThat(segment.block().count()).isPositive();
                }
            }
        } catch (CorruptColdObjectException e) {
            refused = true;
            assertThat(e).hasMessageMatching("(some.cold|s3-0000000000000005) at \\d+: (?s).+");
            assertThat(e.offset()).isBetween(0L, (long) damaged.length);
        } catch (UnsupportedFormatException e) {
            refused = true;
        }
        assertThat(THREADS.getCurrentThreadAllocatedBytes() - before).isLessThan(64L << 20);
        return refused;
    }

    @Test
    void noticesAnyByteChanged() throws Exception {
        byte[] object = object();
        for (int at = ColdObjectWriter.HEADER_BYTES; at < object.length; at += 1 + at % 3) {
            byte[] damaged = object.clone();
            damaged[at] ^= (byte) (1 << at % 8);
            assertThat(refused(damaged)).as("byte %d of %d", at, object.length).isTrue();
        }
    }

    @Test
    void noticesWhereverItIsCut() throws Exception {
        byte[] object = object();
        for (int length = 0; length < object.length; length += 1 + length % 17) {
            assertThat(refused(Arrays.copyOf(object, length)))
                    .as("%d bytes", length)
                    .isTrue();
        }
    }

    /** Whoever can compute checksums can write anything: it must end in order all the same. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void staysWithinBoundsWhenChecksumsAreRightAndTheBytesAreNot(long seed) throws Exception {
        byte[] object = object();
        ByteBuffer trailer = ByteBuffer.wrap(object).order(ByteOrder.LITTLE_ENDIAN);
        int trailerAt = object.length - ColdObjectWriter.TRAILER_BYTES;
        int indexAt = (int) trailer.getLong(trailerAt);
        Random random = new Random(seed);
        int refused = 0;
        for (int i = 0; i < 400; i++) {
            byte[] damaged = object.clone();
            for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
                damaged[ColdObjectWriter.HEADER_BYTES + random.nextInt(indexAt - ColdObjectWriter.HEADER_BYTES)] =
                        (byte) random.nextInt();
            }
            if (refusedInside(damaged, indexAt)) {
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(100); // A digit changed for another is no damage that could be seen.
    }

    /** Decodes the one block without its checksum. */
    private static boolean refusedInside(byte[] damaged, int indexAt) {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        boolean refused = false;
        try (var zstd = new com.github.luben.zstd.ZstdDecompressCtx();
                ColdObjectReader reader = ColdObjectReader.open(new ColdObjects.Counted(damaged))) {
            ColdBlock block = reader.index().blocks().get(0);
            assertThat(block.offset() + block.length()).isEqualTo(indexAt);
            ColdRecords.decode(damaged, (int) block.offset(), indexAt, block.plainBytes(), zstd);
        } catch (DamageException e) {
            refused = true;
        } catch (IOException e) {
            throw new AssertionError("the index is whole", e);
        }
        assertThat(THREADS.getCurrentThreadAllocatedBytes() - before).isLessThan(64L << 20);
        return refused;
    }

    @Test
    void namesAVersionItDoesNotKnow() throws Exception {
        byte[] object = object();
        ByteBuffer trailer = ByteBuffer.wrap(object).order(ByteOrder.LITTLE_ENDIAN);
        int at = object.length - ColdObjectWriter.TRAILER_BYTES;
        trailer.putInt(at + 20, ColdObjectWriter.VERSION + 1);
        trailer.putInt(at + 24, Checksum.crc32c(trailer, at, 24));
        assertThat(refused(object)).isTrue();
    }
}
