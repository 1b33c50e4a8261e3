package dev.raftsman.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.block.Block;
import dev.raftsman.block.BlockKind;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.EpochState;
import dev.raftsman.catalog.EpochView;
import dev.raftsman.catalog.SegmentRef;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.StreamView;
import dev.raftsman.catalog.Verdict;
import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import dev.raftsman.segment.SampleBlocks;
import dev.raftsman.segment.SegmentReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random entries against a naive twin of the tables, and against a second state that is fed the same but loses power on the
 * way: all answers, files and snapshots must be equal.
 *
 * <p>In {@code surefire.argLine}: {@code -Draftsman.seed=N} runs one seed, {@code -Draftsman.seeds=N} so many.
 */
final class ReplicatedStateModelTest {
    private static final int SEEDS = Integer.getInteger("raftsman.seeds", 6);
    private static final int STEPS = 250;

    @TempDir
    private Path directory;

    static List<Long> seeds() {
        Long one = Long.getLong("raftsman.seed");
        if (one != null) {
            return List.of(one);
        }
        Random random = new Random();
        List<Long> seeds = new ArrayList<>();
        for (int i = 0; i < SEEDS; i++) {
            seeds.add(random.nextLong());
        }
        return seeds;
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void agreesWithTheTwinAndWithItselfAfterPowerCuts(long seed) throws IOException {
        try (Run run = new Run(directory.resolve("run"), seed)) {
            run.all();
        } catch (AssertionError | RuntimeException | IOException e) {
            throw new AssertionError("seed " + seed + ": -Draftsman.seed=" + seed, e);
        }
    }

    /** An epoch as a child would write it down. */
    private static final class TwinEpoch {
        final int stream;
        EpochState state = EpochState.OPEN;
        final List<ByteBuffer> stored = new ArrayList<>();
        long events;
        long gaps;
        long lost;

        TwinEpoch(int stream) {
            this.stream = stream;
        }

        long last() {
            return stored.isEmpty()
                    ? -1
                    : Block.wrap(stored.get(stored.size() - 1)).endSequence();
        }
    }

    private record Stored(long epoch, ByteBuffer block) {}

    private static final class Run implements AutoCloseable {
        private final Path root;
        private final Random random;
        private final Entries entries = new Entries();
        private final SampleBlocks samples = new SampleBlocks();
        private final List<byte[]> replies = new ArrayList<>();
        private final ReplicatedState steady;

        private ReplicatedState shaky;
        private Path shakyData;
        private Path shakySnapshot;
        private SnapshotManifest shakyManifest;
        private CapturedSnapshot captured;
        private int crashes;

        private final Map<Command.Open, Long> epochNumbers = new HashMap<>();
        private final List<TwinEpoch> epochs = new ArrayList<>();
        private final Map<String, Integer> streams = new HashMap<>();
        private final Map<Integer, List<Stored>> contents = new TreeMap<>();
        private final Set<UUID> usedTokens = new HashSet<>();
        private final Set<String> usedKeys = new HashSet<>();
        private final Map<UUID, List<SegmentRef>> live = new HashMap<>();
        private String leaseOwner = "";
        private long leaseUntil;
        private long now;

        Run(Path root, long seed) throws IOException {
            this.root = root;
            this.random = new Random(seed);
            steady = ReplicatedState.open(root.resolve("steady"), StoreSettings.DEFAULT);
            shakyData = root.resolve("shaky-0");
            shaky = ReplicatedState.open(shakyData, new StoreSettings(StoreSettings.DEFAULT.spaceWait(), 20_000));
        }

        void all() throws IOException {
            entries.change(steady, new Command.Configure(60_000));
            for (int i = 0; i < STEPS; i++) {
                step();
                replayOnShaky();
                if (random.nextInt(12) == 0) {
                    snapshotShaky();
                }
                if (random.nextInt(25) == 0) {
                    cutPower();
                    replayOnShaky();
                }
            }
            compareWithTwin();
            compareStates();
        }

        private void replayOnShaky() {
            long from = shaky.appliedIndex() + 1;
            List<byte[]> found = entries.replay(shaky);
            for (int i = 0; i < found.size(); i++) {
                int index = (int) from + i;
                if (index < replies.size()) {
                    assertThat(found.get(i)).as("the reply at %s", index).isEqualTo(replies.get(index));
                } else {
                    replies.add(found.get(i));
                }
            }
        }

        private void step() throws IOException {
            entries.stampMillis += random.nextInt(5) == 0 ? -random.nextInt(2_000) : random.nextInt(1_000);
            now = Math.max(entries.greatestStampMillis, entries.stampMillis);
            int dice = random.nextInt(100);
            if (dice < 8 || epochs.isEmpty()) {
                open();
            } else if (dice < 70) {
                append();
            } else if (dice < 74) {
                closeEpoch();
            } else if (dice < 77) {
                forget();
            } else if (dice < 81) {
                seal();
            } else if (dice < 86) {
                lease();
            } else if (dice < 91) {
                prepare();
            } else if (dice < 95) {
                commitOrAbort();
            } else if (dice < 97) {
                truncate();
            } else if (dice < 98) {
                entries.applyGarbage(steady, random);
            } else {
                assertThat(entries.change(steady, new Command.RecordSnapshot(owner(), "s", "t", "k", List.of(), 1)))
                        .isNotNull();
            }
        }

        private String owner() {
            return random.nextBoolean() ? "one" : "two";
        }

        private boolean holdsLease(String owner) {
            return leaseOwner.equals(owner) && leaseUntil > now;
        }

        private void open() {
            Command.Open open = new Command.Open(
                    random.nextBoolean() ? "acme" : "umbrella",
                    "producer-" + random.nextInt(3),
                    new UUID(0, random.nextInt(2)),
                    "stream-" + random.nextInt(3));
            Long number = epochNumbers.get(open);
            if (number == null) {
                number = epochs.size() + 1L;
                epochNumbers.put(open, number);
                int stream = streams.computeIfAbsent(open.tenant() + " " + open.stream(), name -> streams.size() + 1);
                epochs.add(new TwinEpoch(stream));
            }
            TwinEpoch epoch = epochs.get(number.intValue() - 1);
            assertThat(entries.change(steady, open))
                    .isEqualTo(new CommandResult.Opened(number, epoch.last(), epoch.state));
        }

        private void append() {
            int count = 1 + random.nextInt(5);
            List<EpochBlock> blocks = new ArrayList<>();
            List<Verdict> expected = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                long number = 1 + random.nextInt(epochs.size() + (random.nextInt(20) == 0 ? 1 : 0));
                ByteBuffer block = block(number);
                blocks.add(new EpochBlock(number, block));
                expected.add(judge(number, block));
            }
            assertThat(entries.append(steady, blocks.toArray(new EpochBlock[0])))
                    .isEqualTo(expected);
        }

        private ByteBuffer block(long number) {
            TwinEpoch epoch = number > epochs.size() ? new TwinEpoch(0) : epochs.get((int) number - 1);
            int count = 1 + random.nextInt(20);
            Loss loss = random.nextInt(6) == 0 ? new Loss(LossReason.QUOTA, 1 + random.nextInt(9)) : Loss.NONE;
            int lineBytes = random.nextInt(5) == 0 ? 2_000 : 30;
            int dice = random.nextInt(10);
            if (dice < 6 || epoch.stored.isEmpty()) {
                return samples.lines(epoch.last() + 1, count, loss, lineBytes, random.nextLong());
            } else if (dice < 7) {
                return SampleBlocks.gap(epoch.last() + 1, count);
            } else if (dice < 9) {
                return epoch.stored.get(random.nextInt(epoch.stored.size()));
            }
            long first = Math.max(0, epoch.last() + random.nextInt(40) - 20);
            return samples.lines(first, count, loss, lineBytes, random.nextLong());
        }

        private Verdict judge(long number, ByteBuffer encoded) {
            if (number > epochs.size()) {
                return new Verdict(Verdict.Kind.UNKNOWN, 0);
            }
            TwinEpoch epoch = epochs.get((int) number - 1);
            if (epoch.state != EpochState.OPEN) {
                return new Verdict(epoch.state == EpochState.CLOSED ? Verdict.Kind.CLOSED : Verdict.Kind.FORGOTTEN, 0);
            }
            Block block = Block.wrap(encoded);
            long last = epoch.last();
            if (block.firstSequence() == last + 1) {
                epoch.stored.add(encoded);
                epoch.lost += block.lostCount();
                epoch.gaps += block.kind() == BlockKind.GAP ? block.count() : 0;
                epoch.events += block.kind() == BlockKind.GAP ? 0 : block.count();
                contents.computeIfAbsent(epoch.stream, stream -> new ArrayList<>())
                        .add(new Stored(number, encoded));
                return new Verdict(Verdict.Kind.ACCEPTED, block.endSequence());
            }
            if (block.endSequence() > last) {
                return new Verdict(Verdict.Kind.EXPECTED, last + 1);
            }
            int remembered = 64;
            for (ByteBuffer stored :
                    epoch.stored.subList(Math.max(0, epoch.stored.size() - remembered), epoch.stored.size())) {
                Block other = Block.wrap(stored);
                if (block.kind() != BlockKind.GAP
                        && other.firstSequence() == block.firstSequence()
                        && other.count() == block.count()
                        && !stored.equals(encoded)) {
                    return new Verdict(Verdict.Kind.CONFLICT, last);
                }
            }
            return new Verdict(Verdict.Kind.DUPLICATE, last);
        }

        private void closeEpoch() {
            int number = 1 + random.nextInt(epochs.size());
            TwinEpoch epoch = epochs.get(number - 1);
            long last = epoch.last() + (random.nextInt(3) == 0 ? random.nextInt(5) - 2 : 0);
            int lost = random.nextInt(3);
            CommandResult result = entries.change(
                    steady, new Command.Close(number, last, lost == 0 ? LossReason.NONE : LossReason.QUOTA, lost));
            boolean legal = epoch.state != EpochState.FORGOTTEN && last == epoch.last();
            assertThat(result.ok()).isEqualTo(legal);
            if (legal && epoch.state == EpochState.OPEN) {
                epoch.state = EpochState.CLOSED;
                epoch.lost += lost;
            }
        }

        private void forget() {
            int number = 1 + random.nextInt(epochs.size());
            TwinEpoch epoch = epochs.get(number - 1);
            CommandResult result = entries.change(steady, new Command.Forget(number));
            assertThat(result.ok()).isEqualTo(epoch.state != EpochState.OPEN);
            epoch.state = result.ok() ? EpochState.FORGOTTEN : epoch.state;
        }

        private void seal() {
            long age = random.nextInt(2_000);
            long matching = steady.view().segments().stream()
                    .filter(segment -> segment.state() == SegmentState.OPEN)
                    .filter(segment -> segment.tenant().equals("acme") && now - segment.openedAtMillis() >= age)
                    .count();
            assertThat(entries.change(steady, new Command.Seal("acme", "*", age)))
                    .isEqualTo(new CommandResult.Done((int) matching));
        }

        private void lease() {
            String owner = owner();
            long ttl = random.nextInt(20_000);
            boolean free = leaseUntil <= now || leaseOwner.equals(owner);
            assertThat(entries.change(steady, new Command.AcquireLease(owner, ttl))
                            .ok())
                    .isEqualTo(free);
            if (free) {
                leaseOwner = owner;
                leaseUntil = now + ttl;
            }
        }

        private List<SegmentRef> someSegments() {
            List<SegmentRef> some = new ArrayList<>();
            for (SegmentView segment : steady.view().segments()) {
                boolean sealed = segment.state() == SegmentState.SEALED && segment.prepared() == null;
                if (some.size() < 3 && random.nextInt(sealed ? 3 : 40) == 0) {
                    some.add(new SegmentRef(segment.id(), segment.sha256() == null ? "-" : segment.sha256()));
                }
            }
            return some;
        }

        private boolean allFree(List<SegmentRef> refs) {
            CatalogView view = steady.view();
            return refs.stream().allMatch(ref -> {
                SegmentView segment = view.segment(ref.segment()).orElseThrow();
                return segment.state() == SegmentState.SEALED && segment.prepared() == null;
            });
        }

        private void prepare() {
            List<SegmentRef> refs = someSegments();
            if (refs.isEmpty()) {
                return;
            }
            String owner = owner();
            UUID token = new UUID(7, random.nextInt(40));
            String key = "key-" + random.nextInt(60);
            boolean legal =
                    holdsLease(owner) && !usedTokens.contains(token) && !usedKeys.contains(key) && allFree(refs);
            CommandResult result = entries.change(
                    steady, new Command.Prepare(owner, token, refs, "cold", key, "policy", "reason", "hash"));
            assertThat(result.ok()).isEqualTo(legal);
            if (legal) {
                usedTokens.add(token);
                usedKeys.add(key);
                live.put(token, refs);
            }
        }

        private void commitOrAbort() {
            String owner = owner();
            UUID token = live.isEmpty() || random.nextInt(4) == 0
                    ? new UUID(7, random.nextInt(40))
                    : live.keySet().stream().sorted().findFirst().orElseThrow();
            List<SegmentRef> refs = live.get(token);
            if (random.nextInt(3) > 0) {
                String sha256 = random.nextInt(3) + "";
                CommandResult result = entries.change(steady, new Command.Commit(owner, token, sha256, 9, null));
                if (refs != null && holdsLease(owner)) {
                    assertThat(result).isEqualTo(new CommandResult.Done(refs.size()));
                    live.remove(token);
                    refs.forEach(ref -> assertThat(steady.view()
                                    .segment(ref.segment())
                                    .orElseThrow()
                                    .state())
                            .isEqualTo(SegmentState.ARCHIVED));
                } else {
                    assertThat(result).isNotEqualTo(new CommandResult.Done(1));
                }
            } else {
                CommandResult result = entries.change(steady, new Command.Abort(owner, token));
                if (holdsLease(owner)) {
                    usedTokens.add(token);
                    live.remove(token);
                    if (refs != null) {
                        assertThat(result).isEqualTo(new CommandResult.Done(refs.size()));
                        assertThat(allFree(refs)).isTrue();
                    }
                } else {
                    assertThat(result.ok()).isFalse();
                }
            }
        }

        private void truncate() {
            List<SegmentRef> refs = someSegments();
            if (!refs.isEmpty()) {
                String owner = owner();
                boolean legal = holdsLease(owner) && allFree(refs);
                CommandResult result =
                        entries.change(steady, new Command.Truncate(owner, refs, "policy", "reason", "hash"));
                assertThat(result.ok()).isEqualTo(legal);
            }
        }

        /** Entries are applied between its two halves, and power may be lost there. */
        private void snapshotShaky() throws IOException {
            if (captured == null) {
                captured = shaky.capture();
                return;
            }
            shakySnapshot = root.resolve("snapshot");
            captured.write(shakySnapshot);
            captured = null;
            shakyManifest = SnapshotManifest.read(shakySnapshot);
        }

        /** What was not forced before the last snapshot may be gone, wholly or from any place on. */
        private void cutPower() throws IOException {
            shaky.close();
            captured = null;
            Path after = root.resolve("shaky-" + ++crashes);
            Entries.copy(shakyData, after);
            for (String name : Entries.files(after).keySet()) {
                Path file = after.resolve("segments").resolve(name);
                long forced = shakyManifest == null
                        ? 0
                        : shakyManifest.files().stream()
                                .filter(state -> ReplicatedState.fileOf(after, state.segment())
                                        .equals(file))
                                .mapToLong(SnapshotManifest.FileState::bytes)
                                .findFirst()
                                .orElse(0);
                try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                    long left = channel.size() - forced;
                    channel.truncate(forced + (left == 0 ? 0 : random.nextLong(left + 1)));
                }
                if (forced == 0 && random.nextBoolean()) {
                    Files.delete(file);
                }
            }
            shakyData = after;
            shaky = shakySnapshot == null
                    ? ReplicatedState.open(after, StoreSettings.DEFAULT)
                    : ReplicatedState.open(after, StoreSettings.DEFAULT, shakySnapshot);
        }

