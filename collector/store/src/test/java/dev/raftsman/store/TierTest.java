package dev.raftsman.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.catalog.ArchiveView;
import dev.raftsman.catalog.Catalog;
import dev.raftsman.catalog.CatalogJson;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.CommandResult.Done;
import dev.raftsman.catalog.FreezeView;
import dev.raftsman.catalog.HoldView;
import dev.raftsman.catalog.LockView;
import dev.raftsman.catalog.MarkView;
import dev.raftsman.catalog.RefusalReason;
import dev.raftsman.catalog.SegmentRef;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.ThrottleView;
import dev.raftsman.segment.SampleBlocks;
import dev.raftsman.segment.SegmentId;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of sealed segments, and who may say so. */
final class TierTest {
    private static final String SHA = "ab".repeat(32);
    private static final UUID TOKEN = new UUID(0, 1);

    @TempDir
    private Path directory;

    private final SampleBlocks samples = new SampleBlocks();
    private final Entries entries = new Entries();
    private ReplicatedState state;

    @BeforeEach
    void threeSealedSegmentsAndOneActive() throws IOException {
        state = ReplicatedState.open(directory.resolve("data"), StoreSettings.DEFAULT);
        long epoch = entries.open(state, "app", "audit");
        for (int i = 0; i < 4; i++) {
            entries.append(state, epoch, samples.lines(i * 10L, 10, i));
            if (i < 3) {
                entries.change(state, new Command.Seal("acme", "audit", 0));
            }
        }
        assertThat(change(new Command.AcquireLease("one", 1_000))).isEqualTo(new Done(1));
    }

    @AfterEach
    void close() throws IOException {
        state.close();
        samples.close();
    }

    private CommandResult change(Command command) {
        return entries.change(state, command);
    }

    private void assertRefused(Command command, RefusalReason reason) {
        var before = state.view().segments();
        assertThat(change(command))
                .isInstanceOfSatisfying(
                        CommandResult.Refused.class,
                        refused -> assertThat(refused.reason()).isEqualTo(reason));
        assertThat(state.view().segments()).isEqualTo(before);
    }

    private SegmentView segment(int i) {
        return state.view().segments().get(i);
    }

    private Command prepare(UUID token, String key, SegmentRef... segments) {
        return new Command.Prepare("one", token, List.of(segments), "cold", key, "payments", "age", "hash");
    }

    private Command truncate(SegmentRef... segments) {
        return new Command.Truncate("one", List.of(segments), "chatter", "age", "hash");
    }

    @Test
    void archivesWhatWasPreparedAndCommitted() {
        assertThat(change(prepare(TOKEN, "k1", segment(0).ref(), segment(1).ref())))
                .isEqualTo(new Done(2));
        assertThat(segment(0).state()).isEqualTo(SegmentState.SEALED);
        assertThat(segment(0).prepared().token()).isEqualTo(TOKEN);
        assertThat(change(prepare(TOKEN, "k1", segment(1).ref(), segment(0).ref())))
                .as("sent again")
                .isEqualTo(new Done(0));
        LockView lock = new LockView("compliance", 5, false);
        Command commit = new Command.Commit("one", TOKEN, SHA, 777, null, lock);
        assertThat(change(commit)).isEqualTo(new Done(2));
        assertThat(change(commit)).as("sent again").isEqualTo(new Done(0));
        for (int i = 0; i < 2; i++) {
            assertThat(segment(i).state()).isEqualTo(SegmentState.ARCHIVED);
            assertThat(segment(i).prepared()).isNull();
            assertThat(segment(i).archive())
                    .isEqualTo(new ArchiveView(
                            "cold", "k1", SHA, 777, "payments", "age", "hash", TOKEN, null, entries.stampMillis, lock));
        }
        assertRefused(new Command.Commit("one", TOKEN, "cd".repeat(32), 777, null), RefusalReason.UNKNOWN_TOKEN);
        assertRefused(new Command.Abort("one", TOKEN), RefusalReason.USED_TOKEN);
        assertRefused(prepare(TOKEN, "k2", segment(2).ref()), RefusalReason.USED_TOKEN);
        assertRefused(prepare(new UUID(0, 2), "k1", segment(2).ref()), RefusalReason.USED_KEY);
        assertRefused(prepare(new UUID(0, 2), "k2", segment(0).ref()), RefusalReason.WRONG_SEGMENT_STATE);
    }

