package dev.raftsman.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.Verdict;
import dev.raftsman.segment.SampleBlocks;
import dev.raftsman.segment.SegmentId;
import dev.raftsman.segment.UnsupportedFormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SnapshotTest {
    @TempDir
    private Path directory;

    private final SampleBlocks samples = new SampleBlocks();
    private final Entries entries = new Entries();
    private Path data;
    private Path snapshot;
    private ReplicatedState state;
    private long epoch;

    /** One sealed and one active segment in the snapshot, a longer active and a second stream after it. */
    @BeforeEach
    void takeASnapshotOnTheWay() throws IOException {
        data = directory.resolve("data");
        snapshot = directory.resolve("snapshot");
        state = ReplicatedState.open(data, StoreSettings.DEFAULT);
        epoch = entries.open(state, "app", "audit");
        entries.append(state, epoch, samples.lines(0, 10, 1));
        entries.change(state, new Command.Seal("acme", "audit", 0));
        entries.append(state, epoch, samples.lines(10, 10, 2));
        assertThat(state.snapshot(snapshot)).isEqualTo(state.appliedIndex());
        entries.append(state, epoch, samples.lines(20, 10, 3));
        entries.append(state, entries.open(state, "app2", "other"), samples.lines(0, 10, 4));
    }

    @AfterEach
    void close() throws IOException {
        state.close();
        samples.close();
    }

    private void reopen() throws IOException {
        state.close();
        state = ReplicatedState.open(data, StoreSettings.DEFAULT, snapshot);
    }

    private Path file(SegmentId id) {
        return ReplicatedState.fileOf(data, id);
    }

    @Test
    void goesBackToItAndForwardAgain() throws IOException {
        CatalogView before = state.view();
        TreeMap<String, ByteBuffer> files = Entries.files(data);
        reopen();
        assertThat(state.appliedIndex())
                .isEqualTo(SnapshotManifest.read(snapshot).index());
        assertThat(state.last(epoch)).isEqualTo(19);
        assertThat(Entries.files(data)).hasSize(2);
        entries.replay(state);
        assertThat(state.view()).isEqualTo(before);
        assertThat(Entries.files(data)).isEqualTo(files);
        assertThat(entries.append(state, epoch, samples.lines(10, 10, 77)))
                .as("the blocks remembered are in the snapshot too")
                .isEqualTo(new Verdict(Verdict.Kind.CONFLICT, 29));
    }

    @Test
    void findsAFlippedBitOfItsManifest() throws IOException {
        byte[] whole = Files.readAllBytes(snapshot);
        Path flipped = directory.resolve("flipped");
        for (int at = 0; at < whole.length; at += 5) {
            byte[] bytes = whole.clone();
            bytes[at] ^= 1;
            Files.write(flipped, bytes);
            assertThatThrownBy(() -> SnapshotManifest.read(flipped)).isInstanceOf(CorruptStoreException.class);
        }
        for (int length : new int[] {0, 1, 10, whole.length / 2, whole.length - 1}) {
            Files.write(flipped, java.util.Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> SnapshotManifest.read(flipped))
                    .isInstanceOf(CorruptStoreException.class)
                    .hasMessageContaining("flipped");
        }
    }

    @Test
    void namesAManifestOfANewerFormat() throws Exception {
        String body = "raftsman-snapshot 2\n{\"new\":true}\n";
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(body.getBytes(StandardCharsets.US_ASCII));
        Path newer = directory.resolve("newer");
        Files.writeString(newer, body + "sha256 " + HexFormat.of().formatHex(digest) + "\n");
        assertThatThrownBy(() -> SnapshotManifest.read(newer))
                .isInstanceOf(UnsupportedFormatException.class)
                .hasMessageContaining("format 2; expected 1");
    }

    @Test
    void refusesToStartWhenAnActiveSegmentIsMissingOrShort() throws IOException {
        SegmentId active = state.view().segments().get(1).id();
        TreeMap<String, ByteBuffer> files = Entries.files(data);
        byte[] bytes = Files.readAllBytes(file(active));
        Files.write(file(active), java.util.Arrays.copyOf(bytes, 70));
        assertThatThrownBy(this::reopen)
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining(file(active) + " at 70: expected ")
                .hasMessageContaining("found 70 bytes");
        Files.delete(file(active));
        assertThatThrownBy(this::reopen)
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("found no file");
        Files.write(file(active), bytes);
        assertThat(Entries.files(data)).as("nothing was deleted").isEqualTo(files);
    }

    @Test
    void refusesToGoOnWithADamagedActiveSegment() throws IOException {
        Path active = file(state.view().segments().get(1).id());
        try (FileChannel channel = FileChannel.open(active, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, 200);
            one.put(0, (byte) (one.get(0) ^ 4)).flip();
            channel.write(one, 200);
        }
        assertThatThrownBy(this::reopen)
                .isInstanceOfSatisfying(
                        CorruptStoreException.class, e -> assertThat(e.file()).isEqualTo(active.toString()));
    }

    @Test
    void doesNotBeginEmptyWhereASnapshotWasTaken() throws IOException {
        state.close();
        TreeMap<String, ByteBuffer> files = Entries.files(data);
        assertThatThrownBy(() -> ReplicatedState.open(data, StoreSettings.DEFAULT))
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("expected the snapshot of index "
                        + SnapshotManifest.read(snapshot).index());
        assertThat(Entries.files(data)).isEqualTo(files);
    }

    @Test
    void putsFilesAsideThatNothingExplains() throws IOException {
        Path foreign = file(new SegmentId(1, 0));
        Files.write(foreign, new byte[] {1, 2, 3});
        Files.write(foreign.resolveSibling("notes.txt"), new byte[] {4});
        reopen();
        assertThat(foreign).doesNotExist();
        assertThat(data.resolve("quarantine").resolve("1-" + foreign.getFileName()))
                .hasBinaryContent(new byte[] {1, 2, 3});
        assertThat(data.resolve("quarantine").resolve("1-notes.txt")).exists();
    }

    @Test
    void fitsADirectoryThatWasFetchedFromAPeer() throws IOException {
        Path fetched = directory.resolve("fetched");
        for (SnapshotManifest.FileState file : SnapshotManifest.read(snapshot).files()) {
            Path to = ReplicatedState.fileOf(fetched, file.segment());
            Files.createDirectories(to.getParent());
            byte[] bytes = Files.readAllBytes(file(file.segment()));
            Files.write(to, java.util.Arrays.copyOf(bytes, (int) file.bytes()));
        }
        try (ReplicatedState follower = ReplicatedState.open(fetched, StoreSettings.DEFAULT, snapshot)) {
            entries.replay(follower);
            assertThat(follower.view()).isEqualTo(state.view());
            assertThat(Entries.files(fetched)).isEqualTo(Entries.files(data));
        }
    }
}
