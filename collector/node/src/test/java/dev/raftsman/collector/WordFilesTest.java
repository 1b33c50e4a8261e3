package dev.raftsman.collector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.block.LineBlockBuilder;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.event.Loss;
import dev.raftsman.search.Query;
import dev.raftsman.search.WordFile;
import dev.raftsman.search.WordQuery;
import dev.raftsman.segment.SegmentId;
import dev.raftsman.store.Entry;
import dev.raftsman.store.EpochBlock;
import dev.raftsman.store.ReplicatedState;
import dev.raftsman.store.Reply;
import dev.raftsman.store.StoreSettings;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WordFilesTest {
    private static final List<String> MEMBERS = List.of("c", "a", "b");

    @TempDir
    private Path temporary;

    private ReplicatedState state;
    private long index;

    @BeforeEach
    void fill() throws IOException {
        state = ReplicatedState.open(temporary, StoreSettings.DEFAULT);
        for (int i = 0; i < 4; i++) {
            sealed("orders" + i, "a needle" + i + " lies here" + ".".repeat(200));
        }
    }

    @AfterEach
    void end() throws IOException {
        state.close();
    }

    private Reply apply(Entry entry) {
        return Reply.decode(ByteBuffer.wrap(state.apply(1, ++index, ByteBuffer.wrap(entry.encode()))));
    }

    private void sealed(String stream, String line) {
        Reply opened = apply(new Entry.Change(1, new Command.Open("acme", "app", new UUID(1, index), stream)));
        long epoch = ((CommandResult.Opened) ((Reply.ChangeReply) opened).result()).epoch();
        byte[] text = (line + "\n").getBytes(StandardCharsets.UTF_8);
        ByteBuffer raw = ByteBuffer.allocateDirect(text.length).put(text).flip();
        try (LineBlockBuilder builder = new LineBlockBuilder()) {
            ByteBuffer block = builder.build(raw, 0, 1, Loss.NONE, 1, 1);
            apply(new Entry.Append(1, List.of(new EpochBlock(epoch, block))));
        }
        apply(new Entry.Change(1, new Command.Seal("acme", stream, 0)));
    }

    private void pass(WordFiles words) throws InterruptedException {
        while (words.step()) {}
    }

    private WordFiles files(String self) {
        return new WordFiles(temporary, self, () -> state, () -> MEMBERS);
    }

    @Test
    void eachSegmentIsTheTaskOfOneMember() throws Exception {
        for (long base = 0; base < 100; base++) {
            SegmentId id = new SegmentId(1, base);
            assertThat(MEMBERS)
                    .filteredOn(member -> WordFiles.isTaskOf(id, MEMBERS, member))
                    .hasSize(1);
        }
        assertThat(MEMBERS)
                .allMatch(member -> IntStream.range(0, 100)
                        .anyMatch(base -> WordFiles.isTaskOf(new SegmentId(1, base), MEMBERS, member)));
        for (String member : MEMBERS) {
            WordFiles words = files(member);
            for (SegmentView segment : state.view().segments()) {
                assertThat(words.read(segment.id(), List.of())).isEmpty();
            }
            pass(words);
            for (SegmentView segment : state.view().segments()) {
                assertThat(words.read(segment.id(), List.of()).isPresent())
                        .isEqualTo(WordFiles.isTaskOf(segment.id(), MEMBERS, member));
            }
            dev.raftsman.disk.Durable.deleteTree(temporary.resolve("words"));
        }
    }

    @Test
    void restsTheLongerTheMoreComesInAndUntilLessDoes() {
        assertThat(WordFiles.restAt(0)).isEqualTo(1);
        assertThat(WordFiles.restAt(3 << 20)).isEqualTo(9);
        assertThat(WordFiles.restAt(13 << 20)).isEqualTo(Integer.MAX_VALUE);
    }

    @Test
    void restsLongerWhereOthersWantTheProcessor() {
        assertThat(WordFiles.restFor(1, 5_000, 4_000)).isEqualTo(1);
        assertThat(WordFiles.restFor(1, 5_000, 2_000)).isEqualTo(9);
        assertThat(WordFiles.restFor(9, 5_000, 2_000)).isEqualTo(9);
    }

    @Test
    void looksLessOftenWhereLookingTakesLong() {
        assertThat(WordFiles.millisAfterPass(1_000_000)).isEqualTo(1_000);
        assertThat(WordFiles.millisAfterPass(400_000_000)).isEqualTo(20_000);
        assertThat(WordFiles.millisAfterPass(30_000_000_000L)).isEqualTo(60_000);
    }

    @Test
    void knowsTheWordsAndForgetsThoseOfSegmentsThatAreGone() throws Exception {
        WordFiles words = new WordFiles(temporary, "a", () -> state, () -> List.of("a"));
        pass(words);
        for (SegmentView segment : state.view().segments()) {
            String own = "needle" + segment.stream().charAt(segment.stream().length() - 1);
            for (int i = 0; i < 4; i++) {
                WordQuery query = new WordQuery(Query.of(new Query.Text("needle" + i, false, false, true)));
                byte[] answer = words.read(segment.id(), query.all())
                        .orElseThrow()
                        .encode()
                        .array();
                WordFile file = WordFile.next(new ByteArrayInputStream(answer)).orElseThrow();
                assertThat(file.segment()).isEqualTo(segment.id());
                assertThat(file.segmentBytes()).isEqualTo(segment.bytes());
                assertThat(file.spans()).hasSize(1);
                assertThat(query.mayBeIn(file.spans().get(0).words(), true)).isEqualTo(own.equals("needle" + i));
            }
        }
        Path stray =
                Files.writeString(temporary.resolve("words/1/00000000000000ff.words"), "of a segment that is gone");
        pass(words);
        assertThat(stray).doesNotExist();
        assertThat(words.read(state.view().segments().get(0).id(), List.of())).isPresent();
    }

    /** As a power cut leaves files that were not forced. */
    @Test
    void wordsOfADamagedFileAreCollectedAnew() throws Exception {
        WordFiles words = new WordFiles(temporary, "a", () -> state, () -> List.of("a"));
        pass(words);
        SegmentId id = state.view().segments().get(0).id();
        Path file = temporary
                .resolve("words")
                .resolve(Integer.toString(id.stream()))
                .resolve(WordFile.fileName(id));
        byte[] whole = Files.readAllBytes(file);
        byte[] flipped = whole.clone();
        flipped[whole.length - 1] ^= 1;
        for (byte[] damaged : List.of(new byte[0], Arrays.copyOf(whole, whole.length / 2), flipped)) {
            Files.write(file, damaged);
            assertThat(words.read(id, List.of())).isEmpty();
            pass(words);
            assertThat(words.read(id, List.of())).isPresent();
            assertThat(file).hasBinaryContent(whole);
        }
    }
}
