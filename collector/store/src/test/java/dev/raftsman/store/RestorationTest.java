package dev.raftsman.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.catalog.ArchiveView;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.CommandResult.Done;
import dev.raftsman.catalog.EpochState;
import dev.raftsman.catalog.EpochView;
import dev.raftsman.catalog.RefusalReason;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.StreamView;
import dev.raftsman.catalog.Verdict;
import dev.raftsman.event.LossReason;
import dev.raftsman.segment.SampleBlocks;
import dev.raftsman.segment.SegmentReader;
import dev.raftsman.segment.SequenceRange;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An empty state filled with the rows of a lost one. */
final class RestorationTest {
    private static final String ARCHIVE = "archive-1";
    private static final long POSITION = 1L << 32;
    private static final long EPOCH = 1L << 32;

    @TempDir
    private Path directory;

    private final SampleBlocks samples = new SampleBlocks();
    private final Entries lostEntries = new Entries();
    private final Entries entries = new Entries();
    private ReplicatedState lost;
    private ReplicatedState state;
    private CatalogView before;

    /** Stream 2 of three had nothing archived; epochs 1 (open) and 3 (closed) had. */
    @BeforeEach
    void fill() throws IOException {
        lost = ReplicatedState.open(directory.resolve("lost"), StoreSettings.DEFAULT);
        long shop = lostEntries.open(lost, "shop", "orders");
        lostEntries.append(lost, shop, samples.lines(0, 10, 1));
        lostEntries.change(lost, new Command.Seal("acme", "orders", 0));
        long gone = lostEntries.open(lost, "gone", "unarchived");
        lostEntries.append(lost, gone, samples.lines(0, 5, 2));
        long batch = lostEntries.open(lost, "batch", "jobs");
        lostEntries.append(lost, batch, samples.lines(0, 20, 3));
        lostEntries.change(lost, new Command.Seal("acme", "jobs", 0));
        lostEntries.append(lost, batch, samples.lines(20, 3, 4));
        lostEntries.change(lost, new Command.Close(batch, 22, LossReason.NONE, 0));
        before = lost.view();
        state = ReplicatedState.open(directory.resolve("new"), StoreSettings.DEFAULT);
    }

    @AfterEach
    void close() throws IOException {
        lost.close();
        state.close();
        samples.close();
    }

    private static SegmentView archived(SegmentView segment) {
        return segment.archived(new ArchiveView(
                "cold",
                "segments/" + segment.id(),
                segment.sha256(),
                segment.bytes(),
                "rest",
                "hot-age",
                "00ff",
                UUID.nameUUIDFromBytes(segment.id().toString().getBytes(java.nio.charset.StandardCharsets.UTF_8)),
                null,
                1));
    }

    private static EpochView withLast(EpochView epoch, long last) {
        return new EpochView(
                epoch.epoch(),
                epoch.tenant(),
                epoch.producer(),
                epoch.incarnation(),
                epoch.stream(),
                epoch.state(),
                last,
                last + 1,
                0,
                0,
                0,
                0,
                epoch.openedAtMillis(),
                epoch.closedAtMillis());
    }

    private List<Command> commands() {
        List<StreamView> streams = List.of(
                before.stream("acme", "orders").orElseThrow(),
                before.stream("acme", "jobs").orElseThrow());
        List<EpochView> epochs = List.of(
                withLast(before.epoch(1).orElseThrow(), 9),
                withLast(before.epoch(3).orElseThrow(), 22));
        List<SegmentView> segments = before.segments().stream()
                .filter(segment -> segment.state() == SegmentState.SEALED)
                .map(RestorationTest::archived)
                .toList();
        assertThat(segments).hasSize(2);
        return List.of(
                new Command.BeginRestore(ARCHIVE, "file:/archive/", "c1", POSITION, EPOCH),
                new Command.RestoreRows(ARCHIVE, streams, epochs.subList(0, 1), List.of()),
                new Command.RestoreRows(ARCHIVE, List.of(), epochs.subList(1, 2), segments),
                new Command.DeclareLost(ARCHIVE, new SequenceRange(3, 20, 3)),
                new Command.EndRestore(ARCHIVE, 2));
    }

    private void restore() {
        for (Command command : commands()) {
            assertThat(entries.change(state, command)).as(command.toString()).isInstanceOf(Done.class);
        }
    }

