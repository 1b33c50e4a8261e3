package dev.raftsman.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.raftsman.block.GapBlock;
import dev.raftsman.catalog.CatalogJson;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.EpochState;
import dev.raftsman.catalog.EpochView;
import dev.raftsman.catalog.RefusalReason;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.Verdict;
import dev.raftsman.catalog.Verdict.Kind;
import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import dev.raftsman.segment.OffsetCounter;
import dev.raftsman.segment.SampleBlocks;
import dev.raftsman.segment.SegmentFile;
import dev.raftsman.segment.SegmentReader;
import dev.raftsman.segment.SequenceRange;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ReplicatedStateTest {
    @TempDir
    private Path directory;

    private final SampleBlocks samples = new SampleBlocks();
    private final Entries entries = new Entries();
    private ReplicatedState state;

    @BeforeEach
    void open() throws IOException {
        state = ReplicatedState.open(directory.resolve("data"), StoreSettings.DEFAULT);
    }

    @AfterEach
    void close() throws IOException {
        state.close();
        samples.close();
    }

    private static void assertRefused(CommandResult result, RefusalReason reason) {
        assertThat(result)
                .isInstanceOfSatisfying(
                        CommandResult.Refused.class,
                        refused -> assertThat(refused.reason()).isEqualTo(reason));
    }

    @Test
    void givesTheSameEpochToTheSameIncarnation() {
        UUID incarnation = new UUID(1, 1);
        Command.Open open = new Command.Open("acme", "app", incarnation, "audit");
        assertThat(entries.change(state, open)).isEqualTo(new CommandResult.Opened(1, -1, EpochState.OPEN));
        entries.append(state, 1, samples.lines(0, 5, 1));
        assertThat(entries.change(state, open)).isEqualTo(new CommandResult.Opened(1, 4, EpochState.OPEN));
        assertThat(entries.change(state, new Command.Open("acme", "app", new UUID(1, 2), "audit")))
                .as("another incarnation, while the first is open")
                .isEqualTo(new CommandResult.Opened(2, -1, EpochState.OPEN));
        assertThat(entries.change(state, new Command.Open("acme", "app", incarnation, "other")))
                .isEqualTo(new CommandResult.Opened(3, -1, EpochState.OPEN));
        assertThat(entries.change(state, new Command.Open("evil", "app", incarnation, "audit")))
                .isEqualTo(new CommandResult.Opened(4, -1, EpochState.OPEN));
        assertThat(state.view().streams()).extracting("number").containsExactly(1, 2, 3);
    }

    @Test
    void acceptsOnlyWhatBeginsBehindTheLast() {
        long epoch = entries.open(state, "app", "audit");
        ByteBuffer first = samples.lines(0, 10, 1);
        ByteBuffer second = samples.lines(10, 5, 2);
        assertThat(entries.append(state, epoch, second)).isEqualTo(new Verdict(Kind.EXPECTED, 0));
        assertThat(entries.append(state, epoch, first)).isEqualTo(new Verdict(Kind.ACCEPTED, 9));
        assertThat(entries.append(state, epoch, first)).isEqualTo(new Verdict(Kind.DUPLICATE, 9));
        assertThat(entries.append(state, epoch, second)).isEqualTo(new Verdict(Kind.ACCEPTED, 14));
        assertThat(entries.append(state, epoch, samples.lines(12, 5, 3)))
                .as("partly stored")
                .isEqualTo(new Verdict(Kind.EXPECTED, 15));
        assertThat(entries.append(state, epoch, samples.lines(0, 10, 99)))
                .as("the same sequences, other bytes")
                .isEqualTo(new Verdict(Kind.CONFLICT, 14));
        assertThat(entries.append(state, epoch, samples.lines(2, 3, 1)))
                .as("cut otherwise: nothing to compare with")
                .isEqualTo(new Verdict(Kind.DUPLICATE, 14));
        assertThat(entries.append(state, 77, first)).isEqualTo(new Verdict(Kind.UNKNOWN, 0));
        EpochView view = state.epoch(epoch).orElseThrow();
        assertThat(view.last()).isEqualTo(14).isEqualTo(state.last(epoch));
        assertThat(view.duplicatesRefused()).isEqualTo(2);
        assertThat(view.conflictsRefused()).isEqualTo(1);
        assertThat(view.events()).isEqualTo(15);
    }

    /**
     * Sent, on its way still when its sidecar starts again and cannot read its log any more: the block arrives first, then
     * the gap that was declared in its place. A conflict would stop the source for good.
     */
    @Test
    void aGapInPlaceOfWhatIsStoredIsADuplicate() {
        long epoch = entries.open(state, "app", "audit");
        entries.append(state, epoch, samples.lines(0, 10, 1));
        assertThat(entries.append(state, epoch, SampleBlocks.gap(0, 10))).isEqualTo(new Verdict(Kind.DUPLICATE, 9));
        ByteBuffer declaredBefore = GapBlock.encode(10, 5, LossReason.DAMAGED, 1);
        ByteBuffer declaredAgain = GapBlock.encode(10, 5, LossReason.DAMAGED, 2);
        entries.append(state, epoch, declaredBefore);
        assertThat(entries.append(state, epoch, declaredAgain)).isEqualTo(new Verdict(Kind.DUPLICATE, 14));
        EpochView view = state.epoch(epoch).orElseThrow();
        assertThat(view.conflictsRefused()).isZero();
        assertThat(view.events()).isEqualTo(10);
        assertThat(view.gapEvents()).isEqualTo(5);
    }

    /** So that offsets, which count within an entry, hold wherever a reader begins. */
    @Test
    void theBlocksOfAnEntryLieInOneSegmentInTheirOrderHoweverMany() throws IOException {
        entries.change(state, new Command.Configure(1_000));
        long one = entries.open(state, "one", "audit");
        long two = entries.open(state, "two", "audit");
        entries.append(
                state,
                new EpochBlock(one, samples.lines(0, 60, Loss.NONE, 50, 1)),
                new EpochBlock(two, samples.lines(0, 60, Loss.NONE, 50, 2)),
                new EpochBlock(one, samples.lines(60, 60, Loss.NONE, 50, 3)));
        entries.append(state, one, samples.lines(120, 1, 4));
        List<SegmentView> segments = state.view().segments();
        assertThat(segments).extracting(SegmentView::state).containsExactly(SegmentState.SEALED, SegmentState.OPEN);
        assertThat(offsets(segments.get(0))).containsExactly("3.0 one", "3.60 two", "3.120 one");
        assertThat(offsets(segments.get(1))).containsExactly("4.0 one");
    }

    private List<String> offsets(SegmentView segment) throws IOException {
        List<String> found = new ArrayList<>();
        OffsetCounter counter = new OffsetCounter();
        try (SegmentReader reader =
                SegmentReader.open(ReplicatedState.fileOf(directory.resolve("data"), segment.id()))) {
            while (reader.next()) {
                found.add(counter.first(reader.raftIndex(), reader.block()) + " "
                        + reader.epochInfo().producer());
            }
        }
        return found;
    }

    @Test
    void judgesTheBlocksOfOneEntryInTheirOrder() {
        long epoch = entries.open(state, "app", "audit");
        ByteBuffer first = samples.lines(0, 10, 1);
        assertThat(entries.append(
                        state,
                        new EpochBlock(epoch, first),
                        new EpochBlock(epoch, samples.lines(11, 1, 2)),
                        new EpochBlock(epoch, first),
                        new EpochBlock(epoch, samples.lines(10, 1, 3))))
                .containsExactly(
                        new Verdict(Kind.ACCEPTED, 9),
                        new Verdict(Kind.EXPECTED, 10),
                        new Verdict(Kind.DUPLICATE, 9),
                        new Verdict(Kind.ACCEPTED, 10));
    }

    @Test
    void answersWhatIsNoBlockAndWhatIsNoEntry() {
        long epoch = entries.open(state, "app", "audit");
        ByteBuffer broken = samples.lines(0, 3, 1);
        broken.put(broken.limit() - 1, (byte) ~broken.get(broken.limit() - 1));
        assertThat(entries.append(state, epoch, broken)).isEqualTo(new Verdict(Kind.MALFORMED, 0));
        assertThat(state.last(epoch)).isEqualTo(-1);
        byte[][] garbage = {
            {},
            {1},
            new byte[200],
            {9, 1, 0, 0, 0, 0, 0, 0, 0, 0},
            "\1\2........{\"command\":\"x\"}".getBytes(java.nio.charset.StandardCharsets.US_ASCII)
        };
        for (byte[] bytes : garbage) {
            Reply reply =
                    Reply.decode(ByteBuffer.wrap(state.apply(1, state.appliedIndex() + 1, ByteBuffer.wrap(bytes))));
            assertRefused(((Reply.ChangeReply) reply).result(), RefusalReason.INVALID);
        }
    }

    @Test
    void closesAnEpochOnlyAtItsLastSequence() {
        long epoch = entries.open(state, "app", "audit");
        entries.append(state, epoch, samples.lines(0, 10, new Loss(LossReason.RING_FULL, 3), 10, 1));
        assertRefused(entries.change(state, new Command.Close(epoch, 14, LossReason.NONE, 0)), RefusalReason.EXPECTED);
        assertRefused(entries.change(state, new Command.Close(epoch, 8, LossReason.NONE, 0)), RefusalReason.EXPECTED);
        assertThat(entries.append(state, epoch, SampleBlocks.gap(10, 5))).isEqualTo(new Verdict(Kind.ACCEPTED, 14));
        Command.Close close = new Command.Close(epoch, 14, LossReason.QUOTA, 2);
        assertThat(entries.change(state, close)).isEqualTo(new CommandResult.Done(1));
        assertThat(entries.change(state, close)).as("sent again").isEqualTo(new CommandResult.Done(0));
        assertThat(entries.append(state, epoch, samples.lines(15, 1, 2))).isEqualTo(new Verdict(Kind.CLOSED, 0));
        EpochView view = state.epoch(epoch).orElseThrow();
        assertThat(view.state()).isEqualTo(EpochState.CLOSED);
        assertThat(view.events()).isEqualTo(10);
        assertThat(view.gapEvents()).isEqualTo(5);
        assertThat(view.lostEvents()).isEqualTo(5);
        assertRefused(
                entries.change(state, new Command.Close(88, -1, LossReason.NONE, 0)), RefusalReason.UNKNOWN_EPOCH);
    }

    @Test
    void neverTakesAForgottenEpochForANewOne() {
        Command.Open open = new Command.Open("acme", "app", new UUID(1, 1), "audit");
        entries.change(state, open);
        assertRefused(entries.change(state, new Command.Forget(1)), RefusalReason.OPEN_EPOCH);
        entries.change(state, new Command.Close(1, -1, LossReason.NONE, 0));
        assertThat(entries.change(state, open)).isEqualTo(new CommandResult.Opened(1, -1, EpochState.CLOSED));
        assertThat(entries.change(state, new Command.Forget(1))).isEqualTo(new CommandResult.Done(1));
        assertThat(entries.change(state, new Command.Forget(1))).isEqualTo(new CommandResult.Done(0));
        assertThat(entries.change(state, open)).isEqualTo(new CommandResult.Opened(1, -1, EpochState.FORGOTTEN));
        assertThat(entries.append(state, 1, samples.lines(0, 1, 1))).isEqualTo(new Verdict(Kind.FORGOTTEN, 0));
        assertRefused(
                entries.change(state, new Command.Close(1, -1, LossReason.NONE, 0)), RefusalReason.FORGOTTEN_EPOCH);
        assertRefused(entries.change(state, new Command.Forget(2)), RefusalReason.UNKNOWN_EPOCH);
    }

    @Test
    void sealsBySizeAtTheEndOfAnEntry() throws IOException {
        entries.change(state, new Command.Configure(2_000));
        long one = entries.open(state, "one", "audit");
        long two = entries.open(state, "two", "audit");
        long base = entries.next();
        entries.append(
                state,
                new EpochBlock(one, samples.lines(0, 50, 1)),
                new EpochBlock(two, samples.lines(0, 50, 2)),
                new EpochBlock(one, samples.lines(50, 50, 3)));
        List<SegmentView> segments = state.view().segments();
        assertThat(segments).hasSize(1);
        SegmentView sealed = segments.get(0);
        assertThat(sealed.state()).isEqualTo(SegmentState.SEALED);
        assertThat(sealed.baseIndex()).isEqualTo(base);
        assertThat(sealed.bytes()).isGreaterThan(2_000);
        assertThat(sealed.ranges()).containsExactly(new SequenceRange(one, 0, 100), new SequenceRange(two, 0, 50));
        try (SegmentFile file = state.openForRead(sealed.id()).orElseThrow();
                SegmentReader reader = SegmentReader.openWithDigest(file.path())) {
            assertThat(file.length()).isEqualTo(sealed.bytes()).isEqualTo(Files.size(file.path()));
            while (reader.next()) {
                assertThat(reader.raftIndex()).isEqualTo(base);
            }
            assertThat(reader.sha256()).isEqualTo(sealed.sha256());
            assertThat(reader.totals().ranges()).isEqualTo(sealed.ranges());
        }
        entries.append(state, one, samples.lines(100, 1, 4));
        assertThat(state.view().segments()).hasSize(2);
        assertThat(state.view().segments().get(1).state()).isEqualTo(SegmentState.OPEN);
        assertThat(state.view().segments().get(1).ranges()).containsExactly(new SequenceRange(one, 100, 1));
    }

    @Test
    void sealsByCommandWhatIsNamedAndOldEnough() {
        long audit = entries.open(state, "app", "audit");
        long chatter = entries.open(state, "app2", "chatter");
        entries.append(state, audit, samples.lines(0, 1, 1));
        entries.stampMillis += 10_000;
        entries.append(state, chatter, samples.lines(0, 1, 1));
        assertThat(entries.change(state, new Command.Seal(null, "*", 10_001))).isEqualTo(new CommandResult.Done(0));
        assertThat(entries.change(state, new Command.Seal("other", "*", 0))).isEqualTo(new CommandResult.Done(0));
        assertThat(entries.change(state, new Command.Seal("acme", "*", 10_000))).isEqualTo(new CommandResult.Done(1));
        assertThat(state.view().segmentsOf(1)).extracting(SegmentView::state).containsExactly(SegmentState.SEALED);
        assertThat(state.view().segmentsOf(2)).extracting(SegmentView::state).containsExactly(SegmentState.OPEN);
        assertThat(entries.change(state, new Command.Seal("acme", "chatter", 0)))
                .isEqualTo(new CommandResult.Done(1));
        assertThat(entries.change(state, new Command.Seal("acme", "chatter", 0)))
                .isEqualTo(new CommandResult.Done(0));
    }

    @Test
    void keepsTimeFromGoingBack() {
        long epoch = entries.open(state, "app", "audit");
        long before = entries.stampMillis;
        entries.stampMillis = 5;
        entries.append(state, epoch, samples.lines(0, 1, 1));
        assertThat(state.view().stampMillis()).isEqualTo(before);
        assertThat(state.view().segments().get(0).openedAtMillis()).isEqualTo(before);
    }

    @Test
    void showsAnImmutableViewOfEachIndex() {
        long epoch = entries.open(state, "app", "audit");
        CatalogView before = state.view();
        assertThat(state.view()).isSameAs(before);
        entries.append(state, epoch, samples.lines(0, 7, 1));
        CatalogView after = state.view();
        assertThat(before.epoch(epoch).orElseThrow().last()).isEqualTo(-1);
        assertThat(after.epoch(epoch).orElseThrow().last()).isEqualTo(6);
        assertThat(after.appliedIndex()).isEqualTo(before.appliedIndex() + 1);
        assertThat(after.segment(after.segments().get(0).id())).isPresent();
        assertThat(CatalogJson.readView(CatalogJson.write(after))).isEqualTo(after);
    }

    @Test
    void refusesAnIndexThatWasApplied() {
        entries.open(state, "app", "audit");
        state.advance(2, 5);
        assertThat(state.appliedTerm()).isEqualTo(2);
        assertThatThrownBy(() -> state.advance(2, 5)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> state.apply(2, 4, ByteBuffer.allocate(0)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void readsASegmentThatIsDeletedMeanwhileToItsEnd() throws IOException {
        long epoch = entries.open(state, "app", "audit");
        entries.append(state, epoch, samples.lines(0, 5, 1));
        SegmentView open = state.view().segments().get(0);
        try (SegmentFile file = state.openForRead(open.id()).orElseThrow()) {
            entries.append(state, epoch, samples.lines(5, 5, 1));
            Files.delete(file.path());
            ByteBuffer bytes = ByteBuffer.allocate((int) file.length());
            assertThat(file.channel().read(bytes, 0)).isEqualTo((int) open.bytes());
        }
        assertThat(state.openForRead(open.id())).isEmpty();
    }
}
