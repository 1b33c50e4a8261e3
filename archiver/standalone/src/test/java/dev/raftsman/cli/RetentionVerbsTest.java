package dev.raftsman.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.config.ConfigKey;
import dev.raftsman.policy.RetentionFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The verbs of {@code raftsman retention} against a collector's real state. */
class RetentionVerbsTest {
    private static final String CANARY = "canary-4711";

    @TempDir
    private Path temporary;

    private ServedState cluster;
    private Path policy;
    private Path plan;

    private record Ended(int code, String out, String err) {}

    @BeforeEach
    void begin() throws IOException {
        cluster = new ServedState(temporary.resolve("state"));
        cluster.behindMillis = TimeUnit.HOURS.toMillis(3);
        cluster.sealed("disk-probe", "up", "up", "up");
        cluster.sealed("orders", "o1", "o2");
        cluster.behindMillis = 0;
        cluster.execute(new Command.Configure(1 << 20)); // An entry of now.
        Path secret = Files.writeString(temporary.resolve("s3.secret"), CANARY);
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
        policy = Files.writeString(
                temporary.resolve("retention.yaml"), """
                targets:
                  cold: {type: directory, path: "%s"}
                  unused: {type: s3, bucket: b, accessKeyId: "${file:%s}", secretAccessKey: "${file:%s}"}
                defaults: {keepHot: {age: 2h}, to: cold}
                policies:
                - {name: chatter, match: {stream: "*-probe"}, then: truncate}
                - {name: rest}
                """.formatted(temporary.resolve("archive"), secret, secret));
        plan = temporary.resolve("plan.json");
    }

    @AfterEach
    void end() throws IOException {
        cluster.close();
    }