    @Test
    void retiresTheKeyAndTheTokenOfAnAbort() {
        change(prepare(TOKEN, "k1", segment(0).ref()));
        assertRefused(truncate(segment(0).ref()), RefusalReason.WRONG_SEGMENT_STATE);
        assertThat(change(new Command.Abort("one", TOKEN))).isEqualTo(new Done(1));
        assertThat(change(new Command.Abort("one", TOKEN))).isEqualTo(new Done(0));
        assertThat(segment(0).prepared()).isNull();
        assertRefused(new Command.Commit("one", TOKEN, SHA, 1, null), RefusalReason.UNKNOWN_TOKEN);
        assertRefused(prepare(TOKEN, "k2", segment(0).ref()), RefusalReason.USED_TOKEN);
        assertRefused(prepare(new UUID(0, 2), "k1", segment(0).ref()), RefusalReason.USED_KEY);
        assertThat(change(prepare(new UUID(0, 2), "k2", segment(0).ref()))).isEqualTo(new Done(1));
    }

    @Test
    void refusesAPrepareThatComesAfterItsAbort() {
        assertThat(change(new Command.Abort("one", TOKEN))).isEqualTo(new Done(0));
        assertRefused(prepare(TOKEN, "k1", segment(0).ref()), RefusalReason.USED_TOKEN);
    }

    @Test
    void remembersUploadsOverARestart() throws IOException {
        UUID live = new UUID(0, 2);
        UUID early = new UUID(0, 3);
        change(prepare(TOKEN, "k1", segment(0).ref()));
        change(new Command.Abort("one", TOKEN));
        change(new Command.Abort("one", early));
        change(prepare(live, "k2", segment(1).ref(), segment(2).ref()));
        Path snapshot = directory.resolve("snapshot");
        state.snapshot(snapshot);
        state.close();
        state = ReplicatedState.open(directory.resolve("data"), StoreSettings.DEFAULT, snapshot);
        assertRefused(prepare(TOKEN, "k3", segment(0).ref()), RefusalReason.USED_TOKEN);
        assertRefused(prepare(early, "k3", segment(0).ref()), RefusalReason.USED_TOKEN);
        assertRefused(prepare(new UUID(0, 4), "k1", segment(0).ref()), RefusalReason.USED_KEY);
        assertRefused(prepare(new UUID(0, 4), "k2", segment(0).ref()), RefusalReason.USED_KEY);
        assertThat(change(new Command.Commit("one", live, SHA, 1, null))).isEqualTo(new Done(2));
        assertThat(change(new Command.Abort("one", TOKEN))).isEqualTo(new Done(0));
    }

    @Test
    void preparesAndTruncatesAllOrNothing() {
        SegmentRef active = new SegmentRef(segment(3).id(), SHA);
        SegmentRef unknown = new SegmentRef(new SegmentId(9, 9), SHA);
        SegmentRef other = new SegmentRef(segment(1).id(), SHA);
        assertRefused(prepare(TOKEN, "k1", segment(0).ref(), active), RefusalReason.WRONG_SEGMENT_STATE);
        assertRefused(prepare(TOKEN, "k1", segment(0).ref(), unknown), RefusalReason.UNKNOWN_SEGMENT);
        assertRefused(prepare(TOKEN, "k1", segment(0).ref(), other), RefusalReason.WRONG_SEGMENT_STATE);
        assertRefused(truncate(segment(0).ref(), other), RefusalReason.WRONG_SEGMENT_STATE);
        assertThat(change(truncate(segment(0).ref(), segment(1).ref()))).isEqualTo(new Done(2));
        assertThat(segment(0).state()).isEqualTo(SegmentState.TRUNCATED);
        assertThat(segment(0).truncation().reason()).isEqualTo("age");
        assertRefused(truncate(segment(0).ref()), RefusalReason.WRONG_SEGMENT_STATE);
        assertRefused(prepare(TOKEN, "k1", segment(0).ref()), RefusalReason.WRONG_SEGMENT_STATE);
    }