    private RefusalReason refused(Command command) {
        return ((CommandResult.Refused) entries.change(state, command)).reason();
    }

    @Test
    void hasTheRowsAndGoesOnBehindThem() throws IOException {
        restore();
        assertThat(state.last(1)).isEqualTo(9);
        assertThat(state.view().epoch(3).orElseThrow().state()).isEqualTo(EpochState.CLOSED);
        assertThat(state.view().epoch(3).orElseThrow().gapEvents()).isEqualTo(3);
        assertThat(state.view().epoch(2)).isEmpty();

        assertThat(entries.open(state, "shop", "orders")).isOne();
        assertThat(entries.append(state, 1, samples.lines(5, 5, 9)).kind()).isEqualTo(Verdict.Kind.DUPLICATE);
        assertThat(entries.append(state, 1, samples.lines(15, 5, 9))).isEqualTo(new Verdict(Verdict.Kind.EXPECTED, 10));
        assertThat(entries.append(state, 1, samples.lines(10, 5, 9)).kind()).isEqualTo(Verdict.Kind.ACCEPTED);
        assertThat(entries.append(state, 3, samples.lines(23, 1, 9)).kind()).isEqualTo(Verdict.Kind.CLOSED);

        // Numbers that the lost cluster gave to others never mean somebody else here.
        long newcomer = entries.open(state, "newcomer", "unarchived");
        assertThat(newcomer).isEqualTo(EPOCH);
        assertThat(entries.append(state, 2, samples.lines(5, 1, 9)).kind()).isEqualTo(Verdict.Kind.UNKNOWN);
        List<SegmentView> orders = state.view()
                .segmentsOf(before.stream("acme", "orders").orElseThrow().number());
        assertThat(orders).hasSize(2);
        assertThat(orders.get(0).state()).isEqualTo(SegmentState.ARCHIVED);
        assertThat(orders.get(1).baseIndex()).isGreaterThan(POSITION);
        assertThat(state.view().position()).isEqualTo(POSITION + state.appliedIndex());
    }

    @Test
    void declaresWhatNobodyWillSendInASegmentOfItsOwn() throws IOException {
        restore();
        List<SegmentView> jobs = state.view()
                .segmentsOf(before.stream("acme", "jobs").orElseThrow().number());
        assertThat(jobs).hasSize(2);
        assertThat(jobs.get(1).state()).isEqualTo(SegmentState.SEALED);
        try (SegmentReader reader = SegmentReader.openWithDigest(
                ReplicatedState.fileOf(directory.resolve("new"), jobs.get(1).id()))) {
            assertThat(reader.next()).isTrue();
            assertThat(reader.block().gapReason()).isEqualTo(LossReason.CLUSTER_LOSS);
            assertThat(reader.block().firstSequence()).isEqualTo(20);
            assertThat(reader.block().count()).isEqualTo(3);
            assertThat(reader.next()).isFalse();
            assertThat(reader.sha256()).isEqualTo(jobs.get(1).sha256());
        }
    }

    @Test
    void beginsAgainFromTheFrontWhereverItWasLeft() {
        List<Command> commands = commands();
        for (int left = 1; left <= commands.size(); left++) {
            for (Command command : commands.subList(0, left)) {
                assertThat(entries.change(state, command)).isInstanceOf(Done.class);
            }
        }
        for (Command command : commands) {
            assertThat(entries.change(state, command)).isEqualTo(new Done(0));
        }
        assertThat(state.view().segments()).hasSize(3);
        assertThat(state.view().epoch(3).orElseThrow().gapEvents()).isEqualTo(3);
    }

    @Test
    void takesNoProducerUntilItIsThrough() {
        List<Command> commands = commands();
        Command.Open open = new Command.Open("acme", "early", new UUID(0, 1), "orders");
        for (Command command : commands.subList(0, commands.size() - 1)) {
            entries.change(state, command);
            assertThat(refused(open)).isEqualTo(RefusalReason.RESTORING);
        }
        assertThat(refused(new Command.EndRestore(ARCHIVE, 3))).isEqualTo(RefusalReason.INVALID);
        entries.change(state, commands.get(commands.size() - 1));
        assertThat(entries.change(state, open)).isInstanceOf(CommandResult.Opened.class);
    }

