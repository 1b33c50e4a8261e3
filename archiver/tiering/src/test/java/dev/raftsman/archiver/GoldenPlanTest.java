package dev.raftsman.archiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.raftsman.archive.ColdTargets;
import dev.raftsman.block.Labels;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.SnapshotView;
import dev.raftsman.catalog.StreamView;
import dev.raftsman.cluster.LevelBlocks;
import dev.raftsman.cluster.TestState;
import dev.raftsman.event.Level;
import dev.raftsman.objects.DirectoryObjectStore;
import dev.raftsman.policy.CostEstimate;
import dev.raftsman.policy.Decision;
import dev.raftsman.policy.Explanation;
import dev.raftsman.policy.PlanFile;
import dev.raftsman.policy.RetentionFile;
import dev.raftsman.policy.RetentionPlan;
import dev.raftsman.policy.RetentionPolicies;
import dev.raftsman.policy.StoreFacts;
import dev.raftsman.policy.Target;
import dev.raftsman.restore.ColdArchive;
import dev.raftsman.restore.HotCluster;
import dev.raftsman.restore.StreamReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Thirteen streams of different levels, labels, sizes and ages through every kind of policy: the plan is the one in {@code
 * golden/retention-plan.txt}, and what is hot, cold and gone afterwards is what the plan says. With {@code
 * -Dgolden.write=true} the file is written anew, to be read before it is committed.
 */
class GoldenPlanTest {
    private static final long START_MILLIS = 1_790_000_000_000L;
    private static final long HOUR = TimeUnit.HOURS.toMillis(1);
    private static final long DAY = 24 * HOUR;
    private static final Path GOLDEN = Path.of("src/test/resources/golden/retention-plan.txt");

    @TempDir(factory = FastDirectory.class)
    Path temporary;

    private TestState cluster;
    private LevelBlocks events;
    private HandClocks clocks;
    private RetentionPolicies policies;
    private final RecordingListener listener = new RecordingListener();

    @BeforeEach
    void begin() throws Exception {
        cluster = new TestState(temporary.resolve("state"), START_MILLIS);
        events = new LevelBlocks(cluster);
        clocks = new HandClocks(cluster);
        policies = RetentionFile.read("retention.yaml", """
                version: 1
                targets:
                  cold: {type: directory, path: "%1$s/cold", prices: {gibMonth: 10, thousandPuts: 5, thousandGets: 1}}
                  deep: {type: directory, path: "%1$s/deep"}
                defaults: {to: cold}
                policies:
                  - name: of-tests
                    match: {labels: {env: "te*"}}
                    keepHot: {age: 1h}
                    then: truncate
                    grace: 8h
                  - name: chatter
                    match: {stream: "*-probe"}
                    keepHot: {age: 24h}
                    then: truncate
                    grace: 6h
                  - name: payments
                    match: {stream: "payments-*"}
                    keepHot: {age: 48h}
                    archive: {keep: 30d, format: segment}
                    grace: 12h
                  - name: ledger
                    match: {stream: ledger}
                    keepHot: {age: 1h}
                    then: snapshot
                    snapshot: {every: 24h, keep: 1}
                  - name: debugging
                    match: {stream: "debug-*"}
                    keepHot: {age: 2h}
                    archive: {dropBelow: INFO, format: segment}
                    grace: 0s
                    to: deep
                  - name: bulk
                    match: {stream: bulk}
                    keepHot: {size: 3KiB}
                    archive: {format: segment}
                  - name: by-itself
                    match: {stream: "auto-*"}
                    then: auto
                    archive: {format: segment}
                    auto: {files: 2, ratio: 0.5, writeAmplification: 1000}
                  - name: nightly
                    match: {stream: nightly}
                    then: auto
                    archive: {format: segment}
                    auto: {schedule: "03:00", writeAmplification: 1000}
                  - name: worthwhile
                    match: {stream: small}
                    then: auto
                    archive: {format: segment}
                    auto: {files: 1}
                """.formatted(temporary).getBytes(StandardCharsets.UTF_8));
    }

    @AfterEach
    void end() {
        events.close();
        cluster.close();
    }

    private void sealed(long epoch, String stream, int count, Level... levels) {
        events.append(epoch, count, levels);
        cluster.seal(stream);
    }