    @Test
    void listensToTheLeaseHolderOnly() {
        change(prepare(TOKEN, "k1", segment(0).ref()));
        assertRefused(new Command.AcquireLease("two", 1_000), RefusalReason.LEASE_HELD);
        assertRefused(new Command.Abort("two", TOKEN), RefusalReason.NOT_LEASE_HOLDER);
        entries.stampMillis += 1_000;
        assertRefused(new Command.Commit("one", TOKEN, SHA, 1, null), RefusalReason.NOT_LEASE_HOLDER);
        assertThat(change(new Command.AcquireLease("two", 1_000))).isEqualTo(new Done(1));
        assertRefused(new Command.Commit("one", TOKEN, SHA, 1, null), RefusalReason.NOT_LEASE_HOLDER);
        assertRefused(truncate(segment(1).ref()), RefusalReason.NOT_LEASE_HOLDER);
        assertRefused(prepare(new UUID(0, 2), "k2", segment(1).ref()), RefusalReason.NOT_LEASE_HOLDER);
        assertRefused(
                new Command.RecordSnapshot("one", "s1", "cold", "k", List.of(1), 5), RefusalReason.NOT_LEASE_HOLDER);
        assertRefused(new Command.DropSnapshot("one", "s1"), RefusalReason.NOT_LEASE_HOLDER);
        assertThat(change(new Command.Abort("two", TOKEN))).isEqualTo(new Done(1));
        assertThat(change(new Command.AcquireLease("two", 0))).as("given back").isEqualTo(new Done(1));
        assertThat(change(new Command.AcquireLease("one", 5))).isEqualTo(new Done(1));
    }

    @Test
    void recordsSnapshots() {
        Command record = new Command.RecordSnapshot("one", "s1", "cold", "k", List.of(1), 5);
        assertThat(change(record)).isEqualTo(new Done(1));
        assertThat(change(record)).isEqualTo(new Done(0));
        assertRefused(
                new Command.RecordSnapshot("one", "s1", "cold", "k", List.of(1), 6), RefusalReason.USED_SNAPSHOT_ID);
        assertThat(state.view().snapshots()).hasSize(1);
        assertThat(change(new Command.DropSnapshot("one", "s1"))).isEqualTo(new Done(1));
        assertRefused(new Command.DropSnapshot("one", "s1"), RefusalReason.UNKNOWN_SNAPSHOT);
    }

    @Test
    void deletesFilesOnlyAfterASnapshotThatDoesNotNeedThem() throws IOException {
        Path snapshot = directory.resolve("snapshot");
        state.snapshot(snapshot);
        Path archived = file(0);
        Path truncated = file(1);
        change(prepare(TOKEN, "k1", segment(0).ref()));
        change(new Command.Commit("one", TOKEN, SHA, 1, "s1"));
        change(truncate(segment(1).ref()));
        assertThat(archived).exists();
        assertThat(truncated).exists();
        assertThat(state.reclaimableBytes()).isEqualTo(Files.size(archived) + Files.size(truncated));
        state.close();
        state = ReplicatedState.open(directory.resolve("data"), StoreSettings.DEFAULT, snapshot);
        entries.replay(state);
        assertThat(segment(0).archive().snapshotId()).isEqualTo("s1");
        state.snapshot(snapshot);
        assertThat(archived).doesNotExist();
        assertThat(truncated).doesNotExist();
        assertThat(state.reclaimableBytes()).isZero();
        assertThat(file(2)).exists();
        assertThat(state.openForRead(segment(0).id())).isEmpty();
        state.close();
        Files.write(archived, new byte[7]);
        state = ReplicatedState.open(directory.resolve("data"), StoreSettings.DEFAULT, snapshot);
        assertThat(archived)
                .as("left over by a crash, deleted at the next start")
                .doesNotExist();
        assertRefused(new Command.Abort("one", TOKEN), RefusalReason.USED_TOKEN);
        assertRefused(prepare(new UUID(0, 2), "k1", segment(2).ref()), RefusalReason.USED_KEY);
    }

    private Command mark(long graceMillis, SegmentRef... segments) {
        return new Command.Mark("one", List.of(segments), "chatter", "age", "hash", graceMillis);
    }

    private Command expire(SegmentRef... segments) {
        return new Command.Expire("one", List.of(segments), "payments", "keep", "hash");
    }

    private Command unmark(boolean hold, SegmentRef... segments) {
        return new Command.Unmark("alice", List.of(segments), "an incident", hold);
    }

    /** By the stamps of entries: the lease is renewed on the way. */
    private void pass(long millis) {
        entries.stampMillis += millis;
        change(new Command.AcquireLease("one", 1_000));
    }