    @Test
    void nobodyTouchesRowsThatAreHalfThere() {
        List<Command> commands = commands();
        commands.subList(0, 4).forEach(command -> entries.change(state, command));
        assertThat(entries.append(state, 1, samples.lines(10, 5, 9)).kind()).isEqualTo(Verdict.Kind.UNKNOWN);
        assertThat(refused(new Command.Close(1, 9, LossReason.NONE, 0))).isEqualTo(RefusalReason.RESTORING);
        assertThat(refused(new Command.Forget(3))).isEqualTo(RefusalReason.RESTORING);
        assertThat(refused(new Command.AcquireLease("archiver", 1_000))).isEqualTo(RefusalReason.RESTORING);
        entries.change(state, commands.get(4));
        assertThat(entries.append(state, 1, samples.lines(10, 5, 9)).kind()).isEqualTo(Verdict.Kind.ACCEPTED);
        assertThat(entries.change(state, new Command.AcquireLease("archiver", 1_000)))
                .isInstanceOf(Done.class);
    }

    @Test
    void refusesWhatIsNotEmptyOrOfAnotherArchive() {
        assertThat(((CommandResult.Refused) lostEntries.change(lost, commands().get(0))).reason())
                .isEqualTo(RefusalReason.NOT_EMPTY);
        assertThat(refused(commands().get(1))).isEqualTo(RefusalReason.OTHER_RESTORE);
        restore();
        assertThat(refused(new Command.BeginRestore("archive-2", "elsewhere", "c1", POSITION, EPOCH)))
                .isEqualTo(RefusalReason.OTHER_RESTORE);
    }

    @Test
    void goesOnWithTheRowsItBeganWithOrNotAtAll() {
        List<Command> commands = commands();
        commands.subList(0, 3).forEach(command -> entries.change(state, command));
        Command.BeginRestore grown = new Command.BeginRestore(ARCHIVE, "file:/archive/", "c2", POSITION, EPOCH);
        assertThat(refused(grown)).isEqualTo(RefusalReason.OTHER_CONTENTS);
        commands.forEach(command -> assertThat(entries.change(state, command)).isInstanceOf(Done.class));
        assertThat(entries.change(state, grown))
                .as("an archive grows afterwards")
                .isEqualTo(new Done(0));
    }

    private EpochView epoch(long number) {
        return state.view().epoch(number).orElseThrow();
    }

    @Test
    void declaresWhatIsKnownOfAProducerThatDoesNotCome() throws IOException {
        restore();
        Command.Abandon abandon = new Command.Abandon(1, 9, 14);
        assertThat(entries.change(state, abandon)).isEqualTo(new Done(1));
        assertThat(entries.change(state, abandon)).as("sent again").isEqualTo(new Done(0));
        assertThat(epoch(1).state()).isEqualTo(EpochState.ABANDONED);
        assertThat(epoch(1).last()).isEqualTo(14);
        assertThat(epoch(1).events()).isEqualTo(10);
        assertThat(epoch(1).gapEvents()).isEqualTo(5);
        entries.change(state, new Command.Seal("acme", "orders", 0));
        List<SegmentView> orders = state.view().segmentsOf(epoch(1).stream());
        try (SegmentReader reader = SegmentReader.openWithDigest(
                ReplicatedState.fileOf(directory.resolve("new"), orders.get(1).id()))) {
            assertThat(reader.next()).isTrue();
            assertThat(reader.block().gapReason()).isEqualTo(LossReason.CLUSTER_LOSS);
            assertThat(reader.block().firstSequence()).isEqualTo(10);
            assertThat(reader.block().count()).isEqualTo(5);
            assertThat(reader.next()).isFalse();
        }
    }

