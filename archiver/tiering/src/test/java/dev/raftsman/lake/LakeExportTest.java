package dev.raftsman.lake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.raftsman.archiver.FastDirectory;
import dev.raftsman.cluster.TestState;
import dev.raftsman.objects.DirectoryObjectStore;
import dev.raftsman.objects.ObjectKey;
import dev.raftsman.objects.ObjectStore;
import dev.raftsman.objects.S3ObjectStore;
import dev.raftsman.objects.S3ProxyProcess;
import dev.raftsman.restore.HotCluster;
import io.delta.kernel.data.ColumnarBatch;
import io.delta.kernel.data.FilteredColumnarBatch;
import io.delta.kernel.internal.actions.SetTransaction;
import io.delta.kernel.types.StructType;
import io.delta.kernel.utils.CloseableIterator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("long")
class LakeExportTest {
    @TempDir(factory = FastDirectory.class)
    Path temporary;

    private TestState cluster;
    private LakeSample sample;

    @BeforeEach
    void begin() throws IOException {
        cluster = new TestState(temporary.resolve("state"), LakeSample.NOON_MILLIS);
        sample = new LakeSample(cluster);
    }

    @AfterEach
    void end() {
        cluster.close();
    }

    private Set<LakeSample.Row> expected() throws IOException {
        return LakeSample.rows(List.of(new HotCluster(cluster, temporary.resolve("cache"))));
    }

    private LakeExport export(ObjectStore store, String name) throws IOException {
        return LakeExport.open(store, temporary.resolve("staging-" + name), LakeListener.NOBODY);
    }

    private LakeExport.Outcome export(ObjectStore store, Collection<LakeExport.Archived> archived) throws IOException {
        try (LakeExport export = export(store, "once")) {
            return export.run(archived);
        }
    }

    private void assertTableIs(Set<LakeSample.Row> expected, ObjectStore store) throws Exception {
        List<LakeSample.Row> byKernel = LakeReaders.byKernel(store, TestState.TENANT, temporary);
        assertThat(byKernel).containsExactlyInAnyOrderElementsOf(expected);
        try (LakeReaders.Duck duck =
                LakeReaders.Duck.over(store, TestState.TENANT, temporary.resolve("duck-" + System.nanoTime()))) {
            assertThat(duck.ask("SELECT count(*), count(DISTINCT (epoch, sequence)) FROM events"))
                    .containsExactly(expected.size() + "|" + expected.size());
            assertThat(duck.ask("SELECT level, count(*) FROM events GROUP BY level"))
                    .containsExactlyInAnyOrderElementsOf(count(expected));
            assertThat(duck.ask("SELECT stream, epoch, sequence, epoch_us(time), date, logger, throwable IS NULL,"
                            + " attributes['attempt'], labels['env'] FROM events"
                            + " WHERE message = 'order 30 für Kunde 12'"))
                    .containsExactlyElementsOf(expected.stream()
                            .filter(row -> row.message().equals("order 30 für Kunde 12"))
                            .map(row -> String.join(
                                    "|",
                                    row.stream(),
                                    Long.toString(row.epoch()),
                                    Long.toString(row.sequence()),
                                    Long.toString(row.timeMicros()),
                                    row.date(),
                                    row.logger(),
                                    Boolean.toString(row.throwable() == null),
                                    row.attributes().get("attempt"),
                                    row.labels().get("env")))
                            .toList())
                    .hasSize(1);
        }
    }

    private static List<String> count(Set<LakeSample.Row> rows) {
        Map<String, Integer> counts = new TreeMap<>();
        rows.forEach(row -> counts.merge(String.valueOf(row.level()), 1, Integer::sum));
        List<String> lines = new ArrayList<>();
        counts.forEach((level, count) -> lines.add(level + "|" + count));
        return lines;
    }