    @Test
    void deletesAMarkedSegmentOnlyAfterItsTimeOfGrace() throws IOException {
        assertThat(change(mark(500, segment(0).ref(), segment(1).ref()))).isEqualTo(new Done(2));
        long due = entries.stampMillis + 500;
        assertThat(segment(0).mark())
                .isEqualTo(new MarkView("one", "chatter", "age", "hash", entries.stampMillis, due));
        assertThat(state.openForRead(segment(0).id())).as("readable meanwhile").isPresent();
        pass(499);
        assertThat(change(mark(9_000, segment(0).ref()))).as("sent again").isEqualTo(new Done(0));
        assertRefused(truncate(segment(0).ref(), segment(2).ref()), RefusalReason.NOT_DUE);
        pass(1);
        assertThat(change(truncate(segment(0).ref()))).isEqualTo(new Done(1));
        assertThat(segment(0).state()).isEqualTo(SegmentState.TRUNCATED);
        assertThat(segment(0).mark()).isNull();
        assertRefused(unmark(true, segment(0).ref()), RefusalReason.WRONG_SEGMENT_STATE);
    }

    @Test
    void deletesOnlyWhatIsAsItWasWhenThatWasDecided() {
        List<SegmentRef> marked = List.of(segment(0).ref());
        long now = entries.stampMillis;
        assertRefused(new Command.Truncate("one", marked, "chatter", "age", "hash", true, now), RefusalReason.NOT_DUE);
        change(mark(0, segment(0).ref()));
        assertRefused(new Command.Truncate("one", marked, "chatter", "age", "other", true, now), RefusalReason.NOT_DUE);
        assertRefused(
                new Command.Truncate("one", marked, "chatter", "age", "hash", true, now - 3_600_001),
                RefusalReason.NOT_DUE);
        assertRefused(
                new Command.Truncate("one", marked, "chatter", "age", "hash", true, now + 3_600_001),
                RefusalReason.NOT_DUE);
        assertThat(change(new Command.Truncate("one", marked, "chatter", "age", "hash", true, now)))
                .isEqualTo(new Done(1));
    }

    @Test
    void expiresNothingThatASnapshotRefersTo() {
        change(prepare(TOKEN, "k1", segment(0).ref()));
        change(new Command.Commit("one", TOKEN, SHA, 1, null));
        change(new Command.RecordSnapshot(
                "one",
                "s1",
                "cold",
                "snapshots/s1.json",
                List.of(segment(0).streamNumber()),
                segment(0).baseIndex()));
        assertRefused(expire(segment(0).ref()), RefusalReason.WRONG_SEGMENT_STATE);
        change(new Command.DropSnapshot("one", "s1"));
        assertThat(change(expire(segment(0).ref()))).isEqualTo(new Done(1));
    }

    @Test
    void keepsWhatIsHeldUntilItIsReleased() {
        change(mark(500, segment(0).ref()));
        assertThat(change(unmark(true, segment(0).ref(), segment(1).ref()))).isEqualTo(new Done(2));
        assertThat(change(unmark(true, segment(0).ref()))).as("sent again").isEqualTo(new Done(0));
        assertThat(segment(0).mark()).isNull();
        assertThat(segment(0).hold()).isEqualTo(new HoldView("alice", "an incident", entries.stampMillis));
        pass(500);
        assertRefused(mark(0, segment(0).ref()), RefusalReason.HELD);
        assertRefused(truncate(segment(1).ref()), RefusalReason.HELD);
        assertThat(change(prepare(TOKEN, "k1", segment(0).ref())))
                .as("keeping a copy elsewhere deletes nothing")
                .isEqualTo(new Done(1));
        assertThat(change(new Command.Commit("one", TOKEN, SHA, 1, null))).isEqualTo(new Done(1));
        assertRefused(expire(segment(0).ref()), RefusalReason.HELD);
        assertThat(change(new Command.Release("alice", List.of(segment(0).ref()))))
                .isEqualTo(new Done(1));
        assertThat(change(expire(segment(0).ref()))).isEqualTo(new Done(1));
    }

    @Test
    void anUnmarkWithoutAHoldLeavesTheDecisionToThePolicies() {
        change(mark(500, segment(0).ref()));
        assertThat(change(unmark(false, segment(0).ref()))).isEqualTo(new Done(1));
        assertThat(segment(0).hold()).isNull();
        assertThat(change(mark(0, segment(0).ref()))).isEqualTo(new Done(1));
    }