    /** A month of history, rounds included: what was archived, and what was marked by somebody else's hold. */
    private void fill() throws IOException {
        Map<String, Long> epochs = new HashMap<>();
        for (String stream : List.of(
                "disk-probe",
                "cpu-probe",
                "payments-eu",
                "payments-us",
                "ledger",
                "debug-app",
                "bulk",
                "auto-files",
                "auto-ratio",
                "nightly",
                "small")) {
            epochs.put(stream, cluster.open("app-" + stream, stream));
        }
        long orphan = cluster.open("app-orphan", "orphan");
        sealed(epochs.get("payments-eu"), "payments-eu", 20, Level.INFO, Level.WARN);
        sealed(epochs.get("auto-ratio"), "auto-ratio", 30, Level.INFO, Level.ERROR);
        sealed(epochs.get("ledger"), "ledger", 5, Level.INFO);
        cluster.advance(4 * DAY);
        round().run();
        cluster.advance(DAY);
        sealed(epochs.get("ledger"), "ledger", 5, Level.INFO);
        round().run();
        String first = cluster.catalog().snapshots().get(0).id();
        cluster.execute(new Command.UnmarkSnapshot("alice", first, "incident 17", true));
        cluster.advance(23 * DAY);
        sealed(epochs.get("payments-us"), "payments-us", 7, Level.INFO);
        cluster.advance(DAY);
        long web = cluster.open("app-web", "web");
        cluster.append(web, Labels.of(Map.of("env", "test", "host.name", "web-1")), "one", "two");
        cluster.append(web, Labels.of(Map.of("env", "test", "host.name", "web-2")), "three");
        cluster.seal("web");
        sealed(epochs.get("disk-probe"), "disk-probe", 9, Level.INFO);
        sealed(epochs.get("disk-probe"), "disk-probe", 9, Level.INFO);
        sealed(epochs.get("cpu-probe"), "cpu-probe", 3, Level.INFO);
        cluster.execute(new Command.Unmark(
                "alice", List.of(segmentsOf("cpu-probe").get(0).ref()), "incident 17", true));
        cluster.advance(DAY);
        sealed(epochs.get("ledger"), "ledger", 6, Level.INFO);
        sealed(epochs.get("nightly"), "nightly", 4, Level.INFO);
        cluster.advance(23 * HOUR);
        sealed(epochs.get("disk-probe"), "disk-probe", 2, Level.INFO);
        sealed(epochs.get("debug-app"), "debug-app", 40, Level.DEBUG, Level.TRACE);
        sealed(epochs.get("debug-app"), "debug-app", 10, Level.DEBUG, Level.ERROR);
        for (int i = 0; i < 4; i++) {
            sealed(epochs.get("bulk"), "bulk", 100 * (i + 1), Level.INFO);
            sealed(epochs.get("auto-files"), "auto-files", 5, Level.INFO);
            sealed(epochs.get("small"), "small", 1, Level.INFO);
        }
        sealed(epochs.get("auto-ratio"), "auto-ratio", 10, Level.INFO);
        sealed(epochs.get("auto-ratio"), "auto-ratio", 10, Level.INFO);
        sealed(orphan, "orphan", 1, Level.INFO);
        cluster.advance(3 * HOUR);
        sealed(epochs.get("nightly"), "nightly", 4, Level.INFO);
        events.append(epochs.get("payments-us"), 3, Level.INFO);
        cluster.execute(new Command.ReleaseSnapshot("alice", first));
    }

    private RetentionRound round() throws IOException {
        return round("archiver");
    }

    private RetentionRound round(String owner) throws IOException {
        return RetentionRound.open(
                policies,
                cluster,
                new ColdTargets(policies, Target::open),
                owner,
                temporary.resolve("staging-" + owner),
                clocks,
                listener);
    }

    private List<SegmentView> segmentsOf(String stream) {
        CatalogView catalog = cluster.catalog();
        int number =
                catalog.stream(TestState.TENANT, stream).map(StreamView::number).orElseThrow();
        return catalog.segmentsOf(number);
    }

    /** Raft indexes depend on how many commands an archiver needs, so segments are told by their place in the stream. */
    private String normalized(String text) {
        String normalized = text.replaceAll("index=\\d+ policies=[0-9a-f]+", "index=N policies=HASH");
        Map<Integer, Integer> places = new HashMap<>();
        for (SegmentView segment : cluster.catalog().segments()) {
            int place = places.merge(segment.streamNumber(), 1, Integer::sum);
            normalized = normalized.replace(segment.id().toString(), "s" + segment.streamNumber() + "#" + place);
        }
        return normalized.replaceAll("(ledger\\.\\d+T\\d+Z)\\.[0-9a-f]+", "$1.INDEX");
    }

    private RetentionPlan plan() {
        CatalogView catalog = cluster.catalog();
        return RetentionPlan.of(policies, catalog, catalog.stampMillis());
    }

