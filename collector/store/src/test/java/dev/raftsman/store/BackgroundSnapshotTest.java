package dev.raftsman.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.catalog.Catalog;
import dev.raftsman.catalog.CatalogImage;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.segment.SampleBlocks;
import dev.raftsman.segment.SegmentId;
import dev.raftsman.segment.SequenceRange;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BackgroundSnapshotTest {
    private static final int SEGMENTS = 100_000;

    @TempDir
    private Path directory;

    private final SampleBlocks samples = new SampleBlocks();
    private final Entries entries = new Entries();

    @AfterEach
    void close() {
        samples.close();
    }

    /** Segments are begun, sealed, given up and deleted while snapshots are written; each of them must be one of its index. */
    @Test
    void givesTheSameAsApplyingAloneWhileItIsWritten() throws Exception {
        Path data = directory.resolve("data");
        Path snapshot = directory.resolve("snapshot");
        ExecutorService writer = Executors.newSingleThreadExecutor();
        try (ReplicatedState state = ReplicatedState.open(data, StoreSettings.DEFAULT);
                ReplicatedState twin = ReplicatedState.open(directory.resolve("twin"), StoreSettings.DEFAULT)) {
            entries.change(state, new Command.Configure(4_000));
            entries.change(state, new Command.AcquireLease("tier", 1L << 40));
            long[] epochs = {entries.open(state, "a", "one"), entries.open(state, "b", "two")};
            Future<Long> writing = writer.submit(() -> 0L);
            int snapshots = 0;
            for (int i = 0; i < 600; i++) {
                entries.append(state, epochs[i % 2], samples.lines(i / 2 * 10L, 10, i));
                if (i % 40 == 39) {
                    giveUpTheOldest(state);
                }
                if (writing.isDone() || i % 150 == 149) { // the disk may be slow
                    finished(writing, snapshot);
                    CapturedSnapshot captured = state.capture();
                    writing = writer.submit(() -> {
                        captured.write(snapshot);
                        return captured.index();
                    });
                    snapshots++;
                }
            }
            finished(writing, snapshot);
            assertThat(snapshots).isGreaterThan(3);
            entries.replay(twin);
            assertThat(state.view()).isEqualTo(twin.view());
            state.snapshot(snapshot);
            twin.snapshot(directory.resolve("twin-snapshot"));
            assertThat(Entries.files(data)).isEqualTo(Entries.files(directory.resolve("twin")));
            assertThat(snapshot).hasSameBinaryContentAs(directory.resolve("twin-snapshot"));
        } finally {
            writer.shutdownNow();
        }
    }

    private void giveUpTheOldest(ReplicatedState state) {
        SegmentView oldest = state.view().segments().stream()
                .filter(segment -> segment.state() == SegmentState.SEALED)
                .findFirst()
                .orElseThrow();
        assertThat(entries.change(state, new Command.Truncate("tier", List.of(oldest.ref()), "p", "r", "h"))
                        .ok())
                .isTrue();
    }

    /** What is on the disk now, and this snapshot, must be a start that the log can go on from. */
    private void finished(Future<Long> writing, Path snapshot)
            throws IOException, InterruptedException, ExecutionException {
        long index = writing.get();
        if (index == 0) {
            return;
        }
        Path copy = directory.resolve("copy-" + index);
        Entries.copy(directory.resolve("data"), copy);
        Path manifest = Files.copy(snapshot, directory.resolve("snapshot-" + index));
        try (ReplicatedState again = ReplicatedState.open(copy, StoreSettings.DEFAULT, manifest);
                ReplicatedState twin = ReplicatedState.open(directory.resolve("t-" + index), StoreSettings.DEFAULT)) {
            entries.replay(twin, index + 1);
            assertThat(again.appliedIndex()).isEqualTo(index);
            assertThat(again.view()).isEqualTo(twin.view());
            twin.snapshot(directory.resolve("s-" + index));
            assertThat(manifest).hasSameBinaryContentAs(directory.resolve("s-" + index));
            entries.replay(again);
            entries.replay(twin);
            assertThat(again.view()).isEqualTo(twin.view());
        }
    }

    /** Prints what capturing holds applying up for; the copy is of references, so that it stays in milliseconds. */
    @Test
    void copiesReferencesOnlyOfAHundredThousandSegments() {
        CatalogImage few = new Catalog().image();
        List<SegmentView> many = new ArrayList<>();
        for (int i = 0; i < SEGMENTS; i++) {
            many.add(sealed(i));
        }
        Catalog catalog = new Catalog(new CatalogImage(
                few.stampMillis(),
                few.segmentBytes(),
                few.lease(),
                few.streams(),
                few.epochs(),
                many,
                List.of(),
                few.aborted(),
                few.snapshots(),
                few.members(),
                few.freeze(),
                few.throttles(),
                few.outages(),
                few.policies(),
                few.labels(),
                few.restored()));
        long[] nanos = new long[30];
        CatalogImage image = null;
        for (int i = 0; i < nanos.length; i++) {
            long began = System.nanoTime();
            image = catalog.image();
            nanos[i] = System.nanoTime() - began;
        }
        Arrays.sort(nanos);
        System.out.printf(
                "image of %d segments: median %.1f ms, longest of %d %.1f ms%n",
                SEGMENTS, nanos[nanos.length / 2] / 1e6, nanos.length, nanos[nanos.length - 1] / 1e6);
        assertThat(image.segments()).hasSize(SEGMENTS);
        assertThat(image.segments().get(SEGMENTS / 2)).isSameAs(many.get(SEGMENTS / 2));
    }

    private static SegmentView sealed(int number) {
        SegmentId id = new SegmentId(1 + number / 100, number);
        return new SegmentView(
                id,
                id.stream(),
                "acme",
                "s" + id.stream(),
                id.base(),
                SegmentState.SEALED,
                null,
                1,
                1,
                100,
                100,
                0,
                0,
                1,
                2,
                1,
                1,
                2,
                new UUID(number, number).toString(),
                List.of(new SequenceRange(1, 0, 1)),
                null,
                null,
                null,
                null);
    }
}
