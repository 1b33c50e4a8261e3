package dev.raftsman.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.raftsman.event.LossReason;
import dev.raftsman.segment.SegmentId;
import dev.raftsman.segment.SequenceRange;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class CatalogJsonTest {
    private static final UUID TOKEN = UUID.fromString("00000000-0000-0001-0000-000000000002");
    private static final List<SegmentRef> SEGMENTS = List.of(new SegmentRef(new SegmentId(1, 2), "ab"));

    static List<Command> commands() {
        return List.of(
                new Command.Open("acme", "host:app", TOKEN, "payments/api"),
                new Command.Close(1, -1, LossReason.RING_FULL, 7),
                new Command.Forget(Long.MAX_VALUE),
                new Command.Configure(1 << 20),
                new Command.Seal(null, "*", 0),
                new Command.Seal("acme", "audit", 10),
                new Command.AcquireLease("archiver-1", 30_000),
                new Command.Prepare("a", TOKEN, SEGMENTS, "cold", "k", "p", "r", "h"),
                new Command.Commit("a", TOKEN, "ab", 5, null),
                new Command.Commit("a", TOKEN, "ab", 5, "s1"),
                new Command.Commit("a", TOKEN, "ab", 5, null, new LockView("compliance", 7, true)),
                new Command.Commit("a", TOKEN, "ab", 5, null, new LockView(null, 0, true)),
                new Command.Abort("a", TOKEN),
                new Command.Truncate("a", SEGMENTS, "p", "r", "h"),
                new Command.RecordSnapshot("a", "s1", "cold", "k", List.of(1, 2), 9),
                new Command.MarkSnapshot("a", "s1", "p", "r", "h", 5),
                new Command.UnmarkSnapshot("alice", "s1", "incident", true),
                new Command.ReleaseSnapshot("alice", "s1"),
                new Command.GiveUpSnapshot("a", "s1", "p", "r", "h", true, 5),
                new Command.DropSnapshot("a", "s1"),
                new Command.Adopt("a", "h2", "h1", true),
                new Command.Adopt("alice", "h", null, false),
                new Command.ReportOutages("a", Map.of("cold", 7L), 5),
                new Command.Mark("a", SEGMENTS, "p", "r", "h", 86_400_000),
                new Command.Unmark("alice", SEGMENTS, "incident", true),
                new Command.Release("alice", SEGMENTS),
                new Command.Expire("a", SEGMENTS, "p", "r", "h"),
                new Command.Freeze("a", "clock"),
                new Command.Thaw("alice"),
                new Command.Throttle("a", List.of(1, 2), "outage", 5),
                new Command.Invite("n4", TOKEN),
                new Command.Enlist("n4", TOKEN),
                new Command.Retire("n4"),
                new Command.BeginRestore("a1", "file:/archive/", "00ff", 1L << 32, 1L << 32),
                new Command.RestoreRows("a1", List.of(new StreamView(1, "acme", "x", 5)), List.of(), List.of()),
                new Command.DeclareLost("a1", new SequenceRange(1, 2, 3)),
                new Command.EndRestore("a1", 0),
                new Command.Abandon(3, -1, 7));
    }

    static List<CommandResult> results() {
        return List.of(
                new CommandResult.Done(3),
                new CommandResult.Opened(4, -1, EpochState.CLOSED),
                new CommandResult.Refused(RefusalReason.LEASE_HELD, "by two"));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void bringsCommandsBack(Command command) {
        assertThat(CatalogJson.readCommand(CatalogJson.write(command))).isEqualTo(command);
    }

    @ParameterizedTest
    @MethodSource("results")
    void bringsResultsBack(CommandResult result) {
        byte[] json = CatalogJson.write(result);
        assertThat(CatalogJson.readResult(json)).isEqualTo(result);
        assertThat(new String(json, StandardCharsets.UTF_8)).contains("\"ok\":" + result.ok());
    }

    @Test
    void looksAsDocumented() {
        assertThat(new String(CatalogJson.write(new Command.Forget(7)), StandardCharsets.UTF_8))
                .isEqualTo("{\"command\":\"forget\",\"epoch\":7}");
        assertThat(new String(
                        CatalogJson.write(new Command.Truncate("a", SEGMENTS, "p", "r", null)), StandardCharsets.UTF_8))
                .contains("\"segments\":[{\"segment\":\"s1-0000000000000002\",\"sha256\":\"ab\"}]")
                .doesNotContain("policyHash");
        assertThat(new String(
                        CatalogJson.write(new CommandResult.Opened(4, -1, EpochState.OPEN)), StandardCharsets.UTF_8))
                .isEqualTo("{\"result\":\"opened\",\"epoch\":4,\"last\":-1,\"state\":\"OPEN\",\"ok\":true}");
    }

    /** Collectors of a version that knows no locks refuse unknown fields, so there must be none where there is no lock. */
    @Test
    void saysNothingOfALockWhereThereIsNone() {
        assertThat(new String(CatalogJson.write(new Command.Commit("a", TOKEN, "ab", 5, null)), StandardCharsets.UTF_8))
                .endsWith("\"sha256\":\"ab\",\"bytes\":5}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "{}",
                "{\"command\":\"explode\"}",
                "{\"command\":\"forget\"}",
                "{\"command\":\"forget\",\"epoch\":null}",
                "{\"command\":\"forget\",\"epoch\":1,\"more\":2}",
                "{\"command\":\"forget\",\"epoch\":1,\"epoch\":2}",
                "{\"command\":\"forget\",\"epoch\":1} x",
                "{\"command\":\"forget\",\"epoch\":\"x\"}",
                "{\"command\":\"open\",\"tenant\":\"../x\",\"producer\":\"p\","
                        + "\"incarnation\":\"00000000-0000-0001-0000-000000000002\",\"stream\":\"s\"}",
                "{\"command\":\"close\",\"epoch\":1,\"last\":3,\"lossReason\":\"NONE\",\"lossCount\":4}",
                "{\"command\":\"commit\",\"owner\":\"a\",\"token\":\"00000000-0000-0001-0000-000000000002\","
                        + "\"sha256\":\"ab\",\"bytes\":5,\"lock\":{\"untilMillis\":5,\"legalHold\":false}}",
                "{\"command\":\"truncate\",\"owner\":\"a\",\"segments\":[]}"
            })
    void refusesWhatIsNoCommand(String json) {
        assertThatThrownBy(() -> CatalogJson.readCommand(json.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(MalformedJsonException.class)
                .hasMessageStartingWith("not a Command: ");
    }

    /** Rows as the version before marks wrote them. */
    private static final String OLD_SEGMENTS = """
            [{"id":"s1-0000000000000002","streamNumber":1,"tenant":"acme","stream":"audit","baseIndex":2,"state":"SEALED",
              "blocks":1,"events":1,"bytes":10,"rawBytes":5,"gapEvents":0,"lostEvents":0,"minTimeNanos":1,"maxTimeNanos":1,
              "levelBitmap":4,"openedAtMillis":1,"sealedAtMillis":2,"sha256":"ab","ranges":[]},
             {"id":"s1-0000000000000003","streamNumber":1,"tenant":"acme","stream":"audit","baseIndex":3,"state":"ARCHIVED",
              "blocks":1,"events":1,"bytes":10,"rawBytes":5,"gapEvents":0,"lostEvents":0,"minTimeNanos":1,"maxTimeNanos":1,
              "levelBitmap":4,"openedAtMillis":1,"sealedAtMillis":2,"sha256":"cd","ranges":[],
              "archive":{"target":"cold","key":"k","sha256":"cd","bytes":10,"policy":"p","reason":"r","policyHash":"h",
                         "token":"00000000-0000-0001-0000-000000000002","committedAtMillis":3}}]""";

    private static final String OLD_STREAMS =
            "[{\"number\":1,\"tenant\":\"acme\",\"stream\":\"audit\",\"openedAtMillis\":1}]";

    @Test
    void readsAViewFromBeforeThereWereMarks() {
        CatalogView view = CatalogJson.readView(("{\"appliedIndex\":9,\"term\":1,\"stampMillis\":5,\"segmentBytes\":64,"
                        + "\"streams\":" + OLD_STREAMS + ",\"epochs\":[],\"segments\":" + OLD_SEGMENTS
                        + ",\"snapshots\":[]}")
                .getBytes(StandardCharsets.UTF_8));
        assertThat(view.freeze()).isNull();
        assertThat(view.throttles()).isNull();
        assertThat(view.segments()).hasSize(2).allMatch(segment -> segment.mark() == null && segment.hold() == null);
    }

    @Test
    void goesOnFromASnapshotFromBeforeThereWereMarks() throws IOException {
        String image = "{\"stampMillis\":5,\"segmentBytes\":64,\"streams\":" + OLD_STREAMS
                + ",\"epochs\":[],\"segments\":" + OLD_SEGMENTS
                + ",\"unattested\":[],\"aborted\":[],\"snapshots\":[],\"members\":[]}";
        CatalogImage read =
                CatalogJson.read(new ByteArrayInputStream(image.getBytes(StandardCharsets.UTF_8)), CatalogImage.class);
        assertThat(read.freeze()).isNull();
        Catalog catalog = new Catalog(read);
        assertThat(catalog.image()).isEqualTo(read);
        catalog.apply(new Command.AcquireLease("a", 1_000));
        assertThat(catalog.apply(
                        new Command.Mark("a", List.of(new SegmentRef(new SegmentId(1, 2), "ab")), "p", "r", "h", 1)))
                .isEqualTo(new CommandResult.Done(1));
    }
}