    @Test
    void plansWhatTheGoldenFileSaysAndDoesExactlyThat() throws Exception {
        fill();
        round().run(false); // The cluster's time is that of its last entry: the lease's, as when the plan is applied.
        RetentionPlan plan = plan();
        String text = normalized(plan.text());
        if (Boolean.getBoolean("golden.write")) {
            Files.writeString(GOLDEN, text);
        }
        assertThat(text).isEqualTo(Files.readString(GOLDEN));
        assertThat(plan.decisions().stream().map(Decision::verb).distinct())
                .contains("keep", "archive", "truncate", "expire", "snapshot", "drop");

        Path file = Files.writeString(temporary.resolve("plan.json"), plan.json());
        PlanFile read = PlanFile.read(file);
        Map<String, SegmentState> before = states();
        listener.failed.clear();
        assertThat(round("operator").apply(read)).isEqualTo(new RetentionRound.Applied.Done((int)
                plan.decisions().stream().filter(Decision::acts).count()));
        assertThat(listener.failed).isEmpty();
        assertIsAsPlanned(plan, before, false);

        cluster.advance(13 * HOUR);
        assertThat(round("archiver").run(false)).isEqualTo(RetentionRound.Outcome.DONE);
        assertIsAsPlanned(plan, before, true);
        assertThat(listener.failed).isEmpty();
        for (CostEstimate cost : plan.costs()) {
            assertThat(objectsIn(temporary.resolve(cost.target())))
                    .as("objects in %s", cost.target())
                    .isEqualTo(cost.objectsAfter());
        }
        assertReadersSeeWhatIsLeft();
    }

    private Map<String, SegmentState> states() {
        Map<String, SegmentState> states = new TreeMap<>();
        cluster.catalog().segments().forEach(segment -> states.put(segment.id().toString(), segment.state()));
        return states;
    }

    private void assertIsAsPlanned(RetentionPlan plan, Map<String, SegmentState> before, boolean graceIsOver) {
        Map<String, SegmentState> expected = new TreeMap<>(before);
        Map<String, Boolean> marked = new TreeMap<>();
        for (Decision decision : plan.decisions()) {
            if (decision instanceof Decision.Archive archive) {
                expected.put(archive.segment().id().toString(), SegmentState.ARCHIVED);
            } else if (decision instanceof Decision.SegmentDeletion deletion) {
                boolean gone = graceIsOver || deletion.graceMillis() == 0;
                String id = deletion.segment().id().toString();
                marked.put(id, !gone);
                if (gone) {
                    expected.put(id, SegmentState.TRUNCATED);
                }
            } else if (decision instanceof Decision.Snapshot snapshot) {
                assertThat(cluster.catalog().snapshots())
                        .extracting(SnapshotView::target)
                        .hasSizeGreaterThanOrEqualTo(2)
                        .contains(snapshot.target());
            }
        }
        Map<String, SegmentState> now = states();
        now.keySet().retainAll(expected.keySet()); // A snapshot seals what it holds, and something newer begins.
        assertThat(now).isEqualTo(expected);
        for (SegmentView segment : cluster.catalog().segments()) {
            assertThat(segment.mark() != null)
                    .as("%s is marked", segment.id())
                    .isEqualTo(marked.getOrDefault(segment.id().toString(), false));
        }
    }

    private static long objectsIn(Path target) throws IOException {
        long[] count = new long[1];
        try (DirectoryObjectStore store = DirectoryObjectStore.openExisting(target)) {
            store.list("segments/", info -> count[0]++);
            store.list("cas/", info -> count[0]++);
        }
        return count[0];
    }

    private void assertReadersSeeWhatIsLeft() throws IOException {
        try (StreamReader reader = StreamReader.open(List.of(
                new HotCluster(cluster, temporary.resolve("cache")),
                new ColdArchive("cold", DirectoryObjectStore.openExisting(temporary.resolve("cold"))),
                new ColdArchive("deep", DirectoryObjectStore.openExisting(temporary.resolve("deep")))))) {
            assertThat(reader.audit().missing()).isZero();
            assertThat(reader.audit().duplicated()).isZero();
            assertThat(reader.audit().truncated())
                    .isEqualTo(cluster.catalog().segments().stream()
                            .filter(segment -> segment.state() == SegmentState.TRUNCATED)
                            .mapToLong(SegmentView::events)
                            .sum());
        }
        for (SegmentView segment : cluster.catalog().segments()) {
            if (segment.archive() != null) {
                Path object = temporary
                        .resolve(segment.archive().target())
                        .resolve(segment.archive().key());
                assertThat(Files.exists(object))
                        .as("object of %s", segment.id())
                        .isEqualTo(segment.state() == SegmentState.ARCHIVED);
            }
        }
    }

