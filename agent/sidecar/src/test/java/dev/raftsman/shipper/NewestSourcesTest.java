package dev.raftsman.shipper;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.input.Fingerprint;
import dev.raftsman.input.SourceCheckpoint;
import dev.raftsman.shipper.Cursor.Source;
import java.util.List;
import org.junit.jupiter.api.Test;

class NewestSourcesTest {
    private final NewestSources sources = new NewestSources();

    private static Source source(long position, String path, long inode) {
        return new Source(
                1_000, position, new SourceCheckpoint("stream", path, 64_769, inode, new Fingerprint(9, 9, 9), 7));
    }

    @Test
    void newestOfAFileReplacesTheOlderInWhateverOrder() {
        assertThat(sources.add(source(1, "a.log", 5))).isTrue();
        assertThat(sources.add(source(3, "a.log", 5))).isTrue();
        assertThat(sources.add(source(2, "a.log", 5))).isFalse();
        assertThat(sources.all()).containsExactly(source(3, "a.log", 5));
    }

    @Test
    void nameStaysWhenAFileOfAnotherNameHasItsInodeInWhateverOrder() {
        Source first = source(1, "a.log", 5);
        Source second = source(2, "b.log", 5);
        for (List<Source> order : List.of(List.of(first, second), List.of(second, first))) {
            NewestSources each = new NewestSources();
            order.forEach(source -> assertThat(each.add(source)).isTrue());
            assertThat(each.all()).containsExactlyInAnyOrder(first, second);
            order.forEach(source -> assertThat(each.add(source)).isFalse());
        }
    }

    @Test
    void nameThatStayedIsReplacedByItsNextFile() {
        sources.add(source(1, "a.log", 5));
        sources.add(source(2, "b.log", 5));
        sources.add(source(3, "a.log", 6));
        assertThat(sources.all()).containsExactlyInAnyOrder(source(2, "b.log", 5), source(3, "a.log", 6));
    }

    @Test
    void inodeThatGoesFromNameToNameLeavesEachOfThemKnown() {
        sources.add(source(1, "a.log", 5));
        sources.add(source(2, "b.log", 5));
        sources.add(source(3, "c.log", 5));
        assertThat(sources.all())
                .containsExactlyInAnyOrder(source(1, "a.log", 5), source(2, "b.log", 5), source(3, "c.log", 5));
        assertThat(sources.remove(source(1, "a.log", 5))).isTrue();
        assertThat(sources.remove(source(3, "c.log", 5))).isTrue();
        assertThat(sources.remove(source(3, "c.log", 5))).isFalse();
        assertThat(sources.all()).containsExactly(source(2, "b.log", 5));
    }

    @Test
    void namesWithoutAFileAreBounded() {
        for (int i = 0; i < NewestSources.MAX_NAMES_ONLY + 10; i++) {
            sources.add(source(i, i + ".log", 5));
        }
        assertThat(sources.all())
                .hasSize(NewestSources.MAX_NAMES_ONLY + 1)
                .doesNotContain(source(8, "8.log", 5))
                .contains(source(9, "9.log", 5));
    }
}