    @Test
    void expiresWhatIsArchivedAndKeepsWhereItWas() {
        assertRefused(expire(segment(0).ref()), RefusalReason.WRONG_SEGMENT_STATE);
        change(prepare(TOKEN, "k1", segment(0).ref()));
        change(new Command.Commit("one", TOKEN, SHA, 1, null));
        change(mark(500, segment(0).ref()));
        assertRefused(expire(segment(0).ref()), RefusalReason.NOT_DUE);
        pass(500);
        assertThat(change(expire(segment(0).ref()))).isEqualTo(new Done(1));
        assertThat(segment(0).state()).isEqualTo(SegmentState.TRUNCATED);
        assertThat(segment(0).truncation().reason()).isEqualTo("keep");
        assertThat(segment(0).archive().key()).isEqualTo("k1");
        assertRefused(prepare(new UUID(0, 2), "k1", segment(1).ref()), RefusalReason.USED_KEY);
    }

    @Test
    void deletesNothingWhileFrozen() {
        change(mark(0, segment(0).ref()));
        assertThat(change(new Command.Freeze("two", "clock"))).isEqualTo(new Done(1));
        assertThat(change(new Command.Freeze("one", "another"))).isEqualTo(new Done(0));
        assertThat(state.view().freeze()).isEqualTo(new FreezeView("two", "clock", entries.stampMillis));
        assertRefused(truncate(segment(0).ref()), RefusalReason.FROZEN);
        assertRefused(truncate(segment(1).ref()), RefusalReason.FROZEN);
        assertRefused(mark(0, segment(1).ref()), RefusalReason.FROZEN);
        assertThat(change(unmark(true, segment(1).ref()))).as("keeping is free").isEqualTo(new Done(1));
        assertThat(change(new Command.Thaw("alice"))).isEqualTo(new Done(1));
        assertThat(change(truncate(segment(0).ref()))).isEqualTo(new Done(1));
    }

    @Test
    void listensToTheLeaseHolderOnlyWhereItDeletes() {
        entries.stampMillis += 1_000;
        assertRefused(mark(0, segment(0).ref()), RefusalReason.NOT_LEASE_HOLDER);
        assertRefused(expire(segment(0).ref()), RefusalReason.NOT_LEASE_HOLDER);
        assertRefused(new Command.Throttle("one", List.of(1), "outage", 5), RefusalReason.NOT_LEASE_HOLDER);
    }

    @Test
    void marksHoldsFreezeAndThrottlesOutliveARestart() throws IOException {
        change(mark(500, segment(0).ref()));
        change(unmark(true, segment(1).ref()));
        change(new Command.Freeze("one", "clock"));
        change(new Command.Throttle("one", List.of(1), "outage", 5));
        CatalogView before = state.view();
        assertThat(before.throttles()).containsExactly(new ThrottleView(1, "outage", entries.stampMillis + 5));
        Path snapshot = directory.resolve("snapshot");
        state.snapshot(snapshot);
        state.close();
        state = ReplicatedState.open(directory.resolve("data"), StoreSettings.DEFAULT, snapshot);
        assertThat(state.view()).isEqualTo(before);
        change(new Command.Throttle("one", List.of(), "", 0));
        assertThat(state.view().throttles()).isNull();
    }

    @Test
    void takesNoBlocksOfAThrottledStreamUntilItIsOverByTheNodesClock() {
        long epoch = segment(0).ranges().get(0).epoch();
        assertThat(state.throttled(epoch, 0)).isEmpty();
        change(new Command.Throttle("one", List.of(segment(0).streamNumber()), "outage", 500));
        long until = entries.stampMillis + 500;
        assertThat(state.throttled(epoch, until - 1)).isEqualTo("outage");
        assertThat(state.throttled(epoch, until)).as("nobody renewed it").isEmpty();
        assertThat(state.throttled(epoch + 1, until - 1)).as("another stream").isEmpty();
    }

    @Test
    void writesNothingThatOlderVersionsDoNotKnowWhereThereIsNothing() throws IOException {
        ByteArrayOutputStream json = new ByteArrayOutputStream();
        CatalogJson.write(json, new Catalog().image());
        assertThat(json.toString(StandardCharsets.UTF_8)).doesNotContain("freeze", "throttles");
        assertThat(new String(CatalogJson.write(state.view()), StandardCharsets.UTF_8))
                .doesNotContain("freeze", "throttles", "mark", "hold");
    }

    private Path file(int i) {
        return ReplicatedState.fileOf(directory.resolve("data"), segment(i).id());
    }
}
