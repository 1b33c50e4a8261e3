package dev.raftsman.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.raftsman.block.Block;
import dev.raftsman.search.BlockSearch.Keep;
import dev.raftsman.search.WordFile.WordSpan;
import dev.raftsman.segment.EpochInfo;
import dev.raftsman.segment.OffsetCounter;
import dev.raftsman.segment.SegmentHeader;
import dev.raftsman.segment.SegmentId;
import dev.raftsman.segment.SegmentTally;
import dev.raftsman.segment.SegmentWriter;
import dev.raftsman.segment.SpanReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SegmentWordsTest {
    private static final long SEED = Long.getLong("raftsman.seed", 20_261_130L);
    private static final SegmentId ID = new SegmentId(3, 40);

    private static final int BLOCKS = 24;

    @TempDir
    private Path temporary;

    private final Random random = new Random(SEED);
    private final List<Block> blocks = new ArrayList<>();
    private final List<String> offsets = new ArrayList<>();

    /** Blocks of lines and of events, two to an entry, each with a word of its own. */
    private Path segment(int count) throws IOException {
        Path file = temporary.resolve(ID.fileName());
        SegmentTally tally = new SegmentTally();
        SegmentHeader header = new SegmentHeader(ID, "acme", "orders", 1);
        OffsetCounter counter = new OffsetCounter();
        EpochInfo epoch = new EpochInfo(5, "shop", new UUID(1, 2));
        long sequence = 0;
        try (SegmentWriter writer = SegmentWriter.create(file, header, SegmentWriter.scratch())) {
            for (int i = 0; i < count; i++) {
                Block block;
                if (random.nextBoolean()) {
                    List<String> lines = SampleText.lines(random, 400);
                    lines.set(random.nextInt(400), "here is needle" + i + "x, and more");
                    for (int line = 0; line < 399; line++) {
                        lines.set(line, lines.get(line) + hex(8) + ".");
                    }
                    block = SampleText.lineBlock(lines, sequence, Map.of("host", "host-" + i), true);
                } else {
                    List<SampleText.Event> events = SampleText.events(random, 300);
                    SampleText.Event one = events.get(random.nextInt(300));
                    events.add(new SampleText.Event(
                            one.nanos(), one.level(), "a.b", "main", "x needle" + i + "x y", "", "user" + i + "u"));
                    block = SampleText.eventBlock(events, sequence);
                }
                sequence += block.count();
                long raftIndex = 40 + i / 2;
                offsets.add(counter.first(raftIndex, block).toString());
                writer.append(epoch, raftIndex, 1, block);
                tally.add(5, block);
                blocks.add(block);
            }
            writer.seal(99, 1, tally.totals());
        }
        return file;
    }

    private String hex(int words) {
        StringBuilder hex = new StringBuilder();
        for (int i = 0; i < words; i++) {
            hex.append(' ').append(Long.toHexString(random.nextLong()));
        }
        return hex.toString();
    }

    private static WordQuery words(Query.Text text) {
        return new WordQuery(Query.of(text));
    }

    /** Whatever a search finds in a span must not be denied by its filter. */
    @Test
    void neverDeniesWhatIsThere() throws Exception {
        Path file = segment(BLOCKS);
        byte[] encoded = SegmentWords.of(file, bytes -> {}).encode().array();
        WordFile words = WordFile.next(new ByteArrayInputStream(encoded)).orElseThrow();
        assertThat(words.segment()).isEqualTo(ID);
        assertThat(words.segmentBytes()).isEqualTo(Files.size(file));
        assertThat(words.spans()).hasSizeGreaterThan(1);
        List<Query> queries = new ArrayList<>();
        for (int i = 0; i < BLOCKS; i++) {
            queries.add(Query.of(new Query.Text("needle" + i + "x", false, false, true)));
            queries.add(Query.of(Query.Text.literal(" needle" + i + "x ")));
            queries.add(Query.of(new Query.Text("is needle" + i + "x, [a-z]", true, false, false)));
            queries.add(withField("user", "user" + i + "u"));
            queries.add(withField("host", "host-" + i));
        }
        for (int i = 0; i < 100; i++) {
            String text = SampleText.text(random, 5) + "=";
            queries.add(Query.of(new Query.Text(text, false, random.nextBoolean(), random.nextBoolean())));
        }
        int denied = 0;
        int found = 0;
        for (Query query : queries) {
            WordQuery wanted = new WordQuery(query);
            Iterator<WordSpan> reduced = WordFile.reduced(new ByteArrayInputStream(encoded), wanted.all())
                    .spans()
                    .iterator();
            try (BlockSearch search = new BlockSearch(query, Keep.COUNT)) {
                int number = 0;
                for (WordSpan span : words.spans()) {
                    boolean in = false;
                    for (int i = 0; i < span.blocks(); i++, number++) {
                        in |= search.search(blocks.get(number)) != null;
                    }
                    boolean may = span.mayHold(query, wanted);
                    assertThat(reduced.next().mayHold(query, wanted)).isEqualTo(may);
                    assertThat(may || !in).as("seed %d: %s", SEED, query).isTrue();
                    denied += may ? 0 : 1;
                    found += in ? 1 : 0;
                }
            }
        }
        assertThat(found).isGreaterThan(50);
        assertThat(denied).isGreaterThan(50);
    }

    private static Query withField(String name, String value) {
        return new Query(List.of(), false, null, Long.MIN_VALUE, Long.MAX_VALUE, List.of(new Query.Field(name, value)));
    }

    @Test
    void spansAreReadByThemselvesWithTheOffsetsOfTheirBlocks() throws Exception {
        Path file = segment(BLOCKS);
        WordFile words = SegmentWords.of(file, bytes -> {});
        byte[] bytes = Files.readAllBytes(file);
        int number = 0;
        for (WordSpan span : words.spans()) {
            byte[] range =
                    java.util.Arrays.copyOfRange(bytes, (int) span.offset(), (int) span.offset() + span.length());
            SpanReader reader = new SpanReader(
                    "s", span.offset(), range, Map.of(5L, words.epochs().get(0)));
            OffsetCounter counter = new OffsetCounter();
            for (int i = 0; i < span.blocks(); i++, number++) {
                assertThat(reader.next()).isTrue();
                assertThat(reader.block().encoded())
                        .isEqualTo(blocks.get(number).encoded());
                int ordinal = counter.first(reader.raftIndex(), reader.block()).ordinal()
                        + (reader.raftIndex() == span.firstRaftIndex() ? span.itemsBefore() : 0);
                assertThat(reader.raftIndex() + "." + ordinal).isEqualTo(offsets.get(number));
            }
            assertThat(reader.next()).isFalse();
            range[range.length - 5] ^= 1;
            SpanReader damaged = new SpanReader(
                    "s", span.offset(), range, Map.of(5L, words.epochs().get(0)));
            assertThatThrownBy(() -> {
                        while (damaged.next()) {}
                    })
                    .hasMessageContaining("s at ");
        }
        assertThat(number).isEqualTo(BLOCKS);
    }

    @Test
    void everyChangedByteOfTheFileIsNoticed() throws Exception {
        byte[] bytes = SegmentWords.of(segment(4), read -> {}).encode().array();
        for (int i = 0; i < 200; i++) {
            byte[] damaged = bytes.clone();
            damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
            assertThatThrownBy(() -> WordFile.reduced(new ByteArrayInputStream(damaged), List.of()))
                    .isInstanceOf(IOException.class);
        }
        assertThatThrownBy(() -> WordFile.reduced(InputStream.nullInputStream(), List.of()))
                .isInstanceOf(IOException.class);
        byte[] two = new byte[2 * bytes.length];
        System.arraycopy(bytes, 0, two, 0, bytes.length);
        System.arraycopy(bytes, 0, two, bytes.length, bytes.length);
        assertThatThrownBy(() -> WordFile.reduced(new ByteArrayInputStream(two), List.of()))
                .hasMessageContaining("behind");
        InputStream several = new ByteArrayInputStream(two);
        for (int i = 0; i < 2; i++) {
            assertThat(WordFile.next(several).orElseThrow().encode().array()).isEqualTo(bytes);
        }
        assertThat(WordFile.next(several)).isEmpty();
    }

    @Test
    void onlyWholeWordsInsideOfATextCount() {
        TokenSet set = new TokenSet(1 << 10);
        byte[] text = "took order 20261130 long".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        set.addWords(text, 0, text.length);
        TokenFilter filter = TokenFilter.of(set, 1 << 20);
        assertThat(words(Query.Text.literal("ok orde")).mayBeIn(filter, true)).isTrue();
        assertThat(words(Query.Text.literal("ok orde 2")).mayBeIn(filter, true)).isFalse();
        assertThat(words(Query.Text.literal("missing")).mayBeIn(filter, true)).isTrue();
        assertThat(words(Query.Text.literal(" missing ")).mayBeIn(filter, true)).isFalse();
        assertThat(words(new Query.Text("missing", false, false, true)).mayBeIn(filter, true))
                .isFalse();
        assertThat(words(new Query.Text("MISSING", false, true, true)).mayBeIn(filter, true))
                .isTrue();
        assertThat(words(new Query.Text("order 99999999", false, true, true)).mayBeIn(filter, true))
                .isFalse();
        assertThat(words(new Query.Text("took (missing)? [0-9]", true, false, false))
                        .mayBeIn(filter, true))
                .isTrue();
        assertThat(words(new Query.Text("took missing [0-9]", true, false, false))
                        .mayBeIn(filter, true))
                .isFalse();
    }
}
