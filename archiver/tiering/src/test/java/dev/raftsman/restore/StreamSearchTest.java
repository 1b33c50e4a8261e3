package dev.raftsman.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.raftsman.catalog.SegmentView;
import dev.raftsman.cluster.SegmentRanges;
import dev.raftsman.cluster.TestState;
import dev.raftsman.restore.StreamReader.StreamName;
import dev.raftsman.search.BlockSearch.Keep;
import dev.raftsman.search.Query;
import dev.raftsman.search.SegmentWords;
import dev.raftsman.search.WordFile;
import dev.raftsman.segment.Offset;
import dev.raftsman.segment.SegmentFile;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StreamSearchTest {
    private static final long SEED = Long.getLong("raftsman.seed", 20_261_130L);
    private static final int BLOCKS = 12;
    private static final int LINES = 200;

    @TempDir
    Path temporary;

    private TestState state;
    private final Random random = new Random(SEED);
    private final List<String> offsets = new ArrayList<>();

    @BeforeEach
    void begin() throws IOException {
        state = new TestState(temporary.resolve("node"), 1_000_000);
    }

    @AfterEach
    void end() {
        state.close();
    }

    /** Two segments of blocks that compress badly; block i has one line with the word needle<i>. The second is sealed too. */
    private void fill() {
        long epoch = state.open("shop", "orders");
        byte[] bytes = new byte[100];
        for (int block = 0; block < 2 * BLOCKS; block++) {
            String[] lines = new String[LINES];
            for (int i = 0; i < LINES; i++) {
                random.nextBytes(bytes);
                lines[i] = HexFormat.of().formatHex(bytes) + " line " + i;
            }
            lines[17] = "a needle" + block + " lies here";
            state.append(epoch, lines);
            if (block % BLOCKS == BLOCKS - 1) {
                state.seal("orders");
            }
        }
    }

    /** The cluster with ranges, and words where {@link #words} has them. */
    private final class Ranged implements SegmentRanges {
        private boolean withWords = true;
        private boolean ofOthers;
        private boolean damagedRanges;
        private final List<Integer> lengths = new ArrayList<>();

        /** For the words of how many segments, each time. */
        private final List<Integer> asked = new CopyOnWriteArrayList<>();

        @Override
        public byte[] read(SegmentView segment, long offset, int length) throws IOException {
            lengths.add(length);
            try (SegmentFile file = state.segment(segment)) {
                ByteBuffer range = ByteBuffer.allocate(length);
                while (range.hasRemaining() && file.channel().read(range, offset + range.position()) > 0) {}
                if (damagedRanges) {
                    range.array()[length - 9] ^= 1;
                }
                return range.array();
            }
        }

        @Override
        public List<WordFile> words(List<SegmentView> segments, List<byte[]> of) {
            asked.add(segments.size());
            List<WordFile> words = new ArrayList<>();
            for (SegmentView segment : withWords ? segments : List.<SegmentView>of()) {
                try (SegmentFile file = state.segment(segment)) {
                    byte[] all =
                            SegmentWords.of(file.path(), bytes -> {}).encode().array();
                    WordFile reduced = WordFile.reduced(new ByteArrayInputStream(all), of);
                    long bytes = reduced.segmentBytes() + (ofOthers ? 1 : 0);
                    words.add(new WordFile(reduced.segment(), bytes, reduced.epochs(), reduced.spans()));
                } catch (IOException | InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
            return words;
        }
    }

    /** A cluster whose segments are had by ranges. */
    private SegmentSource hot(Ranged ranges) {
        return new HotCluster(new RangedState(state, ranges), temporary.resolve("cache"));
    }

    private List<String> search(StreamReader reader, Query query, Keep keep, ReadCounts[] counts) throws IOException {
        List<String> found = new ArrayList<>();
        offsets.clear();
        try (StreamSearch search = new StreamSearch(reader, query, keep, true)) {
            List<StreamName> names = List.copyOf(reader.streams());
            search.plan(names);
            search.search(names, (segment, epoch, raftIndex, before, items) -> {
                for (int i = 0; i < items.count(); i++) {
                    if (items.isMatch(i)) {
                        found.add(new String(items.array(), items.offset(i), items.length(i), StandardCharsets.UTF_8));
                        offsets.add(new Offset(raftIndex, before + items.itemsBefore(i)).toString());
                    }
                }
            });
            counts[0] = search.counts();
        }
        return found;
    }

    private static Query literal(String text) {
        return Query.of(Query.Text.literal(text));
    }

    private static Query word(String text) {
        return Query.of(new Query.Text(text, false, false, true));
    }

    private static List<String> needles() {
        List<String> needles = new ArrayList<>();
        for (int i = 0; i < 2 * BLOCKS; i++) {
            needles.add("a needle" + i + " lies here");
        }
        return needles;
    }

    @Test
    void fetchesOnlyTheSpansThatMayHoldIt() throws IOException {
        fill();
        Ranged ranges = new Ranged();
        ReadCounts[] counts = new ReadCounts[1];
        try (StreamReader reader = StreamReader.open(List.of(hot(ranges)))) {
            assertThat(search(reader, word("needle13"), Keep.MATCHES, counts)).containsExactly("a needle13 lies here");
            assertThat(counts[0].blocks()).isEqualTo(2 * BLOCKS);
            assertThat(counts[0].blocksRead()).isBetween(1L, (long) BLOCKS);
            long some = counts[0].blocksRead();
            assertThat(search(reader, word("nowhere"), Keep.MATCHES, counts)).isEmpty();
            assertThat(counts[0].blocksRead()).isZero();
            assertThat(search(reader, literal("needle"), Keep.MATCHES, counts)).isEqualTo(needles());
            assertThat(counts[0].blocksRead()).isEqualTo(2 * BLOCKS).isGreaterThan(some);
        }
    }

    @Test
    void filesOfWordsChangeNothingButWhatIsRead() throws IOException {
        fill();
        Ranged ranges = new Ranged();
        ReadCounts[] counts = new ReadCounts[1];
        try (StreamReader reader = StreamReader.open(List.of(hot(ranges)))) {
            List<String> with = search(reader, literal(" needle7 "), Keep.MATCHES, counts);
            List<String> at = List.copyOf(offsets);
            ranges.ofOthers = true;
            assertThat(search(reader, literal(" needle7 "), Keep.MATCHES, counts))
                    .isEqualTo(with);
            assertThat(offsets).isEqualTo(at);
            ranges.withWords = false;
            assertThat(search(reader, literal(" needle7 "), Keep.MATCHES, counts))
                    .isEqualTo(with)
                    .containsExactly("a needle7 lies here");
            assertThat(offsets).isEqualTo(at);
        }
    }

    @Test
    void wordsOfManySegmentsAreAskedForAtOnce() throws IOException {
        int segments = 150;
        long epoch = state.open("shop", "orders");
        for (int i = 0; i < segments; i++) {
            state.append(epoch, "a needle" + i + " lies here", "and a line");
            state.seal("orders");
        }
        Ranged ranges = new Ranged();
        ReadCounts[] counts = new ReadCounts[1];
        try (StreamReader reader = StreamReader.open(List.of(hot(ranges)))) {
            assertThat(search(reader, word("needle77"), Keep.MATCHES, counts)).containsExactly("a needle77 lies here");
        }
        assertThat(ranges.asked.stream().mapToInt(Integer::intValue).sum()).isEqualTo(segments);
        assertThat(ranges.asked).hasSizeLessThanOrEqualTo(5);
        assertThat(counts[0].segmentsRead()).isEqualTo(segments);
        assertThat(counts[0].blocksRead()).isLessThan(segments / 2);
    }

    @Test
    void readsTheWholeFromAnotherNodeWhereARangeIsDamaged() throws IOException {
        fill();
        Ranged ranges = new Ranged();
        ranges.damagedRanges = true;
        ReadCounts[] counts = new ReadCounts[1];
        try (StreamReader reader = StreamReader.open(List.of(hot(ranges)))) {
            assertThat(search(reader, literal("needle"), Keep.MATCHES, counts)).isEqualTo(needles());
        }
    }

    @Test
    void aDamagedFileIsLeftForAnotherAndNothingComesTwice() throws IOException {
        fill();
        SegmentView first = state.catalog().segments().get(0);
        Path other = copied();
        Path damaged = first.id().in(other.resolve("segments"));
        byte[] bytes = Files.readAllBytes(damaged);
        bytes[bytes.length * 2 / 3] ^= 1;
        Files.write(damaged, bytes);
        ReadCounts[] counts = new ReadCounts[1];
        try (StreamReader reader = StreamReader.open(List.of(new NodeDirectories(List.of(other, state.directory()))))) {
            assertThat(search(reader, literal("needle"), Keep.MATCHES, counts)).isEqualTo(needles());
        }
    }

    /** Another node with the same segments. */
    private Path copied() throws IOException {
        Path other = temporary.resolve("other");
        for (SegmentView segment : state.catalog().segments()) {
            Path to = segment.id().in(other.resolve("segments"));
            Files.createDirectories(to.getParent());
            Files.copy(segment.id().in(state.directory().resolve("segments")), to);
        }
        return other;
    }

    @Test
    void whatIsFoundInManySegmentsComesInOrderThoughCopiesAreDamaged() throws IOException {
        List<String> expected = new ArrayList<>();
        for (String stream : List.of("a", "b", "c")) {
            long epoch = state.open("shop", stream);
            for (int i = 0; i < 20; i++) {
                for (int block = 0; block < 1 + i % 3; block++) {
                    String needle = "needle " + stream + " " + i + " " + block;
                    expected.add(needle);
                    state.append(epoch, "a line", needle, "another line " + random.nextLong());
                }
                state.seal(stream);
            }
        }
        Path other = copied();
        int damaged = 0;
        for (SegmentView segment : state.catalog().segments()) {
            Path file = segment.id().in(other.resolve("segments"));
            byte[] bytes = Files.readAllBytes(file);
            int at = bytes.length / 4 + random.nextInt(bytes.length * 3 / 4);
            if (random.nextInt(3) == 0) {
                bytes[at] ^= 1;
                Files.write(file, random.nextBoolean() ? bytes : Arrays.copyOf(bytes, at));
                damaged++;
            }
        }
        assertThat(damaged).as("seed %d", SEED).isGreaterThan(10);
        ReadCounts[] counts = new ReadCounts[1];
        try (StreamReader reader = StreamReader.open(List.of(new NodeDirectories(List.of(other, state.directory()))))) {
            assertThat(search(reader, literal("needle"), Keep.MATCHES, counts))
                    .as("seed %d", SEED)
                    .isEqualTo(expected);
            Query some = literal("needle b 7 ");
            assertThat(search(reader, some, Keep.MATCHES, counts)).containsExactly("needle b 7 0", "needle b 7 1");
        }
    }

    @Test
    void endsWithWhatItsTakerThrowsAndCanSearchAgain() throws IOException {
        fill();
        ReadCounts[] counts = new ReadCounts[1];
        try (StreamReader reader = StreamReader.open(List.of(hot(new Ranged())));
                StreamSearch search = new StreamSearch(reader, literal("needle"), Keep.MATCHES, false)) {
            List<StreamName> names = List.copyOf(reader.streams());
            IOException enough = new IOException("enough");
            assertThatThrownBy(() -> search.search(names, (segment, epoch, raftIndex, before, items) -> {
                        throw enough;
                    }))
                    .isSameAs(enough);
            int[] blocks = new int[1];
            search.search(names, (segment, epoch, raftIndex, before, items) -> blocks[0]++);
            assertThat(blocks[0]).isEqualTo(2 * BLOCKS);
            assertThat(search(reader, literal("needle"), Keep.MATCHES, counts)).isEqualTo(needles());
        }
    }

    @Test
    void leavesOutWhatIsOfAnotherTime() throws IOException {
        fill();
        state.advance(3_600_000);
        long epoch = state.open("shop", "orders");
        state.continueAt(epoch, 2L * BLOCKS * LINES);
        state.append(epoch, "a late needle");
        state.seal("orders");
        Query late = new Query(
                literal("needle").texts(), false, null, state.nowMillis() * 1_000_000 - 1, Long.MAX_VALUE, List.of());
        ReadCounts[] counts = new ReadCounts[1];
        try (StreamReader reader = StreamReader.open(List.of(hot(new Ranged())))) {
            assertThat(search(reader, late, Keep.MATCHES, counts)).containsExactly("a late needle");
            assertThat(counts[0].segmentsRead()).isEqualTo(1);
            assertThat(counts[0].blocksRead()).isEqualTo(1);
        }
    }

    @Test
    void offsetsAreThoseOfTheWholeStream() throws IOException {
        fill();
        ReadCounts[] counts = new ReadCounts[1];
        try (StreamReader reader = StreamReader.open(List.of(new NodeDirectories(List.of(state.directory()))))) {
            assertThat(search(reader, Query.ALL, Keep.MATCHES, counts)).hasSize(2 * BLOCKS * LINES);
            String expected = offsets.get(5 * LINES + 17);
            search(reader, word("needle5"), Keep.MATCHES, counts);
            assertThat(offsets).containsExactly(expected);
        }
    }
}
