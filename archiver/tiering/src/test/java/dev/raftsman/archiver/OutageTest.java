package dev.raftsman.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.raftsman.archive.ColdTargets;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.ThrottleView;
import dev.raftsman.cluster.Cluster;
import dev.raftsman.cluster.TestState;
import dev.raftsman.policy.Explanation;
import dev.raftsman.policy.PlanFile;
import dev.raftsman.policy.RetentionFile;
import dev.raftsman.policy.RetentionPlan;
import dev.raftsman.policy.RetentionPolicies;
import dev.raftsman.policy.StoreFacts;
import dev.raftsman.restore.HotCluster;
import dev.raftsman.restore.StreamReader;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;

/** An hour without the store, by the clock, under each behaviour. */
class OutageTest {
    private static final long START_MILLIS = 1_790_000_000_000L;
    private static final long MINUTE = TimeUnit.MINUTES.toMillis(1);
    private static final long HOUR_MILLIS = 60 * MINUTE;

    @TempDir(factory = FastDirectory.class)
    Path temporary;

    private TestState cluster;
    private long epoch;
    private RetentionPolicies policies;
    private RetentionRound round;
    private boolean storeIsOut;
    private long failureTakesMillis;
    private final RecordingListener listener = new RecordingListener();
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

    @BeforeEach
    void begin() throws IOException {
        cluster = new TestState(temporary.resolve("state"), START_MILLIS);
        epoch = cluster.open("shop", "orders");
        log.start();
        ((Logger) LoggerFactory.getLogger(OutageAlarm.class)).addAppender(log);
    }

    @AfterEach
    void end() {
        ((Logger) LoggerFactory.getLogger(OutageAlarm.class)).detachAppender(log);
        cluster.close();
    }

    private void open(String behaviour) throws Exception {
        open(behaviour, cluster);
    }

    private void open(String behaviour, Cluster asked) throws Exception {
        open(behaviour, asked, "archiver");
    }

    private void open(String behaviour, Cluster asked, String owner) throws Exception {
        policies = RetentionFile.read("retention.yaml", """
                targets: {cold: {type: directory, path: "%s"}}
                policies:
                - {name: rest, to: cold, keepHot: {age: 10m, size: 1KiB}, archive: {format: segment},
                   outageAfter: 15m, %s}
                """.formatted(temporary.resolve("archive"), behaviour)
                .getBytes(StandardCharsets.UTF_8));
        Steps.Event outage = () -> {
            if (storeIsOut) {
                if (failureTakesMillis > 0) {
                    cluster.advance(failureTakesMillis);
                    cluster.append(epoch, "written meanwhile");
                }
                throw new IOException("503 SlowDown");
            }
        };
        ColdTargets.Opener failing = target -> {
            outage.happen();
            return Steps.each(outage).of(target.open());
        };
        round = RetentionRound.open(
                policies,
                asked,
                new ColdTargets(policies, failing),
                owner,
                temporary.resolve("staging"),
                new HandClocks(cluster),
                listener);
    }

    /** An hour of rounds, a segment each minute. */
    private void anHour() throws IOException {
        for (int minute = 0; minute < 60; minute++) {
            cluster.append(epoch, "order " + minute + " of this hour, and what more there is to say of it");
            cluster.seal("orders");
            cluster.advance(MINUTE);
            assertThat(round.run()).isEqualTo(RetentionRound.Outcome.DONE);
        }
    }

    private List<SegmentView> segments(SegmentState state) {
        return cluster.catalog().segments().stream()
                .filter(segment -> segment.state() == state)
                .toList();
    }

    private List<String> alarms() {
        return log.list.stream()
                .map(ILoggingEvent::getFormattedMessage)
                .filter(line -> line.startsWith("target is out"))
                .toList();
    }

    private void assertTheAlarmRang(String behaviour) {
        assertThat(alarms()).singleElement().asString().contains("target=cold", "onArchiveOutage=" + behaviour);
        assertThat(listener.outageSeconds.get("cold")).isGreaterThanOrEqualTo(TimeUnit.MINUTES.toSeconds(45));
        assertThat(listener.outageDeclared.get("cold")).isTrue();
    }