    @Test
    void aProducerThatWasGivenUpTooSoonGoesOnBehindWhatIsDeclared() {
        restore();
        entries.change(state, new Command.Abandon(1, 9, 14));
        assertThat(entries.change(state, new Command.Open("acme", "shop", new UUID(0, "shop".hashCode()), "orders")))
                .isEqualTo(new CommandResult.Opened(1, 14, EpochState.ABANDONED));
        assertThat(refused(new Command.Forget(1))).isEqualTo(RefusalReason.OPEN_EPOCH);
        assertThat(entries.append(state, 1, samples.lines(10, 5, 9)).kind()).isEqualTo(Verdict.Kind.DUPLICATE);
        assertThat(entries.append(state, 1, samples.lines(16, 5, 9))).isEqualTo(new Verdict(Verdict.Kind.EXPECTED, 15));
        assertThat(epoch(1).state()).isEqualTo(EpochState.ABANDONED);
        assertThat(entries.append(state, 1, samples.lines(15, 5, 9)).kind()).isEqualTo(Verdict.Kind.ACCEPTED);
        assertThat(epoch(1).state()).isEqualTo(EpochState.OPEN);
        assertThat(refused(new Command.Abandon(1, 14, 14))).isEqualTo(RefusalReason.EXPECTED);
        assertThat(entries.change(state, new Command.Abandon(1, 19, 19))).isEqualTo(new Done(1));
        assertThat(entries.change(state, new Command.Close(1, 19, LossReason.NONE, 0)))
                .isEqualTo(new Done(1));
        assertThat(epoch(1).state()).isEqualTo(EpochState.CLOSED);
        assertThat(refused(new Command.Abandon(1, 19, 19))).isEqualTo(RefusalReason.CLOSED_EPOCH);
    }

    @Test
    void abandonsNobodyButTheRestored() {
        Command.Abandon abandon = new Command.Abandon(1, 9, 9);
        assertThat(refused(abandon)).isEqualTo(RefusalReason.OTHER_RESTORE);
        commands().subList(0, 4).forEach(command -> entries.change(state, command));
        assertThat(refused(abandon)).isEqualTo(RefusalReason.RESTORING);
        entries.change(state, commands().get(4));
        assertThat(refused(new Command.Abandon(2, -1, 4))).isEqualTo(RefusalReason.UNKNOWN_EPOCH);
        long newcomer = entries.open(state, "newcomer", "unarchived");
        assertThat(refused(new Command.Abandon(newcomer, -1, 4))).isEqualTo(RefusalReason.UNKNOWN_EPOCH);
        assertThat(entries.change(state, abandon)).isEqualTo(new Done(1));
    }

    @Test
    void refusesRowsThatContradictOthers() {
        List<Command> commands = commands();
        entries.change(state, commands.get(0));
        entries.change(state, commands.get(1));
        EpochView shop = withLast(before.epoch(1).orElseThrow(), 8);
        StreamView orders = before.stream("acme", "orders").orElseThrow();
        SegmentView hot = before.segments().get(0);
        for (Command wrong : List.of(
                new Command.RestoreRows(ARCHIVE, List.of(), List.of(shop), List.of()),
                new Command.RestoreRows(
                        ARCHIVE, List.of(new StreamView(orders.number(), "acme", "other", 1)), List.of(), List.of()),
                new Command.RestoreRows(ARCHIVE, List.of(new StreamView(9, "acme", "orders", 1)), List.of(), List.of()),
                new Command.RestoreRows(
                        ARCHIVE, List.of(), List.of(before.epoch(2).orElseThrow()), List.of()),
                new Command.RestoreRows(ARCHIVE, List.of(), List.of(), List.of(hot)))) {
            assertThat(refused(wrong)).as(wrong.toString()).isEqualTo(RefusalReason.INVALID);
        }
    }

    @Test
    void isTheSameAfterASnapshotAndAfterTheLogIsAppliedAgain() throws IOException {
        List<Command> commands = commands();
        commands.subList(0, 4).forEach(command -> entries.change(state, command));
        Path snapshot = directory.resolve("snapshot");
        state.snapshot(snapshot);
        entries.change(state, commands.get(4));
        entries.append(state, 1, samples.lines(10, 5, 9));
        entries.append(state, entries.open(state, "late", "unarchived"), samples.lines(0, 2, 9));
        entries.change(state, new Command.Abandon(1, 14, 20));
        CatalogView view = state.view();
        TreeMap<String, ByteBuffer> files = Entries.files(directory.resolve("new"));

        state.close();
        state = ReplicatedState.open(directory.resolve("new"), StoreSettings.DEFAULT, snapshot);
        assertThat(Entries.files(directory.resolve("new"))).hasSize(1);
        assertThat(refused(new Command.Open("acme", "x", new UUID(0, 9), "y"))).isEqualTo(RefusalReason.RESTORING);
        state.close();
        state = ReplicatedState.open(directory.resolve("new"), StoreSettings.DEFAULT, snapshot);
        entries.replay(state, view.appliedIndex() + 1);
        assertThat(state.view()).isEqualTo(view);
        assertThat(Entries.files(directory.resolve("new"))).isEqualTo(files);
    }
}
