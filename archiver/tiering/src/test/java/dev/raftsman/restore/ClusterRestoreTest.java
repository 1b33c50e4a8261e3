package dev.raftsman.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.raftsman.archiver.ArchivedCluster;
import dev.raftsman.archiver.FastDirectory;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.EpochState;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.cluster.Cluster;
import dev.raftsman.cluster.TestState;
import dev.raftsman.event.LossReason;
import dev.raftsman.lake.LakeSample;
import dev.raftsman.objects.DirectoryObjectStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterRestoreTest {
    @TempDir(factory = FastDirectory.class)
    Path temporary;

    private TestState lost;
    private TestState cluster;
    private Path archive;
    private long orders;
    private long closed;

    /** Archived: orders 0..2 of an open epoch, jobs 0..1 of a closed one; lost: orders 3..5, jobs 2..4. */
    @BeforeEach
    void archiveAndLose() throws Exception {
        archive = temporary.resolve("archive");
        lost = new TestState(temporary.resolve("lost"), LakeSample.NOON_MILLIS);
        orders = lost.open("shop", "orders");
        lost.append(orders, "o0", "o1");
        lost.append(orders, "o2");
        lost.seal("orders");
        closed = lost.open("batch", "jobs");
        lost.append(closed, "j0", "j1");
        lost.seal("jobs");
        lost.append(closed, "j2", "j3", "j4");
        lost.execute(new Command.Close(closed, 4, LossReason.NONE, 0));
        long probe = lost.open("probe", "disk-probe");
        lost.append(probe, "up");
        lost.seal("disk-probe");
        ArchivedCluster.archive(lost, archive, temporary.resolve("staging"));
        lost.append(orders, "o3", "o4", "o5");
        cluster = new TestState(temporary.resolve("new"), lost.nowMillis());
    }

    @AfterEach
    void close() {
        lost.close();
        cluster.close();
    }

    private LostCluster read() throws IOException {
        try (DirectoryObjectStore store = DirectoryObjectStore.openExisting(archive)) {
            return LostCluster.ofArchives(List.of(new LostCluster.Archive("cold", store)));
        }
    }

    private StreamReader reader() throws IOException {
        return StreamReader.open(List.of(
                new HotCluster(cluster, temporary.resolve("cache")),
                new ColdArchive("cold", DirectoryObjectStore.openExisting(archive))));
    }

    private Audit.Row row(String stream) throws IOException {
        try (StreamReader reader = reader()) {
            return reader.audit().rows().stream()
                    .filter(row -> row.stream().equals(stream))
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Test
    void givesBackProducersAndSegmentsAndDeclaresWhatIsLost() throws Exception {
        Set<LakeSample.Row> archived =
                LakeSample.rows(List.of(new ColdArchive("cold", DirectoryObjectStore.openExisting(archive))));
        assertThat(new ClusterRestore(cluster, read()).run(lost.nowMillis())).isTrue();
        assertThat(LakeSample.rows(List.of(
                        new HotCluster(cluster, temporary.resolve("cache")),
                        new ColdArchive("cold", DirectoryObjectStore.openExisting(archive)))))
                .isEqualTo(archived);
        CatalogView catalog = cluster.catalog();
        assertThat(catalog.epoch(orders).orElseThrow().state()).isEqualTo(EpochState.OPEN);
        assertThat(catalog.epoch(orders).orElseThrow().last()).isEqualTo(2);
        assertThat(catalog.epoch(closed).orElseThrow().state()).isEqualTo(EpochState.CLOSED);
        assertThat(catalog.epoch(closed).orElseThrow().last()).isEqualTo(4);
        assertThat(catalog.segments())
                .filteredOn(segment -> segment.stream().equals("disk-probe"))
                .allMatch(segment -> segment.state() == SegmentState.TRUNCATED);
        assertThat(row("jobs").gapReasons()).isEqualTo(Map.of(LossReason.CLUSTER_LOSS, 3L));
        assertThat(row("jobs").missing()).isZero();

        // The producer holds o4 and o5 still: the gap before them is its to declare, the count is exact.
        assertThat(cluster.open("shop", "orders")).isEqualTo(orders);
        cluster.continueAt(orders, 3);
        cluster.gap(orders, 1, LossReason.CLUSTER_LOSS);
        cluster.append(orders, "o4", "o5");
        cluster.seal("orders");
        Audit.Row row = row("orders");
        assertThat(row.events()).isEqualTo(5);
        assertThat(row.gapReasons()).isEqualTo(Map.of(LossReason.CLUSTER_LOSS, 1L));
        assertThat(row.missing() + row.duplicated()).isZero();
    }

    @Test
    void theArchiverGoesOnInTheSameArchive() throws Exception {
        new ClusterRestore(cluster, read()).run(lost.nowMillis());
        cluster.open("shop", "orders");
        cluster.continueAt(orders, 3);
        cluster.append(orders, "o3 again");
        cluster.seal("orders");
        ArchivedCluster.archive(cluster, archive, temporary.resolve("staging-2"));
        assertThat(cluster.catalog().segments()).noneMatch(segment -> segment.state() == SegmentState.SEALED);
        assertThat(new ClusterRestore(cluster, read()).run(lost.nowMillis()))
                .as("restored before")
                .isFalse();

        // And a third cluster can be restored from what both have left.
        try (TestState third = new TestState(temporary.resolve("third"), cluster.nowMillis())) {
            new ClusterRestore(third, read()).run(lost.nowMillis());
            assertThat(third.catalog().epoch(orders).orElseThrow().last()).isEqualTo(3);
            assertThat(third.catalog().segments())
                    .hasSameSizeAs(cluster.catalog().segments());
        }
    }

    /** The cluster behind a restore that dies after so many commands. */
    private static Cluster dyingAfter(Cluster real, int commands) {
        int[] left = {commands};
        return new Cluster() {
            @Override
            public CatalogView catalog() throws IOException {
                return real.catalog();
            }

            @Override
            public CommandResult execute(Command command) throws IOException {
                if (left[0]-- == 0) {
                    throw new IOException("killed");
                }
                return real.execute(command);
            }

            @Override
            public void fetch(SegmentView segment, Path file) {
                throw new UnsupportedOperationException();
            }

            @Override
            public void close() {
                // The test's.
            }
        };
    }

    @Test
    void goesOnWhereverItWasKilled() throws Exception {
        new ClusterRestore(cluster, read()).run(lost.nowMillis());
        CatalogView whole = cluster.catalog();
        for (int killedAfter = 0; killedAfter < 4; killedAfter++) {
            try (TestState again = new TestState(temporary.resolve("again-" + killedAfter), lost.nowMillis())) {
                ClusterRestore dying = new ClusterRestore(dyingAfter(again, killedAfter), read());
                assertThatThrownBy(() -> dying.run(lost.nowMillis())).hasMessage("killed");
                new ClusterRestore(again, read()).run(lost.nowMillis());
                assertThat(again.catalog().epochs()).isEqualTo(whole.epochs());
                assertThat(again.catalog().segments())
                        .extracting(SegmentView::stream, SegmentView::state, SegmentView::ranges)
                        .isEqualTo(whole.segments().stream()
                                .map(s -> org.assertj.core.groups.Tuple.tuple(s.stream(), s.state(), s.ranges()))
                                .toList());
            }
        }
    }

    @Test
    void numbersThatOneRestoredClusterGaveAreUnknownToTheNext() throws Exception {
        new ClusterRestore(cluster, read()).run(lost.nowMillis());
        long newcomer = cluster.open("newcomer", "orders");
        cluster.append(newcomer, "never archived");
        long base = cluster.catalog().segments().stream()
                .mapToLong(SegmentView::baseIndex)
                .max()
                .orElseThrow();
        try (TestState third = new TestState(temporary.resolve("third"), lost.nowMillis())) {
            new ClusterRestore(third, read()).run(lost.nowMillis() + 1_000);
            assertThat(third.open("somebody-else", "orders")).isGreaterThan(newcomer);
            assertThat(third.catalog().epoch(newcomer)).isEmpty();
            assertThat(third.catalog().position()).isGreaterThan(base);
        }
    }

    @Test
    void refusesAClusterThatIsNotEmpty() throws Exception {
        cluster.open("early", "orders");
        assertThatThrownBy(() -> new ClusterRestore(cluster, read()).run(lost.nowMillis()))
                .isInstanceOf(ClusterRestore.RefusedException.class)
                .hasMessageContaining("not empty")
                .hasMessageContaining("1 epochs");
    }

    @Test
    void refusesAPlaceThatIsNoArchive() throws Exception {
        try (DirectoryObjectStore store = DirectoryObjectStore.open(temporary.resolve("empty"))) {
            assertThatThrownBy(() -> LostCluster.ofArchives(List.of(new LostCluster.Archive("cold", store))))
                    .hasMessageContaining("no archive");
        }
    }
}