    private void assertEverythingIsArchivedOnceItIsBack() throws IOException {
        storeIsOut = false;
        cluster.advance(11 * MINUTE);
        round.run();
        assertThat(segments(SegmentState.SEALED)).isEmpty();
        assertThat(segments(SegmentState.ARCHIVED)).hasSize(60);
        assertThat(listener.outageSeconds.get("cold")).isZero();
        assertThat(listener.outageDeclared.get("cold")).isFalse();
        assertThat(cluster.catalog().throttles()).isNull();
    }

    @Test
    void holdKeepsEverythingHot() throws Exception {
        open("onArchiveOutage: hold");
        storeIsOut = true;
        anHour();
        assertThat(segments(SegmentState.SEALED)).hasSize(60).allMatch(segment -> segment.mark() == null);
        assertThat(cluster.catalog().throttles()).isNull();
        assertTheAlarmRang("HOLD");
        assertEverythingIsArchivedOnceItIsBack();
    }

    @Test
    void throttleTakesNoMoreOfTheStreamUntilTheStoreIsBack() throws Exception {
        open("onArchiveOutage: throttle");
        storeIsOut = true;
        anHour();
        assertThat(segments(SegmentState.SEALED)).hasSize(60);
        assertThat(cluster.catalog().throttles())
                .containsExactly(
                        new ThrottleView(1, "its archive cannot be reached", cluster.nowMillis() + 5 * MINUTE));
        assertTheAlarmRang("THROTTLE");
        assertEverythingIsArchivedOnceItIsBack();
    }

    @Test
    void truncateGivesUpWhatIsDueAndDeclaresIt() throws Exception {
        open("onArchiveOutage: truncate, grace: 0s");
        storeIsOut = true;
        anHour();
        List<SegmentView> gone = segments(SegmentState.TRUNCATED);
        assertThat(gone).isNotEmpty().allSatisfy(segment -> {
            assertThat(segment.truncation().policy()).isEqualTo("rest");
            assertThat(segment.truncation().reason()).startsWith("outage-truncate target cold out for ");
            assertThat(segment.truncation().policyHash()).isEqualTo(policies.hash());
        });
        assertThat(segments(SegmentState.SEALED).size() + gone.size()).isEqualTo(60);
        assertThat(segments(SegmentState.SEALED)).as("what is not due stays").isNotEmpty();
        assertTheAlarmRang("TRUNCATE");
        assertThat(listener.done).allMatch(line -> line.startsWith("truncate ") && line.contains("outage-truncate"));
        try (StreamReader reader = StreamReader.open(List.of(new HotCluster(cluster, temporary.resolve("cache"))))) {
            assertThat(reader.audit().truncated()).isEqualTo(gone.size());
            assertThat(reader.audit().missing()).isZero();
        }
    }

    @Test
    void truncateMarksOnlyWhileThereIsGraceAndSparesEverythingIfTheStoreComesBack() throws Exception {
        open("onArchiveOutage: truncate, grace: 2h");
        storeIsOut = true;
        anHour();
        assertThat(segments(SegmentState.TRUNCATED)).isEmpty();
        assertThat(segments(SegmentState.SEALED)).anyMatch(segment -> segment.mark() != null);
        storeIsOut = false;
        cluster.advance(11 * MINUTE);
        round.run(); // Notices that it is back, stores what is not marked, spares the rest.
        round.run();
        assertThat(segments(SegmentState.ARCHIVED)).hasSize(60);
    }

    @Test
    void noticesThatTheStoreIsBackAlthoughAllThatIsDueIsMarked() throws Exception {
        open("onArchiveOutage: truncate, grace: 24h");
        storeIsOut = true;
        for (int minute = 0; minute < 60; minute++) {
            if (minute < 5) {
                cluster.append(epoch, "order " + minute);
                cluster.seal("orders");
            }
            cluster.advance(MINUTE);
            round.run();
        }
        assertThat(segments(SegmentState.SEALED)).hasSize(5).allMatch(segment -> segment.mark() != null);
        storeIsOut = false;
        round.run();
        round.run();
        assertThat(segments(SegmentState.ARCHIVED)).hasSize(5);
        assertThat(listener.outageSeconds.get("cold")).isZero();
    }

