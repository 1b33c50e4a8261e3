package dev.raftsman.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LineCursorTest {
    @TempDir
    private Path dir;

    private LineCursor[] open(String text, int cursors) throws IOException {
        return LineCursor.open(Files.writeString(dir.resolve("lines"), text), cursors);
    }

    private static String cut(LineCursor cursor) {
        return cursor.lines() + ":" + StandardCharsets.UTF_8.decode(cursor.view(cursor.from(), cursor.bytes()));
    }

    @Test
    void cutsWholeLinesAndBeginsAgainAtTheEnd() throws IOException {
        LineCursor cursor = open("one\ntwo\nthree\nnot whole", 1)[0];

        cursor.cutBytes(9);
        assertThat(cut(cursor)).isEqualTo("2:one\ntwo\n");
        cursor.cutBytes(100);
        assertThat(cut(cursor)).isEqualTo("1:three\n");
        cursor.cutLines(2, 100);
        assertThat(cut(cursor)).isEqualTo("2:one\ntwo\n");
        cursor.cutLines(2, 100);
        assertThat(cut(cursor)).as("never across the end").isEqualTo("1:three\n");
    }

    @Test
    void aLineLongerThanAskedForIsCutAlone() throws IOException {
        LineCursor cursor = open("a long line\nb\nc\n", 1)[0];

        cursor.cutBytes(3);
        assertThat(cut(cursor)).isEqualTo("1:a long line\n");
        cursor.cutLines(9, 3);
        assertThat(cut(cursor)).isEqualTo("1:b\n");
    }

    @Test
    void cursorsStartApartAndAtLines() throws IOException {
        LineCursor[] cursors = open("aaaa\nbbbb\ncccc\ndddd\n", 2);

        cursors[0].cutLines(1, 100);
        cursors[1].cutLines(1, 100);
        assertThat(cut(cursors[0])).isEqualTo("1:aaaa\n");
        assertThat(cut(cursors[1])).isEqualTo("1:dddd\n");
    }

    @Test
    void refusesAFileWithoutALine() {
        assertThatThrownBy(() -> open("no newline", 1)).isInstanceOf(IOException.class);
    }
}
