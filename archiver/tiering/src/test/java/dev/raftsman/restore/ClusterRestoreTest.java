package dev.raftsman.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.raftsman.archiver.ArchivedCluster;
import dev.raftsman.archiver.FastDirectory;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.EpochState;
import dev.raftsman.catalog.EpochView;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.StreamView;
import dev.raftsman.cluster.Cluster;
import dev.raftsman.cluster.TestState;
import dev.raftsman.event.LossReason;
import dev.raftsman.lake.LakeSample;
import dev.raftsman.objects.DirectoryObjectStore;
import dev.raftsman.policy.RetentionFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.assertj.core.groups.Tuple;
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
                                .map(s -> Tuple.tuple(s.stream(), s.state(), s.ranges()))
                                .toList());
            }
        }
    }

    /** Of producer "gone": g0 and g1 archived, g2 to g4 known to the archive, g5 not, its end neither. */
    private long archiveOfOneThatEndedLater() throws Exception {
        long gone = lost.open("gone", "ends");
        lost.append(gone, "g0", "g1");
        lost.seal("ends");
        lost.append(gone, "g2", "g3", "g4");
        ArchivedCluster.archive(lost, archive, temporary.resolve("staging-1"));
        lost.append(gone, "g5");
        lost.execute(new Command.Close(gone, 5, LossReason.NONE, 0));
        return gone;
    }

    private AbsentProducers absent() throws IOException {
        return AbsentProducers.of(cluster.catalog(), read());
    }

    @Test
    void aProducerThatDoesNotComeIsSettledWithWhatTheArchiveKnowsOfIt() throws Exception {
        long gone = archiveOfOneThatEndedLater();
        new ClusterRestore(cluster, read()).run(lost.nowMillis());
        assertThat(row("ends").state()).isEqualTo(EpochState.OPEN);
        assertThat(row("ends").missing()).as("for ever, if nobody settles it").isEqualTo(3);
        cluster.open("shop", "orders");
        cluster.continueAt(orders, 3);
        cluster.append(orders, "o3");

        AbsentProducers absent = absent();
        assertThat(absent.absent())
                .extracting(
                        each -> each.epoch().producer(), AbsentProducers.Absent::stream, AbsentProducers.Absent::lost)
                .containsExactly(Tuple.tuple("probe", "disk-probe", 0L), Tuple.tuple("gone", "ends", 3L));
        assertThat(absent.abandon(cluster)).isEmpty();
        assertThat(absent.abandon(cluster)).as("run again").isEmpty();
        assertThat(absent().absent()).isEmpty();
        Audit.Row row = row("ends");
        assertThat(row.state()).isEqualTo(EpochState.ABANDONED);
        assertThat(row.events()).isEqualTo(2);
        assertThat(row.gapReasons()).isEqualTo(Map.of(LossReason.CLUSTER_LOSS, 3L));
        assertThat(row.missing() + row.duplicated()).isZero();
        assertThat(row("orders").state()).isEqualTo(EpochState.OPEN);

        // It was only late, and holds g4 and g5: g4 was declared, g5 was unknown to everybody.
        assertThat(cluster.open("gone", "ends")).isEqualTo(gone);
        cluster.continueAt(gone, 5);
        cluster.append(gone, "g5");
        cluster.execute(new Command.Close(gone, 5, LossReason.NONE, 0));
        assertThat(row("ends").state()).isEqualTo(EpochState.CLOSED);
        assertThat(row("ends").events()).isEqualTo(3);
        assertThat(row("ends").missing() + row("ends").duplicated()).isZero();
    }

    @Test
    void whoComesWhileItIsBeingSettledIsLeftAlone() throws Exception {
        long gone = archiveOfOneThatEndedLater();
        new ClusterRestore(cluster, read()).run(lost.nowMillis());
        AbsentProducers absent = absent();
        cluster.continueAt(gone, 2);
        cluster.append(gone, "g2", "g3");
        assertThat(absent.abandon(cluster))
                .extracting(each -> each.epoch().epoch())
                .containsExactly(gone);
        assertThat(row("ends").state()).isEqualTo(EpochState.OPEN);
        assertThat(row("ends").events()).isEqualTo(4);
    }

    @Test
    void whatWasSettledIsStillSettledAfterTheNextLoss() throws Exception {
        long gone = archiveOfOneThatEndedLater();
        new ClusterRestore(cluster, read()).run(lost.nowMillis());
        absent().abandon(cluster);
        cluster.seal("ends");
        ArchivedCluster.archive(cluster, archive, temporary.resolve("staging-2"));
        try (TestState third = new TestState(temporary.resolve("third"), cluster.nowMillis())) {
            new ClusterRestore(third, read()).run(lost.nowMillis());
            assertThat(third.catalog().epoch(gone).orElseThrow().state()).isEqualTo(EpochState.ABANDONED);
            assertThat(third.catalog().epoch(gone).orElseThrow().last()).isEqualTo(4);
            assertThat(third.catalog().restored().declared()).noneMatch(range -> range.epoch() == gone);
        }
    }

    @Test
    void settlesNothingOfAClusterThatWasNotRestoredFromThere() throws Exception {
        assertThatThrownBy(this::absent).hasMessageContaining("was not restored from " + read().source());
        ClusterRestore dying = new ClusterRestore(dyingAfter(cluster, 2), read());
        assertThatThrownBy(() -> dying.run(lost.nowMillis())).hasMessage("killed");
        assertThatThrownBy(this::absent).hasMessageContaining("not through: run it again first");
    }

    @Test
    void saysWhatToDoWhereTheArchiveGrewInTheMiddleOfARestore() throws Exception {
        ClusterRestore dying = new ClusterRestore(dyingAfter(cluster, 2), read());
        assertThatThrownBy(() -> dying.run(lost.nowMillis())).hasMessage("killed");
        lost.seal("orders");
        ArchivedCluster.archive(lost, archive, temporary.resolve("staging-1"));
        assertThatThrownBy(() -> new ClusterRestore(cluster, read()).run(lost.nowMillis()))
                .isInstanceOf(ClusterRestore.RefusedException.class)
                .hasMessageContaining("empty their data directories, start them again, and restore anew");
        try (TestState anew = new TestState(temporary.resolve("anew"), lost.nowMillis())) {
            new ClusterRestore(anew, read()).run(lost.nowMillis());
            assertThat(anew.catalog().epoch(orders).orElseThrow().last()).isEqualTo(5);
        }
    }

    /** Snapshot of "ledger" after l0 and l1; l2 came later, like the end of it. */
    private String snapshotOfALedger() throws Exception {
        long ledger = lost.open("bank", "ledger");
        lost.append(ledger, "l0", "l1");
        ArchivedCluster.archive(lost, archive, temporary.resolve("staging-1"));
        lost.append(ledger, "l2");
        lost.execute(new Command.Close(ledger, 2, LossReason.NONE, 0));
        lost.seal("ledger");
        return lost.catalog().snapshots().get(0).id();
    }

    @Test
    void aSnapshotBecomesAClusterOfItsStreamsAlone() throws Exception {
        String id = snapshotOfALedger();
        try (DirectoryObjectStore store = DirectoryObjectStore.openExisting(archive)) {
            List<LostCluster.Archive> archives = List.of(new LostCluster.Archive("cold", store));
            assertThatThrownBy(() -> LostCluster.holding("ledger-0", archives)).hasMessageContaining("there are " + id);
            LostCluster snapshot = LostCluster.ofSnapshot(LostCluster.holding(id, archives), id);
            assertThat(new ClusterRestore(cluster, snapshot).run(lost.nowMillis()))
                    .isTrue();
            assertThat(new ClusterRestore(cluster, snapshot).run(lost.nowMillis()))
                    .isFalse();
            assertThat(AbsentProducers.of(cluster.catalog(), snapshot).absent())
                    .as("waited for")
                    .hasSize(1);
        }
        assertThatThrownBy(() -> new ClusterRestore(cluster, read()).run(lost.nowMillis()))
                .hasMessageContaining("restored from another archive: from snapshot " + id);
        CatalogView catalog = cluster.catalog();
        assertThat(catalog.streams()).extracting(StreamView::stream).containsExactly("ledger");
        EpochView ledger = catalog.epochs().get(0);
        assertThat(ledger.state()).as("as it was then").isEqualTo(EpochState.OPEN);
        assertThat(ledger.last()).isEqualTo(1);
        Audit.Row row = row("ledger");
        assertThat(row.events()).isEqualTo(2);
        assertThat(row.missing() + row.duplicated()).isZero();

        // Its producer goes on, once.
        assertThat(cluster.open("bank", "ledger")).isEqualTo(ledger.epoch());
        cluster.continueAt(ledger.epoch(), 2);
        cluster.append(ledger.epoch(), "l2");
        cluster.seal("ledger");
        assertThat(row("ledger").events()).isEqualTo(3);
        assertThat(row("ledger").missing() + row("ledger").duplicated()).isZero();

        // The old archive is no place for it, one of its own is.
        assertThatThrownBy(() -> ArchivedCluster.archive(cluster, archive, temporary.resolve("staging-2")))
                .isInstanceOf(AssertionError.class);
        assertThat(cluster.catalog().segments())
                .filteredOn(segment -> segment.state() == SegmentState.SEALED)
                .hasSize(1);
        Path fresh = temporary.resolve("fresh");
        ArchivedCluster.archive(
                cluster,
                RetentionFile.read(
                        "retention.yaml", """
                        targets: {cold: {type: directory, path: "%s"}, fresh: {type: directory, path: "%s"}}
                        defaults: {to: fresh, keepHot: {age: 0s}}
                        policies: [{name: rest}]
                        """.formatted(archive, fresh).getBytes(StandardCharsets.UTF_8)),
                temporary.resolve("staging-3"));
        assertThat(cluster.catalog().segments()).allMatch(segment -> segment.state() == SegmentState.ARCHIVED);
        try (StreamReader reader = StreamReader.open(List.of(
                new ColdArchive("cold", DirectoryObjectStore.openExisting(archive)),
                new ColdArchive("fresh", DirectoryObjectStore.openExisting(fresh))))) {
            StreamReader.StreamName name = new StreamReader.StreamName(TestState.TENANT, "ledger");
            assertThat(reader.audit(Set.of(name)).events()).isEqualTo(3);
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