    /** The store answers when the archiver starts, and fails from the first upload on. */
    @Test
    void announcesNoMoreThanWhatItHadBegunWhenTheStoreWentAway() throws Exception {
        open("onArchiveOutage: truncate, grace: 0s");
        cluster.append(epoch, "the first of all");
        cluster.seal("orders");
        cluster.advance(11 * MINUTE);
        round.run();
        assertThat(segments(SegmentState.ARCHIVED)).hasSize(1);
        storeIsOut = true;
        anHour();
        assertThat(segments(SegmentState.SEALED).stream().filter(segment -> segment.prepared() != null))
                .as("announced before anything was known of the outage")
                .hasSizeLessThanOrEqualTo(1);
        assertThat(segments(SegmentState.TRUNCATED)).hasSizeGreaterThan(40);
        assertTheAlarmRang("TRUNCATE");
    }

    @Test
    void aSegmentThatCannotBeFetchedIsNoOutageOfTheStore() throws Exception {
        Cluster real = cluster;
        Cluster unreadable = (Cluster) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Cluster.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("fetch")) {
                        throw new IOException("410 Gone");
                    }
                    return method.invoke(real, arguments);
                });
        open("onArchiveOutage: truncate, grace: 0s", unreadable);
        anHour();
        assertThat(segments(SegmentState.TRUNCATED)).isEmpty();
        assertThat(alarms()).isEmpty();
        assertThat(listener.outageSeconds.get("cold")).isZero();
    }

    private RetentionPlan plan(long nowMillis) {
        CatalogView catalog = cluster.catalog();
        return RetentionPlan.of(
                policies, catalog, new StoreFacts(Optional.empty(), catalog.outagesAt(nowMillis)), nowMillis);
    }

    /** Made elsewhere, by what the archiver leaves in the cluster. */
    @ParameterizedTest
    @CsvSource({"hold, keep", "throttle, keep", "truncate, truncate"})
    void aPlanShowsWhatAnOutageDoesToTheDecisions(String behaviour, String verb) throws Exception {
        open("onArchiveOutage: " + behaviour + (behaviour.equals("truncate") ? ", grace: 24h" : ""));
        storeIsOut = true;
        long begunMillis = 0;
        for (int minute = 0; minute < 28; minute++) {
            if (minute < 3) {
                cluster.append(epoch, "order " + minute);
                cluster.seal("orders");
            }
            cluster.advance(MINUTE);
            round.run();
            if (begunMillis == 0 && cluster.catalog().outages() != null) {
                begunMillis = cluster.nowMillis();
            }
            if (minute == 10) {
                assertThat(plan(cluster.nowMillis()).text())
                        .contains("archive tenant=acme stream=orders")
                        .contains("outage target=cold since=" + Instant.ofEpochMilli(begunMillis)
                                + " policy=rest onArchiveOutage=" + behaviour + " in-effect=false from="
                                + Instant.ofEpochMilli(begunMillis + 15 * MINUTE));
            }
        }
        RetentionPlan plan = plan(cluster.nowMillis());
        assertThat(plan.text())
                .contains(verb + " tenant=acme stream=orders", "reason=outage-" + behaviour + " target cold out for ")
                .contains(" policy=rest onArchiveOutage=" + behaviour + " in-effect=true\n");
        assertThat(plan.json()).contains("\"outages\":[{\"target\":\"cold\"");
        CatalogView catalog = cluster.catalog();
        assertThat(Explanation.of(
                                policies,
                                catalog,
                                new StoreFacts(Optional.empty(), catalog.outagesAt(cluster.nowMillis())),
                                cluster.nowMillis(),
                                segment -> true)
                        .get(0)
                        .toString())
                .contains("row=outage-" + behaviour, " outage target=cold since=", "in-effect=true");

        assertThat(plan(cluster.nowMillis() + 5 * MINUTE).text())
                .as("nobody has said so for five minutes")
                .doesNotContain("outage");
        storeIsOut = false;
        cluster.advance(MINUTE);
        round.run();
        assertThat(cluster.catalog().outages()).isNull();
        assertThat(plan(cluster.nowMillis()).text()).doesNotContain("outage target=");
    }

    @Test
    void aPlanMadeInAnOutageIsAppliedWhileItLastsAndNotAfterwards() throws Exception {
        open("onArchiveOutage: truncate, grace: 24h");
        cluster.append(epoch, "order 1");
        cluster.seal("orders");
        cluster.advance(11 * MINUTE);
        cluster.execute(new Command.AcquireLease("other", HOUR_MILLIS));
        cluster.execute(
                new Command.ReportOutages("other", Map.of("cold", cluster.nowMillis() - 20 * MINUTE), 5 * MINUTE));
        cluster.execute(new Command.AcquireLease("other", 0));
        Path file = Files.writeString(
                temporary.resolve("plan.json"), plan(cluster.nowMillis()).json());
        assertThat(round.apply(PlanFile.read(file))).isEqualTo(new RetentionRound.Applied.Done(1));
        assertThat(segments(SegmentState.SEALED)).allMatch(segment -> segment.mark() != null);
        cluster.execute(new Command.Unmark(
                "a", List.of(segments(SegmentState.SEALED).get(0).ref()), "again", false));
        cluster.advance(6 * MINUTE);
        assertThat(round.apply(PlanFile.read(file)))
                .isInstanceOfSatisfying(
                        RetentionRound.Applied.Refused.class,
                        refused -> assertThat(refused.changes())
                                .singleElement()
                                .asString()
                                .contains("now it would be: archive"));
    }

    @Test
    void aFailureThatPassesIsNoOutage() throws Exception {
        open("onArchiveOutage: truncate, grace: 0s");
        storeIsOut = true;
        for (int minute = 0; minute < 12; minute++) {
            cluster.append(epoch, "order " + minute);
            cluster.seal("orders");
            cluster.advance(MINUTE);
            round.run();
        }
        storeIsOut = false;
        cluster.advance(11 * MINUTE);
        round.run();
        storeIsOut = true;
        cluster.append(epoch, "one more");
        cluster.seal("orders");
        cluster.advance(11 * MINUTE);
        round.run();
        assertThat(segments(SegmentState.TRUNCATED)).isEmpty();
        assertThat(alarms()).isEmpty();
    }

    @Test
    void whatIsDueAndNotStoredIsTold() throws Exception {
        open("onArchiveOutage: hold");
        cluster.append(epoch, "an order");
        cluster.seal("orders");
        round.run();
        assertThat(listener.due).isEqualTo("0 segments, no bytes, 0 min");
        cluster.advance(11 * MINUTE);
        storeIsOut = true;
        round.run();
        assertThat(listener.due).isEqualTo("1 segments, some bytes, 0 min");
        cluster.advance(20 * MINUTE);
        round.run();
        assertThat(listener.due).as("also when it is held").isEqualTo("1 segments, some bytes, 20 min");
        storeIsOut = false;
        round.run();
        assertThat(listener.due).isEqualTo("0 segments, no bytes, 0 min");
    }

    @Test
    void aFailureAtTheEndOfALongRoundIsNoLongOutage() throws Exception {
        open("onArchiveOutage: truncate, grace: 0s");
        cluster.append(epoch, "an order");
        cluster.seal("orders");
        cluster.advance(11 * MINUTE);
        storeIsOut = true;
        failureTakesMillis = 30 * MINUTE;
        round.run();
        assertThat(segments(SegmentState.TRUNCATED)).isEmpty();
        assertThat(alarms()).isEmpty();
    }

    @Test
    void anOutageThatAnotherArchiverHasSeenTheEndOfIsOver() throws Exception {
        open("onArchiveOutage: truncate, grace: 0s");
        RetentionRound first = round;
        cluster.append(epoch, "an order");
        cluster.seal("orders");
        cluster.advance(11 * MINUTE);
        storeIsOut = true;
        first.run();
        storeIsOut = false;
        cluster.advance(2 * MINUTE);
        open("onArchiveOutage: truncate, grace: 0s", cluster, "another");
        assertThat(round.run()).isEqualTo(RetentionRound.Outcome.DONE);
        round.release();
        assertThat(segments(SegmentState.ARCHIVED)).hasSize(1);
        cluster.append(epoch, "one more order");
        cluster.seal("orders");
        cluster.advance(20 * MINUTE);
        storeIsOut = true;
        assertThat(first.run()).isEqualTo(RetentionRound.Outcome.DONE);
        assertThat(segments(SegmentState.TRUNCATED)).isEmpty();
        assertThat(alarms()).isEmpty();
    }
}