        private void compareWithTwin() throws IOException {
            CatalogView view = steady.view();
            assertThat(view.epochs()).hasSameSizeAs(epochs);
            for (EpochView epoch : view.epochs()) {
                TwinEpoch twin = epochs.get((int) epoch.epoch() - 1);
                assertThat(epoch.last()).isEqualTo(twin.last());
                assertThat(epoch.state()).isEqualTo(twin.state);
                assertThat(epoch.events()).isEqualTo(twin.events);
                assertThat(epoch.gapEvents()).isEqualTo(twin.gaps);
                assertThat(epoch.lostEvents()).isEqualTo(twin.lost);
                assertThat(epoch.events() + epoch.gapEvents()).isEqualTo(epoch.last() + 1);
            }
            // This state took no snapshot, so it still has the file of every segment.
            for (StreamView stream : view.streams()) {
                List<Stored> found = new ArrayList<>();
                for (SegmentView segment : view.segmentsOf(stream.number())) {
                    read(segment, found);
                }
                assertThat(found).isEqualTo(contents.getOrDefault(stream.number(), List.of()));
            }
        }

        private void read(SegmentView segment, List<Stored> found) throws IOException {
            Path file = ReplicatedState.fileOf(root.resolve("steady"), segment.id());
            try (SegmentReader reader = SegmentReader.openWithDigest(file)) {
                while (reader.next()) {
                    found.add(new Stored(
                            reader.epoch(), SampleBlocks.copy(reader.block().encoded())));
                }
                boolean open = segment.state() == SegmentState.OPEN;
                assertThat(reader.ending())
                        .isEqualTo(open ? SegmentReader.Ending.UNFINISHED : SegmentReader.Ending.SEALED);
                assertThat(reader.validBytes()).isEqualTo(segment.bytes()).isEqualTo(Files.size(file));
                assertThat(reader.totals().ranges()).isEqualTo(segment.ranges());
                assertThat(reader.totals().events()).isEqualTo(segment.events());
                if (!open) {
                    assertThat(reader.sha256()).isEqualTo(segment.sha256());
                }
            }
        }

        private void compareStates() throws IOException {
            assertThat(shaky.view()).isEqualTo(steady.view());
            shaky.snapshot(root.resolve("shaky-snapshot"));
            steady.snapshot(root.resolve("steady-snapshot"));
            assertThat(root.resolve("shaky-snapshot")).hasSameBinaryContentAs(root.resolve("steady-snapshot"));
            assertThat(Entries.files(shakyData)).isEqualTo(Entries.files(root.resolve("steady")));
            assertThat(Entries.files(shakyData))
                    .hasSize(SnapshotManifest.read(root.resolve("shaky-snapshot"))
                            .files()
                            .size());
        }

        @Override
        public void close() throws IOException {
            steady.close();
            shaky.close();
            samples.close();
        }
    }
}