    @Test
    void othersReadFromADirectoryWhatTheArchiveHolds() throws Exception {
        sample.fill();
        try (ObjectStore store = DirectoryObjectStore.open(temporary.resolve("archive"))) {
            LakeExport.Outcome outcome = export(store, sample.archived());
            assertThat(outcome.segments()).isEqualTo(4);
            assertThat(outcome.rows()).isEqualTo(expected().size());
            assertTableIs(expected(), store);
        }
    }

    @Test
    void othersReadFromS3WhatTheArchiveHolds() throws Exception {
        sample.fill();
        try (S3ProxyProcess server = S3ProxyProcess.start(temporary.resolve("server"));
                ObjectStore store = S3ObjectStore.open(server.bucket("lake"))) {
            export(store, sample.archived());
            export(store, sample.archived());
            assertTableIs(expected(), store);
        }
    }

    @Test
    void addsOnlyWhatIsNewWheneverAndInWhateverOrderItWasArchived() throws Exception {
        sample.fill();
        List<LakeExport.Archived> archived = sample.archived();
        try (ObjectStore store = DirectoryObjectStore.open(temporary.resolve("archive"))) {
            // The later segment of the stream first: one that was archived after it must not be passed over.
            assertThat(export(store, archived.subList(1, 2)).segments()).isOne();
            assertThat(export(store, archived).segments()).isEqualTo(3);
            assertThat(export(store, archived).segments()).isZero();
            assertTableIs(expected(), store);
        }
    }

    @Test
    void keepsItsAccountOverTheCheckpointsOfTheLog() throws Exception {
        long orders = cluster.open("shop", "orders");
        try (ObjectStore store = DirectoryObjectStore.open(temporary.resolve("archive"));
                LakeExport one = export(store, "one")) {
            for (int i = 0; i < 12; i++) {
                sample.events(orders, 3, LakeSample.NOON_MILLIS * 1_000_000);
                cluster.seal("orders");
                assertThat(one.run(sample.archived()).segments()).isOne();
            }
            assertThat(store.head(ObjectKey.of("lake", TestState.TENANT, "_delta_log", "_last_checkpoint")))
                    .isPresent();
            // Another one knows nothing but the log, whose first versions are only in the checkpoint for it.
            store.delete(ObjectKey.of("lake", TestState.TENANT, "_delta_log", "00000000000000000003.json"));
            assertThat(export(store, sample.archived()).segments()).isZero();
            assertThat(LakeReaders.byKernel(store, TestState.TENANT, temporary))
                    .containsExactlyInAnyOrderElementsOf(expected());
        }
    }

    @Test
    void neverPublishesACheckpointWhoseMakingBrokeOff() throws Exception {
        long orders = cluster.open("shop", "orders");
        Path base = temporary.resolve("base");
        try (ObjectStore store = DirectoryObjectStore.open(base);
                LakeExport one = export(store, "one")) {
            for (int i = 0; i < 11; i++) {
                sample.events(orders, 2, LakeSample.NOON_MILLIS * 1_000_000);
                cluster.seal("orders");
                if (i < 10) {
                    one.run(sample.archived());
                }
            }
        }
        Set<LakeSample.Row> expected = expected();
        int published = 0;
        int broken = 0;
        FailingReads reads;
        int at = 0;
        do { // The export that makes the checkpoint, with another read failing each time.
            Path copy = temporary.resolve("copy-" + at);
            copy(base, copy);
            reads = new FailingReads(DirectoryObjectStore.open(copy), at++);
            try (LakeExport two = LakeExport.open(reads, temporary.resolve("two"), LakeListener.NOBODY)) {
                two.run(sample.archived());
            } catch (IOException e) {
                assertThat(e).hasMessageContaining("connection reset");
            }
            try (ObjectStore store = DirectoryObjectStore.open(copy)) {
                boolean there = store.head(ObjectKey.of(
                                "lake", TestState.TENANT, "_delta_log", "00000000000000000010.checkpoint.parquet"))
                        .isPresent();
                published += there ? 1 : 0;
                broken += there ? 0 : 1;
                export(store, sample.archived());
                assertThat(LakeReaders.byKernel(store, TestState.TENANT, temporary))
                        .as("read %d failed", at - 1)
                        .containsExactlyInAnyOrderElementsOf(expected);
            }
        } while (reads.failed());
        assertThat(broken).as("reads on which the checkpoint depends").isGreaterThan(5);
        assertThat(published).isPositive();
        assertThat(temporary.resolve("two")).isEmptyDirectory();
    }