    @Test
    void explainsEverySegmentByPolicyRowAndNumbers() throws Exception {
        fill();
        round().run();
        cluster.advance(13 * HOUR);
        round().run();
        CatalogView catalog = cluster.catalog();
        List<Explanation> explanations =
                Explanation.of(policies, catalog, StoreFacts.UNKNOWN, catalog.stampMillis(), segment -> true);
        assertThat(explanations).hasSameSizeAs(catalog.segments());
        for (Explanation explanation : explanations) {
            assertThat(explanation.policy()).as(explanation.toString()).isNotBlank();
            assertThat(explanation.row()).as(explanation.toString()).matches("[a-z-]+");
            assertThat(explanation.version()).as(explanation.toString()).isEqualTo(policies.version());
            boolean needsNumbers = !List.of("open", "no-policy").contains(explanation.row());
            if (needsNumbers) {
                assertThat(explanation.text() + explanation.numbers())
                        .as(explanation.toString())
                        .matches("(?s).*[0-9].*");
            }
        }
        assertThat(explanations.stream().map(Explanation::state).distinct())
                .contains("OPEN", "SEALED", "ARCHIVED", "TRUNCATED");
        assertThat(explanations.stream().map(Explanation::decision).distinct())
                .contains("keep", "archived", "truncated", "expired");
        assertThat(explanations.stream().filter(e -> e.stream().equals("cpu-probe")))
                .singleElement()
                .satisfies(e -> assertThat(e.toString())
                        .contains(
                                "decision=keep policy=chatter row=held because=\"by alice (incident 17), else hot-age")
                        .contains("held-by=\"alice: incident 17\""));
        List<RetentionHistory.Line> history =
                new RetentionHistory(segment -> true).add(catalog, Map.of()).lines();
        assertThat(history.stream().map(RetentionHistory.Line::what).distinct())
                .contains("archived", "truncated", "expired", "held", "snapshot");
        assertThat(history).isSortedAccordingTo((a, b) -> a.at().compareTo(b.at()));
        assertThat(history.stream().map(RetentionHistory.Line::reason).filter(Objects::nonNull))
                .anyMatch(reason -> reason.startsWith("archive-keep "))
                .anyMatch(reason -> reason.startsWith("below-level "));
    }

    @Test
    void refusesAPlanWhoseFactsHaveChangedAndNamesThem() throws Exception {
        fill();
        round().run(false);
        Path file = Files.writeString(temporary.resolve("plan.json"), plan().json());
        SegmentView probe = segmentsOf("disk-probe").get(0);
        cluster.execute(new Command.Unmark("bob", List.of(probe.ref()), "wait", true));
        Map<String, SegmentState> before = states();
        assertThat(round("operator").apply(PlanFile.read(file)))
                .isEqualTo(new RetentionRound.Applied.Refused(
                        List.of("truncate of " + probe.id() + ": heldBy was null, is bob")));
        assertThat(states()).isEqualTo(before);

        cluster.execute(new Command.Release("bob", List.of(probe.ref())));
        cluster.execute(new Command.Freeze("bob", "looking"));
        assertThat(round("operator").apply(PlanFile.read(file)))
                .isInstanceOfSatisfying(
                        RetentionRound.Applied.Refused.class,
                        refused -> assertThat(refused.changes())
                                .isNotEmpty()
                                .allMatch(change -> change.contains("now it would be: keep, frozen looking")));

        cluster.execute(new Command.Thaw("bob"));
        String edited = Files.readString(file).replace("\"decision\":\"archive\"", "\"decision\":\"truncate\"");
        Files.writeString(file, edited);
        assertThat(catchThrowable(() -> PlanFile.read(file)))
                .isInstanceOf(PlanFile.NoPlanException.class)
                .hasMessageContaining("was changed after it was written");
    }

    @Test
    void refusesAPlanOfOtherPolicies() throws Exception {
        fill();
        round().run(false);
        Path file = Files.writeString(temporary.resolve("plan.json"), plan().json());
        RetentionPolicies before = policies;
        policies = RetentionFile.read("retention.yaml", """
                targets: {cold: {type: directory, path: "%1$s/cold"}, deep: {type: directory, path: "%1$s/deep"}}
                policies: [{name: all, then: truncate}]
                """.formatted(temporary).getBytes(StandardCharsets.UTF_8));
        assertThat(round("operator").apply(PlanFile.read(file)))
                .isEqualTo(new RetentionRound.Applied.Refused(
                        List.of("policies were " + before.version() + ", are " + policies.version())));
    }

    @Test
    void standsBackFromAnArchiverThatActs() throws Exception {
        fill();
        RetentionRound acting = round();
        acting.run();
        Path file = Files.writeString(temporary.resolve("plan.json"), plan().json());
        assertThat(round("operator").apply(PlanFile.read(file))).isEqualTo(new RetentionRound.Applied.Standby());
        acting.release();
        assertThat(round("operator").apply(PlanFile.read(file))).isInstanceOf(RetentionRound.Applied.Done.class);
    }
}
