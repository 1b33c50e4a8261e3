package dev.raftsman.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.archive.ColdTargets;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.cluster.Cluster;
import dev.raftsman.cluster.SegmentUnavailableException;
import dev.raftsman.cluster.TestState;
import dev.raftsman.objects.DirectoryObjectStore;
import dev.raftsman.policy.RetentionFile;
import dev.raftsman.policy.RetentionPolicies;
import dev.raftsman.policy.Target;
import dev.raftsman.segment.SegmentId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A segment that no collector sends whole. */
class UnavailableSegmentTest {
    private static final long START_MILLIS = 1_790_000_000_000L;
    private static final long MINUTE = TimeUnit.MINUTES.toMillis(1);

    @TempDir(factory = FastDirectory.class)
    Path temporary;

    private TestState cluster;
    private RetentionPolicies policies;
    private final Set<SegmentId> damaged = new HashSet<>();
    private final List<SegmentId> asked = new ArrayList<>();
    private final RecordingListener listener = new RecordingListener();
    private RetentionRound round;

    /** The real one, whose nodes have no good copy of some segments. */
    private final class WithoutGoodCopies implements Cluster {
        @Override
        public CatalogView catalog() {
            return cluster.catalog();
        }

        @Override
        public CommandResult execute(Command command) {
            return cluster.execute(command);
        }

        @Override
        public void fetch(SegmentView segment, Path file) throws IOException {
            asked.add(segment.id());
            if (damaged.contains(segment.id())) {
                throw new SegmentUnavailableException(segment.id(), new IOException("503 this copy is damaged"));
            }
            cluster.fetch(segment, file);
        }

        @Override
        public void close() {
            // The test's.
        }
    }

    @BeforeEach
    void begin() throws Exception {
        cluster = new TestState(temporary.resolve("state"), START_MILLIS);
        policies = RetentionFile.read(
                "retention.yaml", """
                targets: {cold: {type: directory, path: "%s"}}
                policies: [{name: rest, to: cold, keepHot: {age: 10m}}]
                """.formatted(temporary.resolve("archive")).getBytes(StandardCharsets.UTF_8));
        round = RetentionRound.open(
                policies,
                new WithoutGoodCopies(),
                new ColdTargets(policies, Target::open),
                "archiver",
                temporary.resolve("staging"),
                new HandClocks(cluster),
                listener);
    }

    @AfterEach
    void end() {
        cluster.close();
    }

    private List<SegmentView> written(String stream, int segments) {
        long epoch = cluster.open("producer-of-" + stream, stream);
        for (int i = 0; i < segments; i++) {
            cluster.append(epoch, stream + " " + i);
            cluster.seal(stream);
        }
        return cluster.catalog().segments().stream()
                .filter(segment -> segment.stream().equals(stream) && segment.state() == SegmentState.SEALED)
                .toList();
    }

    private void rounds(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            cluster.advance(MINUTE);
            assertThat(round.run()).isEqualTo(RetentionRound.Outcome.DONE);
        }
    }

    private List<SegmentId> hot() {
        return cluster.catalog().segments().stream()
                .filter(segment -> segment.state() == SegmentState.SEALED)
                .map(SegmentView::id)
                .toList();
    }

    @Test
    void keepsNoOtherSegmentOfItsTargetFromBeingArchivedAndIsToldOf() throws Exception {
        SegmentId bad = written("a-orders", 1).get(0).id();
        written("b-orders", 1);
        damaged.add(bad);
        rounds(12);
        assertThat(hot()).containsExactly(bad);
        assertThat(listener.unavailable).isOne();
        assertThat(listener.failed).contains("fetch").doesNotContain("archive", "resume");
        assertThat(listener.outageSeconds.get("cold")).isZero();

        written("a-orders", 2); // What comes later is not kept either.
        rounds(12);
        assertThat(hot()).containsExactly(bad);
    }

    @Test
    void leavesTheObjectThatItWasToShareAfterAFewTries() throws Exception {
        SegmentId bad = written("orders", 5).get(2).id();
        damaged.add(bad);
        rounds(20);
        assertThat(hot()).containsExactly(bad);
        assertThat(cluster.catalog().segment(bad).orElseThrow().sha256()).isNotNull();
    }

    @Test
    void isAskedForEverMoreSeldomAndArchivedOnceACollectorHasIt() throws Exception {
        SegmentId bad = written("orders", 1).get(0).id();
        damaged.add(bad);
        rounds(200);
        assertThat(asked).hasSizeBetween(7, 10);
        damaged.clear();
        rounds(64);
        assertThat(hot()).isEmpty();
        assertThat(listener.unavailable).isZero();
        try (DirectoryObjectStore store = DirectoryObjectStore.openExisting(temporary.resolve("archive"))) {
            List<String> keys = new ArrayList<>();
            store.list("segments/", info -> keys.add(info.key().value()));
            assertThat(keys).hasSize(1);
        }
    }

    @Test
    void isMissedNoMoreOnceAPolicyHasGivenItUp() throws Exception {
        SegmentView bad = written("orders", 1).get(0);
        damaged.add(bad.id());
        rounds(12);
        assertThat(listener.unavailable).isOne();
        cluster.execute(new Command.Abort(
                "archiver",
                cluster.catalog().segment(bad.id()).orElseThrow().prepared().token()));
        Command given = new Command.Truncate("archiver", List.of(bad.ref()), "rest", "", policies.hash(), false, 0);
        assertThat(cluster.execute(given).ok()).isTrue();
        rounds(1);
        assertThat(listener.unavailable).isZero();
    }
}
