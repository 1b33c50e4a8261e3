package dev.raftsman.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.raftsman.archiver.ArchivedCluster;
import dev.raftsman.archiver.FastDirectory;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.cluster.TestState;
import dev.raftsman.lake.LakeSample;
import dev.raftsman.objects.DirectoryObjectStore;
import dev.raftsman.objects.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryRestoreTest {
    @TempDir(factory = FastDirectory.class)
    Path temporary;

    private TestState cluster;
    private Path archive;
    private Path into;

    @BeforeEach
    void archive() throws Exception {
        archive = temporary.resolve("archive");
        into = temporary.resolve("into");
        cluster = new TestState(temporary.resolve("state"), LakeSample.NOON_MILLIS);
        new LakeSample(cluster).fill();
        long probe = cluster.open("probe", "disk-probe");
        cluster.append(probe, "up", "down");
        cluster.seal("disk-probe");
        long ledger = cluster.open("bank", "ledger");
        cluster.append(ledger, "l0", "l1");
        ArchivedCluster.archive(cluster, archive, temporary.resolve("staging"));
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private SegmentSource.Contents contents() throws IOException {
        try (ColdArchive cold = new ColdArchive("cold", DirectoryObjectStore.openExisting(archive))) {
            return cold.look();
        }
    }

    @Test
    void writesTheSegmentsAsTheCollectorsHadThem() throws Exception {
        DirectoryRestore.Outcome outcome = DirectoryRestore.run(contents(), "the archive", into, 1);
        assertThat(outcome.segments()).isEqualTo(5);
        for (SegmentView segment : cluster.catalog().segments()) {
            Path file = RestoredDirectory.file(into, segment.id());
            if (segment.stream().equals("disk-probe")) {
                assertThat(file).doesNotExist();
            } else {
                assertThat(Sha256.of(file).sha256()).isEqualTo(segment.sha256());
            }
        }
        assertThat(RestoredDirectory.isAt(into)).isTrue();
        assertThat(LakeSample.rows(List.of(new RestoredDirectory(into))))
                .isEqualTo(
                        LakeSample.rows(List.of(new ColdArchive("cold", DirectoryObjectStore.openExisting(archive)))));
        try (StreamReader reader = StreamReader.open(List.of(new RestoredDirectory(into)))) {
            Audit audit = reader.audit();
            assertThat(audit.missing() + audit.duplicated()).isZero();
            assertThat(audit.truncated()).isEqualTo(2);
        }
    }

    @Test
    void givesBackTheStreamsOfASnapshotAlone() throws Exception {
        String id = cluster.catalog().snapshots().get(0).id();
        try (DirectoryObjectStore store = DirectoryObjectStore.openExisting(archive)) {
            DirectoryRestore.run(SnapshotContents.of(store, id, contents()), "snapshot " + id, into, 1);
        }
        try (StreamReader reader = StreamReader.open(List.of(new RestoredDirectory(into)))) {
            assertThat(reader.streams()).containsExactly(new StreamReader.StreamName(TestState.TENANT, "ledger"));
            assertThat(reader.audit().events()).isEqualTo(2);
        }
    }

    @Test
    void goesOnAfterItWasKilledAndWritesAgainWhatIsNotWhole() throws Exception {
        SegmentSource.Contents contents = contents();
        int[] opened = new int[1];
        List<SegmentSource.Copy> dying = new ArrayList<>();
        for (SegmentSource.Copy copy : contents.copies()) {
            dying.add(new SegmentSource.Copy(
                    copy.id(), copy.tenant(), copy.stream(), copy.where(), copy.distance(), () -> {
                        if (++opened[0] > 2) {
                            throw new IOException("connection reset");
                        }
                        return copy.opener().open();
                    }));
        }
        assertThatThrownBy(() -> DirectoryRestore.run(
                        new SegmentSource.Contents(dying, contents.known(), contents.epochs()), "the archive", into, 1))
                .hasMessageContaining("connection reset");
        assertThat(RestoredDirectory.isAt(into)).isFalse();
        try (var files = Files.walk(into)) {
            Path damaged = files.filter(file -> file.toString().endsWith(".seg"))
                    .findFirst()
                    .orElseThrow();
            byte[] bytes = Files.readAllBytes(damaged);
            bytes[bytes.length / 2] ^= 1;
            Files.write(damaged, bytes);
        }
        assertThatThrownBy(() -> DirectoryRestore.run(contents, "another archive", into, 1))
                .hasMessageContaining("the archive");
        DirectoryRestore.Outcome outcome = DirectoryRestore.run(contents, "the archive", into, 1);
        assertThat(outcome.kept()).isOne();
        assertThat(outcome.segments()).isEqualTo(4);
        try (StreamReader reader = StreamReader.open(List.of(new RestoredDirectory(into)))) {
            assertThat(reader.audit().missing()).isZero();
        }
    }

    @Test
    void addsWhatTheArchiveHasGotSince() throws Exception {
        DirectoryRestore.Outcome first = DirectoryRestore.run(contents(), "the archive", into, 1);
        DirectoryRestore.Outcome again = DirectoryRestore.run(contents(), "the archive", into, 2);
        assertThat(again).isEqualTo(new DirectoryRestore.Outcome(0, first.segments(), first.events(), first.bytes()));
        long late = cluster.open("late", "orders");
        cluster.append(late, "one more");
        cluster.seal("orders");
        ArchivedCluster.archive(cluster, archive, temporary.resolve("staging-2"));
        DirectoryRestore.Outcome grown = DirectoryRestore.run(contents(), "the archive", into, 3);
        assertThat(grown.segments()).isOne();
        assertThat(grown.kept()).isEqualTo(first.segments());
        assertThat(grown.events()).isEqualTo(first.events() + 1);
        assertThat(LakeSample.rows(List.of(new RestoredDirectory(into))))
                .isEqualTo(
                        LakeSample.rows(List.of(new ColdArchive("cold", DirectoryObjectStore.openExisting(archive)))));
        assertThatThrownBy(() -> DirectoryRestore.run(contents(), "another archive", into, 4))
                .hasMessageContaining("restored from the archive; expected that of another archive");
    }

    @Test
    void leavesADirectoryAloneThatHasSomethingElse() throws Exception {
        Files.createDirectories(into);
        Files.writeString(into.resolve("letter"), "dear");
        assertThatThrownBy(() -> DirectoryRestore.run(contents(), "the archive", into, 1))
                .hasMessageContaining("not empty");
        assertThat(into).isDirectoryContaining(path -> path.endsWith("letter"));
        assertThat(into.resolve("segments")).doesNotExist();
    }

    @Test
    void neverPassesOffOtherBytesForASegment() throws Exception {
        SegmentSource.Contents contents = contents();
        SegmentSource.Copy other = contents.copies().get(1);
        List<SegmentSource.Copy> swapped = new ArrayList<>(contents.copies());
        SegmentSource.Copy first = swapped.get(0);
        swapped.set(
                0,
                new SegmentSource.Copy(
                        first.id(),
                        first.tenant(),
                        first.stream(),
                        "elsewhere",
                        0,
                        () -> other.opener().open()));
        assertThatThrownBy(() -> DirectoryRestore.run(
                        new SegmentSource.Contents(swapped, contents.known(), contents.epochs()),
                        "the archive",
                        into,
                        1))
                .hasMessageContaining(first.id().toString())
                .hasMessageContaining("elsewhere");
    }
}
