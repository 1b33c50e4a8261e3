package dev.raftsman.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.Verdict;
import dev.raftsman.event.Loss;
import dev.raftsman.segment.SampleBlocks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DiskFailureTest {
    private static final int LINES = 20;
    private static final int LINE_BYTES = 5_000;

    @TempDir
    private Path directory;

    private final SampleBlocks samples = new SampleBlocks();
    private final Entries entries = new Entries();

    @AfterEach
    void close() {
        samples.close();
    }

    @Test
    void failsForGoodWhenTheDiskDoes() throws IOException {
        Path data = directory.resolve("data");
        try (ReplicatedState state = ReplicatedState.open(data, StoreSettings.DEFAULT)) {
            long epoch = entries.open(state, "app", "audit");
            Files.write(data.resolve("segments").resolve("1"), new byte[0]);
            assertThatThrownBy(() -> entries.append(state, epoch, samples.lines(0, 1, 1)))
                    .isInstanceOf(StoreFailedException.class)
                    .hasMessageContaining("begin " + data);
            Files.delete(data.resolve("segments").resolve("1"));
            assertThatThrownBy(() -> entries.append(state, epoch, samples.lines(0, 1, 1)))
                    .as("not tried again")
                    .isInstanceOf(StoreFailedException.class);
            assertThatThrownBy(() -> state.snapshot(directory.resolve("snapshot")))
                    .isInstanceOf(StoreFailedException.class);
            assertThat(state.last(epoch)).isEqualTo(-1);
        }
    }

    @Test
    void waitsForSpaceAndLosesNothing() throws Exception {
        Path small = Files.createDirectory(directory.resolve("small"));
        assumeTrue(
                run("mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", small.toString()),
                "needs the right to mount a small file system");
        try {
            fillAndApply(small);
        } finally {
            assertThat(run("umount", "-l", small.toString())).isTrue();
        }
    }

    @Test
    void doesNotWaitForSpaceWhileTheProcessEnds() throws Exception {
        Path small = Files.createDirectory(directory.resolve("small"));
        assumeTrue(
                run("mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", small.toString()),
                "needs the right to mount a small file system");
        ReplicatedState[] waiting = new ReplicatedState[1];
        SpaceWait ending = (where, attempt, full) -> {
            assertThat(attempt).isLessThan(3);
            if (attempt == 2) {
                waiting[0].ending();
            }
        };
        try (ReplicatedState state = ReplicatedState.open(small.resolve("data"), new StoreSettings(ending, 1 << 20))) {
            waiting[0] = state;
            long epoch = entries.open(state, "app", "audit");
            Files.write(small.resolve("ballast"), new byte[5 << 20]);
            assertThatThrownBy(() -> {
                        for (int i = 0; i < 85; i++) {
                            entries.append(
                                    state, epoch, samples.lines((long) i * LINES, LINES, Loss.NONE, LINE_BYTES, i));
                        }
                    })
                    .isInstanceOf(StoreFailedException.class);
        } finally {
            assertThat(run("umount", "-l", small.toString())).isTrue();
        }
    }

    private void fillAndApply(Path small) throws IOException {
        List<Path> ballast = new ArrayList<>();
        List<Integer> waits = new ArrayList<>();
        ReplicatedState[] waiting = new ReplicatedState[1];
        SpaceWait freeing = (where, attempt, full) -> {
            waits.add(attempt);
            assertThat(waiting[0].waitingForSpace()).isTrue();
            // Whoever asks meanwhile is answered: the lock is free.
            Thread reader = new Thread(() -> waiting[0].view());
            reader.start();
            reader.join();
            if (attempt == 3) {
                try {
                    Files.delete(ballast.remove(0));
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            }
        };
        Path straight = directory.resolve("straight");
        StoreSettings settings = new StoreSettings(freeing, 1 << 20);
        try (ReplicatedState state = ReplicatedState.open(small.resolve("data"), settings);
                ReplicatedState twin = ReplicatedState.open(straight, StoreSettings.DEFAULT)) {
            waiting[0] = state;
            for (int i = 0; i < 4; i++) {
                ballast.add(Files.write(small.resolve("ballast-" + i), new byte[1 << 20]));
            }
            entries.change(state, new Command.Configure(300_000));
            long epoch = entries.open(state, "app", "audit");
            for (int i = 0; i < 85; i++) {
                Verdict verdict =
                        entries.append(state, epoch, samples.lines((long) i * LINES, LINES, Loss.NONE, LINE_BYTES, i));
                assertThat(verdict.kind()).isEqualTo(Verdict.Kind.ACCEPTED);
            }
            assertThat(waits).as("it was full more than once").hasSizeGreaterThanOrEqualTo(6);
            assertThat(state.waitingForSpace()).isFalse();
            entries.replay(twin);
            assertThat(state.view()).isEqualTo(twin.view());
            assertThat(Entries.files(small.resolve("data"))).isEqualTo(Entries.files(straight));
        }
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        try {
            return new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        }
    }
}
