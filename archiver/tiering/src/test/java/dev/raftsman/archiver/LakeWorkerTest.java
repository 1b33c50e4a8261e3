package dev.raftsman.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.archive.ArchiveListener;
import dev.raftsman.archive.ColdTargets;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.cluster.TestState;
import dev.raftsman.lake.LakeListener;
import dev.raftsman.lake.LakeReaders;
import dev.raftsman.lake.LakeSample;
import dev.raftsman.objects.DirectoryObjectStore;
import dev.raftsman.objects.ObjectStore;
import dev.raftsman.policy.Decision;
import dev.raftsman.policy.RetentionFile;
import dev.raftsman.policy.RetentionPolicies;
import dev.raftsman.policy.Target;
import dev.raftsman.restore.ColdArchive;
import dev.raftsman.segment.SegmentId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Archived, then exported: killed and failing at every step of the export, beside the archiver's own work. */
@Tag("long")
class LakeWorkerTest {
    private static final Predicate<SegmentView> ALL = segment -> true;

    @TempDir(factory = FastDirectory.class)
    Path temporary;

    private TestState cluster;
    private RetentionPolicies policies;
    private Path archive;
    private final List<String> failed = new ArrayList<>();
    private final LakeListener listener = new LakeListener() {
        @Override
        public void exported(SegmentId segment, long rows, long bytes) {}

        @Override
        public void failed(String what) {
            failed.add(what);
        }
    };

    private static final ArchiveListener NOBODY = new ArchiveListener() {
        @Override
        public void done(Decision decision) {}

        @Override
        public void stored(String target, long bytes) {}

        @Override
        public void failed(String step) {
            throw new AssertionError(step);
        }

        @Override
        public void mismatch() {
            throw new AssertionError("mismatch");
        }
    };

    @BeforeEach
    void begin() throws Exception {
        cluster = new TestState(temporary.resolve("state"), LakeSample.NOON_MILLIS);
        into("archive");
        new LakeSample(cluster).fill();
        archive();
    }

    @AfterEach
    void end() {
        cluster.close();
    }

    private void into(String directory) throws Exception {
        archive = temporary.resolve(directory);
        policies = RetentionFile.read("retention.yaml", """
                targets: {cold: {type: directory, path: "%s"}}
                policies: [{name: rest, to: cold, keepHot: {age: 0s}}]
                """.formatted(archive).getBytes(StandardCharsets.UTF_8));
    }

    private void archive() throws IOException {
        Clock clock = Clock.fixed(Instant.ofEpochMilli(cluster.nowMillis()), ZoneOffset.UTC);
        try (ColdTargets targets = new ColdTargets(policies, Target::open)) {
            RetentionRound.open(policies, cluster, targets, "a", temporary.resolve("staging"), clock, NOBODY)
                    .run();
        }
        assertThat(cluster.catalog().segments()).allMatch(segment -> segment.state() == SegmentState.ARCHIVED);
    }

    private LakeWorker worker(Steps steps, Predicate<SegmentView> wanted) {
        return new LakeWorker(
                policies, wanted, target -> steps.of(target.open()), temporary.resolve("lake"), () -> true, listener);
    }

    private Set<LakeSample.Row> expected() throws IOException {
        return LakeSample.rows(List.of(new ColdArchive("cold", DirectoryObjectStore.openExisting(archive))));
    }

    private void assertEveryEventIsInTheTableOnce() throws IOException {
        try (ObjectStore store = DirectoryObjectStore.openExisting(archive)) {
            assertThat(LakeReaders.byKernel(store, TestState.TENANT, temporary))
                    .containsExactlyInAnyOrderElementsOf(expected());
        }
    }

    @Test
    void addsEverySegmentOnceWhereverItIsKilled() throws Exception {
        int at = 0;
        for (boolean killed = true; killed; at++) {
            // What is archived stays; the lake begins anew beside it.
            deleteLake();
            Steps steps = new Steps(at, Steps.KILL);
            try (LakeWorker worker = worker(steps, ALL)) {
                worker.step();
            } catch (Steps.Killed e) {
                assertThat(e).isNotNull();
            }
            killed = steps.happened();
            try (LakeWorker next = worker(new Steps(Integer.MAX_VALUE, Steps.KILL), ALL)) {
                next.step();
            }
            assertEveryEventIsInTheTableOnce();
        }
        assertThat(at).as("steps of a whole export").isGreaterThan(15);
    }

    @Test
    void goesOnByItselfAfterAFailureOrALostAnswerOfAnyStep() throws Exception {
        int at = 0;
        for (boolean happened = true; happened; at++) {
            deleteLake();
            Steps steps = new Steps(at, () -> {
                throw new IOException("connection reset");
            });
            try (LakeWorker worker = worker(steps, ALL)) {
                worker.step();
                worker.step();
                worker.step();
            }
            happened = steps.happened();
            assertEveryEventIsInTheTableOnce();
        }
        assertThat(failed).isNotEmpty();
    }

    @Test
    void anotherExporterAtAnyStepAddsNothingTwice() throws Exception {
        int at = 0;
        for (boolean happened = true; happened; at += 2) {
            deleteLake();
            Steps steps = new Steps(at, () -> {
                try (LakeWorker other =
                        new LakeWorker(policies, ALL, Target::open, temporary.resolve("other"), () -> true, listener)) {
                    other.step();
                }
            });
            try (LakeWorker worker = worker(steps, ALL)) {
                worker.step();
                worker.step();
            }
            happened = steps.happened();
            assertEveryEventIsInTheTableOnce();
        }
    }

    private void deleteLake() throws IOException {
        try (ObjectStore store = DirectoryObjectStore.open(archive)) {
            List<dev.raftsman.objects.ObjectKey> keys = new ArrayList<>();
            store.list("lake/", info -> keys.add(info.key()));
            for (dev.raftsman.objects.ObjectKey key : keys) {
                store.delete(key);
            }
        }
    }

    @Test
    void exportsOnlyWhatAPolicyWantsAndLooksOnlyWhenSomethingWasArchived() throws Exception {
        Steps counted = new Steps(Integer.MAX_VALUE, Steps.KILL);
        try (LakeWorker worker = worker(counted, segment -> segment.stream().equals("orders"))) {
            worker.step();
            int first = counted.taken();
            worker.step();
            assertThat(counted.taken() - first).as("requests without news").isLessThan(3);
        }
        try (ObjectStore store = DirectoryObjectStore.openExisting(archive)) {
            assertThat(LakeReaders.byKernel(store, TestState.TENANT, temporary))
                    .containsExactlyInAnyOrderElementsOf(expected().stream()
                            .filter(row -> row.stream().equals("orders"))
                            .toList());
        }
    }

    @Test
    void doesNothingWhileAnotherArchiverActs() throws Exception {
        try (LakeWorker worker =
                new LakeWorker(policies, ALL, Target::open, temporary.resolve("lake"), () -> false, listener)) {
            worker.step();
        }
        assertThat(archive.resolve("lake")).doesNotExist();
    }
}