    @Test
    void aCheckpointThatBreaksOffInTheMiddleGetsNoName() throws Exception {
        sample.fill();
        try (ObjectStore store = DirectoryObjectStore.open(temporary.resolve("archive"))) {
            export(store, sample.archived());
            StoreEngine engine = new StoreEngine(store, temporary);
            String log = StoreFileIO.path("lake/" + TestState.TENANT + "/_delta_log/");
            CloseableIterator<ColumnarBatch> first = engine.getJsonHandler()
                    .readJsonFiles(
                            engine.getFileSystemClient().listFrom(log + "00000000000000000000.json"),
                            new StructType().add("txn", SetTransaction.FULL_SCHEMA),
                            Optional.empty());
            CloseableIterator<FilteredColumnarBatch> breaksOff =
                    first.map(batch -> new FilteredColumnarBatch(batch, Optional.empty()));
            CloseableIterator<FilteredColumnarBatch> failing = new CloseableIterator<>() {
                private boolean given;

                @Override
                public boolean hasNext() {
                    if (given) {
                        throw new UncheckedIOException(new IOException("connection reset"));
                    }
                    return true;
                }

                @Override
                public FilteredColumnarBatch next() {
                    given = true;
                    assertThat(breaksOff.hasNext()).isTrue();
                    return breaksOff.next();
                }

                @Override
                public void close() throws IOException {
                    breaksOff.close();
                }
            };
            assertThatThrownBy(() -> engine.getParquetHandler()
                            .writeParquetFileAtomically(log + "00000000000000000000.checkpoint.parquet", failing))
                    .hasMessageContaining("connection reset");
            assertThat(store.head(ObjectKey.of(
                            "lake", TestState.TENANT, "_delta_log", "00000000000000000000.checkpoint.parquet")))
                    .isEmpty();
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (var all = Files.walk(from)) {
            for (Path path : all.toList()) {
                Path target = to.resolve(from.relativize(path).toString());
                if (Files.isDirectory(path)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(path, target);
                }
            }
        }
    }

    @Test
    void twoExportersAtOnceAddEverySegmentOnce() throws Exception {
        long orders = cluster.open("shop", "orders");
        ExecutorService threads = Executors.newFixedThreadPool(3);
        try (ObjectStore store = DirectoryObjectStore.open(temporary.resolve("archive"));
                LakeExport a = export(store, "a");
                LakeExport b = export(store, "b");
                LakeExport c = export(store, "c")) {
            for (int round = 0; round < 4; round++) {
                for (int i = 0; i < 3; i++) {
                    sample.events(orders, 5, LakeSample.NOON_MILLIS * 1_000_000);
                    cluster.seal("orders");
                }
                List<LakeExport.Archived> archived = sample.archived();
                CyclicBarrier together = new CyclicBarrier(3);
                List<Future<LakeExport.Outcome>> outcomes = new ArrayList<>();
                for (LakeExport export : List.of(a, b, c)) {
                    Callable<LakeExport.Outcome> run = () -> {
                        together.await();
                        return export.run(archived);
                    };
                    outcomes.add(threads.submit(run));
                }
                int added = 0;
                for (Future<LakeExport.Outcome> outcome : outcomes) {
                    added += outcome.get().segments();
                }
                assertThat(added).isEqualTo(3);
            }
            assertThat(LakeReaders.byKernel(store, TestState.TENANT, temporary))
                    .containsExactlyInAnyOrderElementsOf(expected());
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void leavesOutASegmentThatCannotBeReadAndTakesItLater() throws Exception {
        sample.fill();
        List<LakeExport.Archived> archived = sample.archived();
        List<LakeExport.Archived> first = new ArrayList<>(archived);
        first.set(0, new LakeExport.Archived(archived.get(0).segment(), () -> {
            throw new IOException("connection reset");
        }));
        try (ObjectStore store = DirectoryObjectStore.open(temporary.resolve("archive"))) {
            LakeExport.Outcome outcome = export(store, first);
            assertThat(outcome.segments()).isEqualTo(3);
            assertThat(outcome.failed()).isOne();
            export(store, archived);
            assertTableIs(expected(), store);
        }
        assertThat(temporary.resolve("staging-once")).isEmptyDirectory();
    }

    @Test
    void filesTheEventsOfEveryDayAndKeepsFewOpen() throws Exception {
        long orders = cluster.open("shop", "orders");
        long day = Duration.ofDays(1).toNanos();
        for (int i = 0; i < 30; i++) {
            sample.events(orders, 2, LakeSample.NOON_MILLIS * 1_000_000 + i * 7 % 10 * day);
        }
        cluster.seal("orders");
        LakeExport.Archived segment = sample.archived().get(0);
        List<DayFile> made;
        try (SegmentFiles files = new SegmentFiles(temporary, 9)) {
            made = files.make("all", segment.opener());
        }
        assertThat(made).hasSize(10);
        assertThat(made).filteredOn(file -> file.day().isPresent()).hasSize(9);
        assertThat(made.stream().mapToLong(DayFile::rows).sum()).isEqualTo(60);
        assertThat(made).allSatisfy(file -> assertThat(file.rows()).isEqualTo(6));

        Set<String> digests = new HashSet<>();
        made.forEach(file -> digests.add(file.sha256()));
        try (SegmentFiles files = new SegmentFiles(temporary, 9)) {
            assertThat(files.make("again", segment.opener()))
                    .allSatisfy(file -> assertThat(digests).contains(file.sha256()));
        }
        try (ObjectStore store = DirectoryObjectStore.open(temporary.resolve("archive"))) {
            export(store, sample.archived());
            assertThat(LakeReaders.byKernel(store, TestState.TENANT, temporary))
                    .containsExactlyInAnyOrderElementsOf(expected());
        }
    }

    @Test
    void neverTakesAFileForItsOwnThatHasOtherBytes() throws Exception {
        sample.fill();
        try (ObjectStore store = DirectoryObjectStore.open(temporary.resolve("archive"))) {
            export(store, sample.archived());
            String key = LakeReaders.filesOfLog(store, TestState.TENANT).get(0);
            try (ObjectStore other = DirectoryObjectStore.open(temporary.resolve("other"))) {
                other.putIfAbsent(new ObjectKey(key), new byte[] {1});
                assertThatThrownBy(() -> export(other, sample.archived())).hasMessageContaining("other bytes");
                assertThat(LakeReaders.filesOfLog(other, TestState.TENANT)).isEmpty();
            }
        }
    }

    @Test
    void saysWhatIsInTheTableAndWhatWaits() throws Exception {
        sample.fill();
        List<LakeExport.Archived> archived = sample.archived();
        try (ObjectStore store = DirectoryObjectStore.open(temporary.resolve("archive"));
                LakeExport export = export(store, "status")) {
            LakeExport.Status before = export.status(archived).get(0);
            assertThat(before.version()).isEqualTo(-1);
            assertThat(before.waiting()).isEqualTo(4);
            export(store, archived.subList(0, 3));
            LakeExport.Status after = export.status(archived).get(0);
            assertThat(after.version()).isZero();
            assertThat(after.segments()).isEqualTo(3);
            assertThat(after.waiting()).isOne();
            assertThat(after.files())
                    .isEqualTo(LakeReaders.filesOfLog(store, TestState.TENANT).size());
        }
    }
}
