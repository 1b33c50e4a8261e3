package dev.raftsman.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.raftsman.segment.SegmentHeader;
import dev.raftsman.segment.SegmentId;
import dev.raftsman.segment.SegmentWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SegmentForcerTest {
    private static final Path OPEN_FILES = Path.of("/proc/self/fd");

    @TempDir
    private Path dir;

    private final ByteBuffer scratch = SegmentWriter.scratch();

    @Test
    void aSlowDiskDoesNotCostADescriptorForEachSealedSegment() throws Exception {
        assumeTrue(Files.isDirectory(OPEN_FILES), "no /proc");
        CountDownLatch disk = new CountDownLatch(1);
        ExecutorService thread = SegmentForcer.thread();
        Future<?> slow = thread.submit(() -> {
            disk.await();
            return null;
        });
        try (SegmentForcer forcer = new SegmentForcer(thread)) {
            for (int i = 0; i < 2 * SegmentForcer.MAX_WAITING; i++) {
                forcer.finish(writer(i));
            }
            assertThat(openHere()).isEqualTo(SegmentForcer.MAX_WAITING);
            disk.countDown();
            slow.get();
        }
        assertThat(openHere()).isZero();
    }

    private SegmentWriter writer(int number) throws IOException {
        SegmentHeader header = new SegmentHeader(new SegmentId(number + 1, 1), "acme", "s" + number, 1);
        return SegmentWriter.create(dir.resolve(number + ".seg"), header, scratch);
    }

    private long openHere() throws IOException {
        try (Stream<Path> descriptors = Files.list(OPEN_FILES)) {
            return descriptors.filter(this::isOfOurs).count();
        }
    }

    private boolean isOfOurs(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).startsWith(dir);
        } catch (IOException gone) {
            return false;
        }
    }
}