    /** Whatever is said, no secret is. */
    private Ended raftsman(String... words) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine line = Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        int code = line.execute(words);
        assertThat(out + err.toString()).doesNotContain(CANARY);
        return new Ended(code, out.toString(), err.toString());
    }

    private Ended retention(String verb, String... more) {
        List<String> words = new ArrayList<>(List.of("retention", verb, "--cluster", cluster.address()));
        words.addAll(List.of(more));
        return raftsman(words.toArray(String[]::new));
    }

    private SegmentView segment(int i) {
        return cluster.catalog().segments().get(i);
    }

    @Test
    void plansAppliesAndExplains() throws Exception {
        Ended planned = retention("plan", "--policy", policy.toString(), "--out", plan.toString());
        assertThat(planned.code()).isZero();
        assertThat(planned.out())
                .contains("truncate tenant=acme stream=disk-probe", "reason=hot-age 3h >= 2h grace=24h events=3")
                .contains("archive tenant=acme stream=orders", "cost target=cold", "archive=1 (2 events");
        assertThat(Files.readString(plan)).doesNotContain(CANARY);
        assertThat(retention("plan", "--policy", policy.toString(), "--out", plan.toString())
                        .code())
                .as("never overwritten")
                .isEqualTo(ExitCodes.CANNOT_CREATE);

        Ended applied = retention("apply", "--policy", policy.toString(), plan.toString());
        assertThat(applied.err()).isEmpty();
        assertThat(applied.code()).isZero();
        assertThat(applied.out()).contains("marked: truncate", "applied decisions=2 done=1 marked=1 failed=0");
        assertThat(segment(1).state()).isEqualTo(SegmentState.ARCHIVED);
        assertThat(segment(0).mark()).isNotNull();

        Ended again = retention("apply", "--policy", policy.toString(), plan.toString());
        assertThat(again.code()).isEqualTo(ExitCodes.MISMATCH);
        assertThat(again.out()).contains("changed: archive of " + segment(1).id() + ": state was SEALED, is ARCHIVED");
        assertThat(again.err()).contains("nothing was done: 2 of the plan's facts changed");

        Ended explained = retention("explain", "--policy", policy.toString(), "disk-probe");
        assertThat(explained.out())
                .contains("decision=truncate policy=chatter row=hot-age because=\"3h >= 2h\" numbers=ageMillis:")
                .contains("marked-until=");
        Ended json = retention(
                "explain",
                "--json",
                "--policy",
                policy.toString(),
                segment(1).id().toString());
        JsonNode row = new ObjectMapper().readTree(json.out());
        assertThat(row.path("decision").asText()).isEqualTo("archived");
        assertThat(row.path("row").asText()).isEqualTo("hot-age");
        assertThat(retention("explain", "--policy", policy.toString(), "nothing")
                        .code())
                .isEqualTo(ExitCodes.NO_INPUT);
    }

    @Test
    void undoesUntilItIsTooLateAndTellsTheHistory() throws Exception {
        retention("plan", "--policy", policy.toString(), "--out", plan.toString());
        retention("apply", "--policy", policy.toString(), plan.toString());
        Ended undone = retention("undo", "--by", "alice", "--reason", "incident 17", "disk-probe");
        assertThat(undone.out()).isEqualTo("undo segments=1\n");
        assertThat(segment(0).mark()).isNull();
        assertThat(segment(0).hold().by()).isEqualTo("alice");
        assertThat(retention("undo", "--reason", "again", "disk-probe").out()).isEqualTo("undo segments=0\n");
        Ended history = retention("history", "--json");
        List<String> what = new ArrayList<>();
        for (String line : history.out().lines().toList()) {
            what.add(new ObjectMapper().readTree(line).path("what").asText());
        }
        assertThat(what).containsExactly("policies", "archived", "held");

        assertThat(retention("release", "disk-probe").out()).isEqualTo("release segments=1\n");
        cluster.execute(new Command.AcquireLease("a", 60_000));
        String hash = cluster.catalog().activePolicies().orElseThrow().hash();
        cluster.execute(new Command.Truncate("a", List.of(segment(0).ref()), "chatter", "hot-age 3h >= 2h", hash));
        Ended late = retention("undo", "--reason", "x", segment(0).id().toString());
        assertThat(late.code()).isEqualTo(ExitCodes.DATA_ERROR);
        assertThat(late.err()).contains("WRONG_SEGMENT_STATE");
        assertThat(retention("history", "disk-probe").out())
                .contains(" truncated tenant=acme stream=disk-probe", "reason=\"hot-age 3h >= 2h\"");
    }

    @Test
    void aFileIsAdoptedOnlyWhenToldToAndThenPlansOfTheOtherAreRefused() throws Exception {
        Ended asked = retention("adopt", "--policy", policy.toString());
        assertThat(asked.code()).isEqualTo(ExitCodes.MISMATCH);
        assertThat(asked.out()).startsWith("cluster none\nfile version=");
        assertThat(cluster.catalog().policies()).isNull();
        assertThat(retention("adopt", "--policy", policy.toString(), "--by", "alice", "--yes")
                        .out())
                .contains("adopted version=");
        Ended again = retention("adopt", "--policy", policy.toString());
        assertThat(again.code()).isZero();
        assertThat(again.out()).contains(" by=alice at=");

        Path other = Files.writeString(
                temporary.resolve("other.yaml"), Files.readString(policy).replace("age: 2h", "age: 1h"));
        retention("plan", "--policy", other.toString(), "--out", plan.toString());
        Ended applied = retention("apply", "--policy", other.toString(), plan.toString());
        assertThat(applied.code()).isEqualTo(ExitCodes.MISMATCH);
        assertThat(applied.out())
                .contains("changed: policies of this file are ", "of the cluster ", " by alice since ");
        assertThat(segment(0).mark()).isNull();
    }

    @Test
    void undoesTheMarkOfASnapshotByItsName() throws Exception {
        cluster.execute(new Command.AcquireLease("a", 60_000));
        cluster.execute(new Command.RecordSnapshot("a", "ledger.1", "cold", "snapshots/ledger.1.json", List.of(1), 5));
        cluster.execute(new Command.MarkSnapshot("a", "ledger.1", "ledger", "snapshot-keep 3 newer >= 3", "h", 5_000));
        assertThat(retention("history").out()).contains(" marked policy=ledger reason=\"snapshot-keep 3 newer >= 3");
        assertThat(retention("undo", "--by", "alice", "--reason", "audit", "ledger.1")
                        .out())
                .isEqualTo("undo segments=0 snapshots=1\n");
        assertThat(cluster.catalog().snapshots().get(0).hold().by()).isEqualTo("alice");
        assertThat(retention("release", "ledger.1").out()).isEqualTo("release segments=0 snapshots=1\n");
        assertThat(cluster.catalog().snapshots().get(0).hold()).isNull();
    }

    @Test
    void showsWhatAnOutageDoes() {
        cluster.execute(new Command.AcquireLease("archiver-1", 60_000));
        cluster.execute(new Command.ReportOutages(
                "archiver-1",
                Map.of("cold", System.currentTimeMillis() - TimeUnit.MINUTES.toMillis(100)),
                TimeUnit.MINUTES.toMillis(5)));
        assertThat(retention("plan", "--policy", policy.toString()).out())
                .contains(
                        "keep tenant=acme stream=orders",
                        "reason=outage-hold target cold out for 100m, hot-age 3h >= 2h")
                .contains(" policy=rest onArchiveOutage=hold in-effect=true\n");
        assertThat(retention("explain", "--policy", policy.toString(), "orders").out())
                .contains("row=outage-hold", " outage target=cold since=");
    }

    @Test
    void standsBackWhileAnArchiverActs() throws Exception {
        retention("plan", "--policy", policy.toString(), "--out", plan.toString());
        cluster.execute(new Command.AcquireLease("archiver-1", 60_000));
        Ended applied = retention("apply", "--policy", policy.toString(), plan.toString());
        assertThat(applied.code()).isEqualTo(ExitCodes.TEMPORARY);
        assertThat(segment(0).mark()).isNull();
    }

    @Test
    void thawsOnlyWhenToldTo() {
        assertThat(retention("thaw").out()).isEqualTo("deletion is free\n");
        cluster.execute(new Command.Freeze("archiver-1", "clock: the cluster's time jumped by 9H"));
        Ended asked = retention("thaw");
        assertThat(asked.code()).isEqualTo(ExitCodes.MISMATCH);
        assertThat(asked.out()).contains("reason=\"clock: the cluster's time jumped by 9H\"");
        assertThat(cluster.catalog().freeze()).isNotNull();
        assertThat(retention("thaw", "--yes").code()).isZero();
        assertThat(cluster.catalog().freeze()).isNull();
    }

    @Test
    void refusesWhatIsNoPlan() throws Exception {
        Files.writeString(plan, "{\"format\":1}");
        assertThat(retention("apply", "--policy", policy.toString(), plan.toString())
                        .code())
                .isEqualTo(ExitCodes.DATA_ERROR);
        assertThat(retention(
                                "apply",
                                "--policy",
                                policy.toString(),
                                temporary.resolve("none").toString())
                        .code())
                .isEqualTo(ExitCodes.NO_INPUT);
    }

    @Test
    void theSchemaKnowsEveryKeyOfTheReference() throws Exception {
        JsonNode schema =
                new ObjectMapper().readTree(raftsman("retention", "schema").out());
        for (ConfigKey key : RetentionFile.reference()) {
            JsonNode at = schema;
            for (String step : key.path().replace("[]", ".[]").split("[.]")) {
                at = step.equals("[]")
                        ? at.path("items")
                        : step.equals("<name>")
                                ? at.path("additionalProperties")
                                : at.path("properties").path(step);
            }
            assertThat(at.path("type").isMissingNode()).as(key.path()).isFalse();
            assertThat(at.path("description").asText()).as(key.path()).isEqualTo(key.explanation());
        }
        JsonNode lock = schema.at("/properties/policies/items/properties/archive/properties/lock/enum");
        assertThat(lock.toString()).isEqualTo("[\"none\",\"governance\",\"compliance\"]");
        assertThat(schema.at("/properties/policies/items/additionalProperties").asBoolean(true))
                .isFalse();
    }
}
